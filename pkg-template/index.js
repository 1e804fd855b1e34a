// For every runtime but workerd: the wasm is inlined as text, which survives bundlers, needs no
// file permission on Deno, and no top-level await, so that require() works on Node.
import { load } from "./gatepass.js";
import base64 from "./gatepass_bg.base64.js";

const binary = atob(base64);
const bytes = new Uint8Array(binary.length);
// A loop: Uint8Array.from with a callback is thirty times slower.
for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
load(bytes);

export { AccessToken, Client, GatepassError, Verifier, callApi, getToken } from "./gatepass.js";
