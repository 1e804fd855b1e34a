// init with one kind of source, given as it is or as a promise: init.mjs <source> <value | promise>
//
// One process for each, because a library can be loaded only once.

import { readFileSync } from "node:fs";
import * as gatepass from "gatepass/init";
import { equal } from "./assert.mjs";
import { use } from "./use.mjs";

const url = new URL(import.meta.resolve("gatepass/gatepass_bg.wasm"));
const file = readFileSync(url);
// A buffer of exactly the module's size; that of `file` may be a part of a larger one.
const bytes = Uint8Array.from(file);
// With other bytes before and after, which a source that forgets about the offset would take along.
const padded = new Uint8Array(bytes.length + 20).fill(255);
padded.set(bytes, 12);
const dataUrl = `data:application/wasm;base64,${file.toString("base64")}`;

const SOURCES = {
  Uint8Array: () => bytes,
  "Uint8Array of a part": () => padded.subarray(12, 12 + bytes.length),
  Buffer: () => file,
  ArrayBuffer: () => bytes.buffer,
  DataView: () => new DataView(bytes.buffer),
  "DataView of a part": () => new DataView(padded.buffer, 12, bytes.length),
  "WebAssembly.Module": () => new WebAssembly.Module(bytes),
  Response: () => new Response(bytes, { headers: { "content-type": "application/wasm" } }),
  "Response of another type": () => new Response(bytes),
  "data URL": () => new URL(dataUrl),
  "data URL as a string": () => dataUrl,
  "file URL": () => url,
  "file URL as a string": () => url.href,
};

const [name, way] = process.argv.slice(2);
const source = SOURCES[name]();
const { getToken, init } = gatepass;
equal(await init(way === "promise" ? Promise.resolve(source) : source), undefined, "what init resolves to");
await use(gatepass);

// A token got now is still there after another init: nothing was loaded anew.
const options = { tokenEndpoint: "https://as.example/token", clientId: "kept", clientSecret: "secret" };
const fetch = async () => Response.json({ access_token: "one", token_type: "Bearer", expires_in: 3600 });
equal((await getToken({ ...options, fetch })).source, "network", "source");
await init(SOURCES[name]());
await init("no address at all");
await init();
equal((await getToken({ ...options, fetch })).source, "memory", "source after the second init");
console.log("ok");
