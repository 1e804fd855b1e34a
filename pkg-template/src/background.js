// Who keeps work alive beyond the caller's request: the call says so, or the client, or the host.

import { hostWaitUntil } from "./core.js";

/** A `waitUntil` of the client or of the host, or undefined where there is none. */
export function background(options) {
  return options.waitUntil ?? hostWaitUntil();
}

/** The one of a call, which is at `path`, or else of its client. */
export function backgroundOf(call, path, options) {
  const { waitUntil, ctx } = members(call, path);
  if (waitUntil !== undefined && typeof waitUntil !== "function") throw new TypeError(`gatepass: ${path}.waitUntil must be a function`);
  if (ctx !== undefined && typeof ctx?.waitUntil !== "function") throw new TypeError(`gatepass: ${path}.ctx must have a method waitUntil`);
  return waitUntil ?? (ctx && ((promise) => ctx.waitUntil(promise))) ?? background(options);
}

function members(call, path) {
  try {
    return { waitUntil: call?.waitUntil, ctx: call?.ctx };
  } catch (cause) {
    throw new TypeError(`gatepass: ${path} could not be read`, { cause });
  }
}
