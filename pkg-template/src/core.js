// The wasm core, once it is loaded. A trap, or the end of the stack amid its code, leaves its memory as no code expects it:
// that instance is lost with all it knows, and the next call begins another one.

import { GatepassError, begin } from "#glue";

let module;
let keepAlive;

/** The functions of the instance that serves; undefined before there is one, and when it was lost. */
export let current;

/**
 * Takes the wasm as a module or as bytes. `keep` is a `waitUntil` for hosts where a request's work goes on
 * by itself: it has nothing to do there, and renewals need nobody to wait for them.
 */
export function load(source, keep) {
  const given = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
  // Checked first: nothing works with a wrong module. FINGERPRINT is the build's.
  const [own] = WebAssembly.Module.customSections(given, "gatepass");
  if (!own) throw new TypeError("gatepass: this is not the wasm of gatepass");
  if (new TextDecoder().decode(own) !== FINGERPRINT) throw new TypeError("gatepass: this wasm is of another build of gatepass than the code");
  current = begin(given, guarded);
  module = given;
  keepAlive = keep;
}

export function isLoaded() {
  return module !== undefined;
}

/** The functions of the core. */
export function core() {
  if (module === undefined) throw new TypeError('gatepass: await init(...) of "gatepass/init" before anything else');
  // A token that a client holds is as good as before; whatever may make it another one is told to clients from here on, too.
  return (current ??= begin(module, guarded));
}

/** A `waitUntil` for the host as a whole, or undefined where there is none. */
export function hostWaitUntil() {
  return keepAlive;
}

const lost = (cause) => new GatepassError("interrupted", "gatepass ran out of memory or of stack, in this call or in another one, and begins anew", true, cause);

/** What is left of an instance that is lost. */
const GONE = new Proxy({}, {
  get() {
    throw lost();
  },
});

/**
 * The exports of an instance, which is lost when one of them throws: errors are what they return. `release` puts something
 * in their place. An instance that was lost within a call of its own ends that call as well.
 */
function guarded(exports, release) {
  let isLost = false;
  // By number: hosts look names up anew in each call. And in one list, which lets go of the instance when it is lost.
  let values = Object.values(exports);
  const guard = (place) => (...args) => {
    let cause;
    try {
      const found = values[place](...args);
      if (!isLost) return found;
    } catch (thrown) {
      cause = thrown;
      if (!isLost) {
        // At the end of the stack nothing can be called: first what needs no call.
        isLost = true;
        current = values = undefined;
        release(GONE);
      }
    }
    throw lost(cause);
  };
  return Object.fromEntries(Object.keys(exports).map((name, place) => [name, typeof values[place] === "function" ? guard(place) : values[place]]));
}
