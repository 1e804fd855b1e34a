// A caller's patience: its signal and its timeout end its own wait and nobody else's.

import { GatepassError } from "#glue";

const MAX_TIMEOUT = 2147483647;

/** A function that ends the wait for a promise when the caller's signal or its timeout says so. */
export function patienceOf({ signal, timeout }) {
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError("gatepass: request.signal must be an AbortSignal");
  }
  if (timeout !== undefined && !(Number.isInteger(timeout) && timeout >= 1 && timeout <= MAX_TIMEOUT)) {
    throw new TypeError(`gatepass: request.timeout must be a whole number from 1 to ${MAX_TIMEOUT}`);
  }
  signal?.throwIfAborted();
  if (signal === undefined && timeout === undefined) return (promise) => promise;
  return (promise) => race(promise, signal, timeout);
}

async function race(promise, signal, timeout) {
  let timer;
  let onAbort;
  const interrupted = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal?.addEventListener("abort", onAbort);
    if (timeout !== undefined) {
      const late = () => reject(new GatepassError("timeout", "no access token within the caller's timeout", true));
      timer = setTimeout(late, timeout);
    }
  });
  try {
    // The loser of the race may fail unheard.
    return await Promise.race([promise, interrupted]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
