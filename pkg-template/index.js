// @ts-self-types="./index.d.ts"
// For every runtime but workerd: the wasm is inlined as text, which survives bundlers, needs no
// file permission on Deno, and no top-level await, so that require() works on Node.
import { load } from "./gatepass.js";
import base64 from "./gatepass_bg.base64.js";

load(Uint8Array.fromBase64?.(base64) ?? globalThis.Buffer?.from(base64, "base64") ?? decoded(base64), () => {});

/** For hosts that have neither of the two, which take a tenth of the time. */
function decoded(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  // A loop: Uint8Array.from with a callback is thirty times slower.
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

export { AccessToken, Client, GatepassError, Verifier, callApi, getToken } from "./gatepass.js";
