// For hosts that want to say themselves where the wasm comes from.
import { isLoaded, load } from "./gatepass.js";

export async function init(source) {
  const given = await source;
  if (isLoaded()) return;
  const module = await compiled(given);
  // Somebody else may have been faster while this one was compiling.
  if (!isLoaded()) load(module);
}

async function compiled(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof URL || typeof source === "string") return compiled(await fetch(source));
  if (source instanceof Response) {
    if (!source.ok) throw new TypeError(`gatepass: the wasm could not be fetched (status ${source.status})`);
    return WebAssembly.compile(await source.arrayBuffer());
  }
  // V8 takes no DataView.
  return WebAssembly.compile(ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : source);
}

export { AccessToken, Client, GatepassError, Verifier, callApi, getToken } from "./gatepass.js";
