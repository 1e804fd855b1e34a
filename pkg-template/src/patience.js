// A caller's patience: its signal and its timeout end its own wait and nobody else's.

import { GatepassError } from "#glue";

const MAX_TIMEOUT = 2147483647;

/** What says how a call waits, not what it asks for, and when it is good. */
const WAITING = {
  ctx: (ctx) => typeof ctx.waitUntil === "function",
  waitUntil: (waitUntil) => typeof waitUntil === "function",
  signal: (signal) => typeof signal.addEventListener === "function" && signal.aborted === false,
  timeout: (timeout) => Number.isInteger(timeout) && timeout >= 1 && timeout <= MAX_TIMEOUT,
};

/** Whether a call asks for what its client asks for, and all it says about its wait is good. */
export function onlyWaits(request) {
  try {
    if (typeof request !== "object" || Array.isArray(request)) return false;
    return Object.keys(request).every((name) => Object.hasOwn(WAITING, name) && (request[name] === undefined || WAITING[name](request[name])));
  } catch {
    // To be found out and told where it is read for good.
    return false;
  }
}

/** A function that ends the wait for a promise when the caller's signal or its timeout says so. */
export function patienceOf({ signal, timeout }) {
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError("gatepass: request.signal must be an AbortSignal");
  }
  if (timeout !== undefined && !WAITING.timeout(timeout)) {
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
