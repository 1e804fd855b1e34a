// Milliseconds to compile and to instantiate the wasm in a process that has not had it yet, and the same of an empty module.

import { readFileSync } from "node:fs";
import { init } from "gatepass/init";

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const bytes = readFileSync("node_modules/gatepass/gatepass_bg.wasm");

const times = {};
async function time(name, action) {
  const began = performance.now();
  const result = await action();
  times[name] = performance.now() - began;
  return result;
}

await time("an empty module", async () => new WebAssembly.Instance(new WebAssembly.Module(EMPTY)));
const module = await time("gatepass, compile", () => new WebAssembly.Module(bytes));
await time("gatepass, instantiate", () => init(module));
console.log(JSON.stringify({ "gatepass, compile and instantiate": times["gatepass, compile"] + times["gatepass, instantiate"], ...times }));
