// `client.fetch`: a fetch for those who take one, which adds the token and nothing else.

import { Client } from "gatepass";
import { equal, includes, ok, same, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";

test("client.fetch adds the token and nothing else", async (t) => {
  const { fetch: authorized } = t.client();
  const calls = {
    "a GET": [t.api("echo")],
    "a URL": [new URL(t.api("echo")), { headers: { "x-trace": "7" } }],
    "a Request": [new Request(t.api("echo"), { method: "POST", body: "text", headers: { "content-type": "text/csv" } })],
    "a string": [t.api("echo"), { method: "POST", body: "text" }],
    "bytes": [t.api("echo"), { method: "PUT", body: new Uint8Array([1]) }],
    "a form": [t.api("echo"), { method: "POST", body: new URLSearchParams({ a: "1" }) }],
  };
  for (const [what, [input, init]] of Object.entries(calls)) {
    const sent = input instanceof Request ? input.clone() : input;
    const { headers: { authorization, ...headers }, ...request } = await (await authorized(sent, init)).json();
    const { headers: expected, ...plain } = await (await fetch(input, init)).json();
    includes(authorization, "Bearer canary-token", `authorization of ${what}`);
    same(request, plain, what);
    same(headers, expected, `headers of ${what}`);
  }
});

test("client.fetch needs no this, and is the same function each time", async (t) => {
  const client = t.client();
  const { fetch: authorized } = client;
  ok(authorized === client.fetch, "the same function");
  equal((await authorized.call(undefined, t.api("echo"))).status, 200, "status");
  same(Object.keys(client), [], "the client's own keys");
  ok("fetch" in Client.prototype, "it is a getter of the prototype");
});

test("client.fetch reads nothing that fetch does not read", async (t) => {
  const options = { json: { a: 1 }, retry: 3, override: "yes", ctx: 7, waitUntil: 7, retryDelay: 1, onRequest() {} };
  const response = await t.client().fetch(t.api("echo"), { method: "POST", body: "text", ...options });
  equal((await response.json()).body, "text", "body");
});

test("client.fetch protects the token, and fails as callApi does", async (t) => {
  const client = t.client({ apiOrigins: [t.config.api] });
  await t.isTypeError(() => client.fetch("https://other.example/"), "apiOrigins");
  await t.isTypeError(() => client.fetch("/orders"), "input");
  await t.isTypeError(() => client.fetch(t.api("echo"), { headers: { authorization: "x" } }), "uthorization");
  await t.nothingWasSent();
  equal((await client.fetch(t.api("redirect/302"))).status, 302, "status");
  await t.nothingWentElsewhere();
  const reason = new Error("changed my mind");
  equal(await thrownBy(() => client.fetch(t.api("echo"), { signal: AbortSignal.abort(reason) })), reason, "what is thrown");
  await t.rejects(() => t.client().fetch(`http://127.0.0.1:${t.config.closedPort}/`), { code: "network_error" });
});

test("client.fetch does what retry.api of the client says", async (t) => {
  const path = t.api("guarded/invalid");
  const client = t.client();
  await client.getToken();
  equal((await t.client({ retry: { api: false } }).fetch(path)).status, 401, "status when it is off");
  equal((await client.fetch(path)).status, 200, "status when it is on");
  await t.rejects(() => t.client({ retry: { api: { deadline: 200 } } }).fetch(t.api("hang")), { code: "timeout" });
});

test("one client's fetch can be the fetch of another", async (t) => {
  const inner = t.client();
  const calls = [];
  const outer = t.client({ audience: "https://outer.example", fetch: (input, init) => (calls.push(String(input)), fetch(input, init)) });
  equal((await outer.fetch(t.api("echo"))).status, 200, "status");
  equal(calls.length, 2, "calls");
  ok((await inner.getToken()).accessToken !== (await outer.getToken()).accessToken, "two tokens");
});
