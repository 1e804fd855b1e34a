// The paths of the package that can be imported, and that they lead to one and the same library.

import { readFileSync } from "node:fs";
import { equal, ok, thrownBy } from "./assert.mjs";

const wasm = new URL(import.meta.resolve("gatepass/gatepass_bg.wasm"));
equal(WebAssembly.validate(readFileSync(wasm)), true, "gatepass/gatepass_bg.wasm is wasm");

const inner = await thrownBy(() => import("gatepass/gatepass.js"));
ok(inner instanceof Error, "what is not in exports cannot be imported");

const [gatepass, manual] = await Promise.all([import("gatepass"), import("gatepass/init")]);
equal(Object.keys(manual).sort().join(), "AccessToken,Client,GatepassError,Verifier,callApi,getToken,init", "exports of gatepass/init");
for (const name of Object.keys(gatepass)) equal(manual[name], gatepass[name], `${name} of both`);

// Already loaded by the other entry, so nothing is left to do.
await manual.init("no address at all");
console.log("ok");
