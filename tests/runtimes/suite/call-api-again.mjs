// Calls that are sent again: with another token, after a pause; and those that must not be.

import { between, equal, ok, same, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";

const UPLOADS = {
  "a string": () => "text",
  "bytes": () => new Uint8Array([116, 101, 120, 116]),
  "an ArrayBuffer": () => new Uint8Array([116, 101, 120, 116]).buffer,
  "URLSearchParams": () => new URLSearchParams({ a: "text" }),
  "a Blob": () => new Blob(["text"]),
  "FormData": () => {
    const form = new FormData();
    form.append("a", "text");
    return form;
  },
};
const stream = () => new ReadableStream({ start: (controller) => (controller.enqueue(new TextEncoder().encode("text")), controller.close()) });

/** A client whose token was there before. */
async function warm(t, options) {
  const client = t.client(options);
  await client.getToken();
  return client;
}

const tokensOf = (requests) => new Set(requests.map(({ headers }) => headers.authorization)).size;

// ---- 401

for (const challenge of ["none", "bare", "invalid", "mixed"]) {
  test(`a token that the API refuses is renewed, and the call sent again: ${challenge}`, async (t) => {
    const client = await warm(t);
    const response = await client.callApi(t.api(`guarded/${challenge}`), { method: "POST", json: { order: 1 } });
    equal(response.status, 200, "status");
    equal((await response.json()).body, '{"order":1}', "body");
    same([(await t.seenByApi()).length, tokensOf(await t.seenByApi()), (await t.seen()).length], [2, 2, 2], "API requests, tokens, token requests");
    equal((await client.callApi(t.api(`guarded/${challenge}`))).status, 200, "status of the next call");
    equal((await t.seen()).length, 2, "token requests after the next call");
  });
}

for (const challenge of ["scope", "authentication", "claims"]) {
  test(`a 401 that another token would not help is handed back: ${challenge}`, async (t) => {
    const response = await (await warm(t)).callApi(t.api(`guarded/${challenge}`));
    equal(response.status, 401, "status");
    same(await response.json(), { refused: true }, "body");
    same([(await t.seenByApi()).length, (await t.seen()).length], [1, 1], "API requests, token requests");
  });
}

test("a token that was made for this very call is not renewed", async (t) => {
  const response = await t.client().callApi(t.api("guarded/invalid"));
  equal(response.status, 401, "status");
  same([(await t.seenByApi()).length, (await t.seen()).length], [1, 1], "API requests, token requests");
});

test("a call is sent again once, and the second 401 is handed back", async (t) => {
  const client = await warm(t);
  const response = await client.callApi(t.api("status/401").replace("status/401", "guarded/invalid"));
  equal(response.status, 200, "status of the first");
  // insufficient_scope, which another token would not change
  equal((await client.callApi(t.api("status/401"))).status, 401, "status of another 401");
});

test("a 401 is handed back, readable, when no other token can be had", async (t) => {
  const client = await warm(t);
  const broken = t.client({ fetch: (input, init) => (String(input?.url ?? input).includes("/token/") ? Promise.reject(new Error("no network")) : fetch(input, init)), retry: { attempts: 1 } });
  const response = await broken.callApi(t.api("guarded/invalid"));
  equal(response.status, 401, "status");
  same(await response.json(), { refused: true }, "body");
  equal((await client.callApi(t.api("guarded/invalid"))).status, 200, "status of the next call");
});

test("a server that gives the refused token again is asked once", async (t) => {
  const fetchToken = () => Response.json({ access_token: `canary-token-${t.tag}`, token_type: "Bearer", expires_in: 3600 });
  const client = await warm(t, { fetch: (input, init) => (String(input?.url ?? input).includes("/token/") ? fetchToken() : fetch(input, init)) });
  equal((await client.callApi(t.api("guarded/invalid"))).status, 401, "status");
  equal((await t.seenByApi()).length, 1, "API requests");
});

for (const [what, make] of Object.entries(UPLOADS)) {
  test(`a body is sent again with another token: ${what}`, async (t) => {
    const client = await warm(t);
    equal((await client.callApi(t.api("guarded/invalid"), { method: "POST", body: make() })).status, 200, "status");
    const bodies = (await t.seenByApi()).map(({ body }) => body);
    equal(bodies.length, 2, "API requests");
    for (const body of bodies) ok(body.includes("text"), `the body arrives whole: ${body}`);
  });
}

for (const [what, input] of [
  ["a stream", (t) => [t.api("guarded/invalid"), { method: "POST", body: stream(), duplex: "half" }]],
  ["the body of a Request", (t) => [new Request(t.api("guarded/invalid"), { method: "POST", body: "text" })]],
]) {
  test(`a stream is never sent again, whoever refuses it: ${what}`, async (t) => {
    const response = await (await warm(t)).callApi(...input(t));
    equal(response.status, 401, "status");
    same((await t.seenByApi()).map(({ body }) => body), ["text"], "API requests");
    equal((await t.seen()).length, 1, "token requests");
  });
}

test("a Request without a body is sent again", async (t) => {
  const client = await warm(t);
  equal((await client.callApi(new Request(t.api("guarded/invalid"), { headers: { "x-trace": "7" } }))).status, 200, "status");
  same((await t.seenByApi()).map(({ headers }) => headers["x-trace"]), ["7", "7"], "x-trace");
});

test("calls that are refused at the same time renew the token once", async (t) => {
  const client = await warm(t);
  const responses = await Promise.all(Array.from({ length: 30 }, () => client.callApi(t.api("guarded/invalid"))));
  same([...new Set(responses.map(({ status }) => status))], [200], "statuses");
  equal((await t.seen()).length, 2, "token requests");
  ok((await t.seenByApi()).length <= 60, "each is sent twice at most");
});

for (const [what, options, init] of [
  ["retry: false", {}, { retry: false }],
  ["retry: { renew: false }", {}, { retry: { renew: false } }],
  ["retry.api: false", { retry: { api: false } }, {}],
  ["retry.api.renew: false", { retry: { api: { renew: false } } }, {}],
]) {
  test(`renewal after a 401 can be switched off: ${what}`, async (t) => {
    equal((await (await warm(t, options)).callApi(t.api("guarded/invalid"), init)).status, 401, "status");
    equal((await t.seenByApi()).length, 1, "API requests");
  });
}

test("a call can switch on what its client has switched off", async (t) => {
  const client = await warm(t, { retry: { api: false } });
  equal((await client.callApi(t.api("guarded/invalid"), { retry: { renew: true } })).status, 200, "status");
});

// ---- 429, 503, no answer

const KEY = { "idempotency-key": "one" };

for (const [what, init, again] of [
  ["GET", {}, true],
  ["PUT", { method: "PUT", body: "text" }, true],
  ["DELETE", { method: "DELETE" }, true],
  ["POST", { method: "POST", body: "text" }, false],
  ["PATCH", { method: "PATCH", body: "text" }, false],
  ["POST with a key", { method: "POST", body: "text", headers: KEY }, true],
  ["PUT of a stream", { method: "PUT", body: stream, duplex: "half" }, false],
]) {
  const made = () => ({ ...init, ...(typeof init.body === "function" && { body: init.body() }) });
  for (const status of [429, 503]) {
    test(`${status} with Retry-After: ${what} ${again ? "is sent again" : "is not sent again"}`, async (t) => {
      const response = await t.client().callApi(t.api(`busy/${status}/0/1`), made());
      equal(response.status, again ? 200 : status, "status");
      equal((await t.seenByApi()).length, again ? 2 : 1, "API requests");
    });
  }

  test(`no answer: ${what} ${again ? "is sent again" : "is not sent again"}`, async (t) => {
    // Deno's fetch itself sends a request once more when its connection is reset, a POST, too; Bun's a GET, on each
    // connection that it has kept.
    await thrownBy(() => fetch(t.api("reset/99"), made()));
    const byFetch = (await t.seenByApi()).length;
    await t.rejects(() => t.client().callApi(t.api("reset/99"), made()), { code: "network_error", retryable: true });
    const byCall = (await t.seenByApi()).length - byFetch;
    if (again) ok(byCall >= 3, `expected three attempts, got ${byCall}`);
    else equal(byCall, byFetch, "API requests of callApi, and of fetch");
  });
}

test("a call whose second attempt is answered succeeds", async (t) => {
  equal((await t.client().callApi(t.api("reset/1"))).status, 200, "status");
});

test("Retry-After is waited for", async (t) => {
  const began = Date.now();
  equal((await t.client().callApi(t.api("busy/503/1/1"))).status, 200, "status");
  between(Date.now() - began, 950, 5_000, "milliseconds");
});

for (const [what, path] of [["no Retry-After", "none"], ["a longer Retry-After than the caller waits", "60"], ["a Retry-After that is none", "soon"]]) {
  test(`503 with ${what} is handed back at once`, async (t) => {
    const response = await t.client().callApi(t.api(`busy/503/${path}/1`));
    equal(response.status, 503, "status");
    same(await response.json(), { busy: true }, "body");
    equal((await t.seenByApi()).length, 1, "API requests");
  });
}

test("an API that stays busy is asked so often and no more", async (t) => {
  equal((await t.client().callApi(t.api("busy/503/0/9"))).status, 503, "status");
  equal((await t.seenByApi()).length, 3, "API requests by default");
  equal((await t.client().callApi(t.api("busy/503/0/99"), { retry: { attempts: 5 } })).status, 503, "status");
  equal((await t.seenByApi()).length, 8, "API requests with 5 attempts");
});

test("the caller's signal ends a pause, too", async (t) => {
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  setTimeout(() => controller.abort(reason), 100);
  const began = Date.now();
  equal(await thrownBy(() => t.client().callApi(t.api("busy/503/5/1"), { signal: controller.signal })), reason, "what is thrown");
  between(Date.now() - began, 50, 2_500, "milliseconds");
});

// ---- Deadline

for (const [what, path, options] of [
  ["the API does not answer", "hang", {}],
  ["no token comes", "echo", { tokenEndpoint: "hangs", timeout: 5_000 }],
]) {
  test(`a call ends at its deadline: ${what}`, async (t) => {
    const client = t.client({ ...options, ...(options.tokenEndpoint && { tokenEndpoint: t.endpoint(options.tokenEndpoint) }) });
    const began = Date.now();
    await t.rejects(() => client.callApi(t.api(path), { retry: { deadline: 200 } }), { code: "timeout", retryable: true });
    between(Date.now() - began, 190, 2_500, "milliseconds");
  });
}

test("a fetch that ignores its signal does not hold a call beyond its deadline", async (t) => {
  const client = t.client({ fetch: (input, init) => (String(input).includes("/token/") ? fetch(input, init) : new Promise(() => {})) });
  await t.rejects(() => client.callApi(t.api("echo"), { retry: { deadline: 200 } }), { code: "timeout" });
});

test("no pause goes beyond the deadline", async (t) => {
  const response = await t.client({ retry: { api: { deadline: 900 } } }).callApi(t.api("busy/503/1/1"));
  equal(response.status, 503, "status");
});

test("a deadline does not end the body of a response that is there", async (t) => {
  const response = await t.client().callApi(t.api("slow-body"), { retry: { deadline: 150 } });
  const reader = response.body.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), "x", "the first byte");
  const next = reader.read().then(() => "ended", () => "ended");
  const waited = new Promise((resolve) => setTimeout(resolve, 400, "goes on"));
  equal(await Promise.race([next, waited]), "goes on", "after the deadline");
  await reader.cancel();
  await next;
});

