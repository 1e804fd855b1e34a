// Where an error says it comes from: the caller's line, not the frames of wasm it arose in.

import { GatepassError } from "#glue";

/** Calls a function, and lets what gatepass throws point at the caller of `method`. */
export function traced(method, call) {
  try {
    return call();
  } catch (error) {
    throw retraced(error, method);
  }
}

/** What is made of a promise's value; the caller is found along the chain of those who await it. */
export async function tracedPromise(promise, finish) {
  try {
    return finish(await promise);
  } catch (error) {
    throw retraced(error, tracedPromise);
  }
}

/** Not by its class: where the global `Promise` has been replaced, async functions give others. */
export const isPromise = (value) => typeof value?.then === "function";

/** The outcome of a function that gives a promise, or throws. */
export async function tracedCall(call) {
  try {
    return await call();
  } catch (error) {
    throw retraced(error, tracedCall);
  }
}

// Bun prints the source around the line an error points at, and with it a secret that is written there.
const canPoint = Error.captureStackTrace !== undefined && globalThis.Bun === undefined;

/** What the host or the caller's own code threw keeps its own stack. */
export function retraced(error, below) {
  const own = error instanceof GatepassError || (error instanceof TypeError && error.message.startsWith("gatepass: "));
  if (own && canPoint) Error.captureStackTrace(error, below);
  return error;
}
