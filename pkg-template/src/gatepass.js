// The package's one module of code, bundled by the build from the files beside this one and the
// glue that wasm-bindgen makes; the loaders give it its wasm.

export { AccessToken, GatepassError } from "#glue";
export { Client, callApi, getToken } from "./client.js";
export { isLoaded, load } from "./core.js";
export { Verifier } from "./verifier.js";
