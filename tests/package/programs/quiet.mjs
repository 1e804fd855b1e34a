// Importing does nothing that anybody could notice: quiet.mjs <gatepass | gatepass/...>
//
// What a module could do in passing is replaced by something that takes notes. That the notes would show it is proved in
// the end, by a token request.

import { readFileSync } from "node:fs";
import { equal, ok } from "./assert.mjs";

const notes = [];
const noting = (what, then) =>
  new Proxy(then, {
    apply: (target, self, args) => (notes.push(what), Reflect.apply(target, self, args)),
    construct: (target, args, newTarget) => (notes.push(`new ${what}`), Reflect.construct(target, args, newTarget)),
  });

function replace(holder, path, name) {
  if (typeof holder[name] !== "function") return;
  Object.defineProperty(holder, name, { configurable: true, writable: true, value: noting(`${path}${name}`, holder[name]) });
}

const answer = () => Promise.resolve(Response.json({ access_token: "one", token_type: "Bearer", expires_in: 3600 }));
globalThis.fetch = answer;

const GLOBALS = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "fetch", "addEventListener", "Date", "Worker", "WebSocket", "BroadcastChannel"];
const MEMBERS = {
  Date: ["now"],
  performance: ["now", "mark", "measure"],
  Math: ["random"],
  crypto: ["getRandomValues", "randomUUID"],
  AbortSignal: ["timeout", "any"],
  console: ["log", "info", "warn", "error", "debug"],
  process: ["on", "once", "emitWarning", "nextTick"],
};
// The members first: a Date that is noted is still the Date whose members are.
for (const [holder, names] of Object.entries(MEMBERS)) {
  if (globalThis[holder]) for (const name of names) replace(globalThis[holder], `${holder}.`, name);
}
for (const name of ["importKey", "generateKey", "digest", "sign", "verify"]) replace(crypto.subtle, "crypto.subtle.", name);
for (const name of GLOBALS) replace(globalThis, "", name);

const [entry] = process.argv.slice(2);
const keysBefore = Reflect.ownKeys(globalThis);
notes.length = 0;
const { init } = await import(entry);
const heard = notes.slice();
const keysAfter = Reflect.ownKeys(globalThis);

equal(heard.join(), "", "what importing did");
equal(keysAfter.filter((key) => !keysBefore.includes(key)).map(String).join(), "", "new global names");

const { getToken } = await import(entry === "gatepass/init" ? entry : "gatepass");
await init?.(readFileSync(new URL(import.meta.resolve("gatepass/gatepass_bg.wasm"))));
notes.length = 0;
await getToken({ tokenEndpoint: "https://as.example/token", clientId: "client", clientSecret: "secret" });
for (const what of ["fetch", "Date.now", "AbortSignal.timeout"]) ok(notes.includes(what), `a token request is noted as ${what}; noted: ${notes}`);
console.log("ok");
