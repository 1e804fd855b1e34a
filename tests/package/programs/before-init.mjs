// gatepass/init before init(): one TypeError that says what to do, from everything. A failed init changes nothing.

import { readFileSync } from "node:fs";
import * as gatepass from "gatepass/init";
import { equal, ok, thrownBy } from "./assert.mjs";
import { use } from "./use.mjs";

const options = { tokenEndpoint: "https://as.example/token", clientId: "client", clientSecret: "secret" };
const env = { GATEPASS_DOMAIN: "tenant.example", GATEPASS_CLIENT_ID: "client", GATEPASS_CLIENT_SECRET: "secret", GATEPASS_AUDIENCE: "api" };
const { Client, Verifier, callApi, getToken, init } = gatepass;

const tooEarly = {
  "new Client": () => new Client(options),
  "Client.fromEnv": () => Client.fromEnv(env),
  "new Verifier": () => new Verifier({ domain: "tenant.example", audience: null }),
  "Verifier.fromEnv": () => Verifier.fromEnv(env),
  getToken: () => getToken(options),
  callApi: () => callApi(options, "https://api.example/"),
};

async function everythingSaysSo() {
  for (const [what, action] of Object.entries(tooEarly)) {
    const error = await thrownBy(action);
    ok(error instanceof TypeError, `${what} throws a TypeError, not ${error}`);
    equal(error.message, 'gatepass: await init(...) of "gatepass/init" before anything else', `${what}'s message`);
  }
}

await everythingSaysSo();

const failures = {
  "bytes that are not wasm": new Uint8Array([1, 2, 3, 4]),
  nothing: undefined,
  "an answer that is not 2xx": new Response("<!doctype html>", { status: 404 }),
  "an answer that is not wasm": new Response("<!doctype html>"),
};
for (const [what, source] of Object.entries(failures)) {
  ok((await thrownBy(() => init(source))) instanceof Error, `init with ${what} is refused`);
  await everythingSaysSo();
}
const reason = new Error("the caller's own");
equal(await thrownBy(() => init(Promise.reject(reason))), reason, "what init with a failed promise rejects with");

const wasm = readFileSync(new URL(import.meta.resolve("gatepass/gatepass_bg.wasm")));
await Promise.all([init(wasm), init(wasm)]);
await use(gatepass);
console.log("ok");
