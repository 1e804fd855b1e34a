// For workerd, which does not compile wasm from bytes but imports it as a module.
import { load } from "./gatepass.js";
import module from "./gatepass_bg.wasm";

load(module);

export { AccessToken, Client, GatepassError, Verifier, callApi, getToken } from "./gatepass.js";
