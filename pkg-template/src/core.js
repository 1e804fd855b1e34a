// The wasm core, once it is loaded.

import * as glue from "#glue";

let loaded = false;
let keepAlive;

/**
 * Takes the wasm as a module or as bytes. `keep` is a `waitUntil` for hosts where a request's work goes on
 * by itself: it has nothing to do there, and renewals need nobody to wait for them.
 */
export function load(source, keep) {
  const module = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
  // Checked first: a wrong module would leave the glue half set up for ever. FINGERPRINT is the build's.
  const [own] = WebAssembly.Module.customSections(module, "gatepass");
  if (!own) throw new TypeError("gatepass: this is not the wasm of gatepass");
  if (new TextDecoder().decode(own) !== FINGERPRINT) throw new TypeError("gatepass: this wasm is of another build of gatepass than the code");
  glue.initSync({ module });
  keepAlive = keep;
  loaded = true;
}

export function isLoaded() {
  return loaded;
}

/** The functions of the core. */
export function core() {
  if (!loaded) throw new TypeError('gatepass: await init(...) of "gatepass/init" before anything else');
  return glue;
}

/** A `waitUntil` for the host as a whole, or undefined where there is none. */
export function hostWaitUntil() {
  return keepAlive;
}
