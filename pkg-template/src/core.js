// The wasm core, once it is loaded.

import * as glue from "#glue";

let loaded = false;

/** Takes the wasm as a module or as bytes. */
export function load(module) {
  glue.initSync({ module });
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
