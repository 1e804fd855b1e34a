// What belongs to one caller: its patience, its listener, its secret's source, its wish for another token.

import { GatepassError } from "gatepass";
import { between, equal, ok, same, thrownBy } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";
import { memberOf, memoryStore, sleep } from "./memory-store.mjs";
import { findLeak } from "./renderings.mjs";

/** Milliseconds after which a token of 2 s is due for renewal, and still good. */
const DUE = 1_650;

// ---- Signals and timeouts

test("a signal that is aborted already ends a call with its reason, and nothing is sent", async (t) => {
  const reason = new Error("not now");
  equal(await thrownBy(() => t.client().getToken({ signal: AbortSignal.abort(reason) })), reason, "the error");
  await t.nothingWasSent();
});

test("a signal that is aborted while its caller waits ends that call, and the others are served", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("after-300-milliseconds") });
  const controller = new AbortController();
  const ended = thrownBy(() => client.getToken({ signal: controller.signal }));
  const others = Promise.all([client.getToken(), client.getToken({ signal: new AbortController().signal })]);
  await sleep(50);
  const reason = new Error("no time left");
  controller.abort(reason);
  equal(await ended, reason, "the error");
  const tokens = await others;
  equal(new Set(tokens.map(({ accessToken }) => accessToken)).size, 1, "different tokens");
  equal((await t.seen()).length, 1, "token requests");
});

test("a caller's timeout ends its own call, and the others are served", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("after-300-milliseconds") });
  const began = Date.now();
  const ended = t.rejects(() => client.getToken({ timeout: 30 }), { code: "timeout", retryable: true }).then(() => Date.now() - began);
  const other = client.getToken();
  between(await ended, 0, 1_000, "milliseconds until the timeout");
  ok((await other).accessToken, "the token of the other");
  equal((await client.getToken({ timeout: 1 })).source, "memory", "the source after that");
  equal((await t.seen()).length, 1, "token requests");
});

test("a signal or a timeout that is none is a TypeError", async (t) => {
  for (const signal of [null, 7, {}, "signal"]) await t.isTypeError(() => t.client().getToken({ signal }), "request.signal");
  for (const timeout of [0, -1, 1.5, "1", null, Infinity, 2 ** 31]) await t.isTypeError(() => t.client().getToken({ timeout }), "request.timeout");
  await t.isTypeError(() => t.client().getToken({ waitUntil: 7 }), "request.waitUntil");
  for (const ctx of [{}, null, 7]) await t.isTypeError(() => t.client().getToken({ ctx }), "request.ctx");
  await t.isTypeError(() => t.client().getToken({ fresh: "yes" }), "request.fresh");
  await t.nothingWasSent();
});

test("what a call says is read, too, when its token is in memory", async (t) => {
  const client = t.client();
  await client.getToken();
  const held = await client.getToken();
  const good = [{}, { ctx: { waitUntil() {} } }, { waitUntil() {}, timeout: 1 }, { signal: new AbortController().signal, ctx: undefined }];
  for (const request of good) equal(await client.getToken(request), held, "the token");
  for (const ctx of [{}, null, 7]) await t.isTypeError(() => client.getToken({ ctx }), "request.ctx");
  for (const timeout of [0, 1.5, "1", null]) await t.isTypeError(() => client.getToken({ timeout }), "request.timeout");
  for (const signal of [null, {}]) await t.isTypeError(() => client.getToken({ signal }), "request.signal");
  for (const request of [null, 7, "ctx", [], () => {}]) await t.isTypeError(() => client.getToken(request), "request");
  await t.isTypeError(() => client.getToken({ audeince: "https://other.example" }), "request.audeince");
  const reason = new Error("not now");
  equal(await thrownBy(() => client.getToken({ signal: AbortSignal.abort(reason) })), reason, "the error");
  ok((await client.getToken({ audience: "https://other.example" })).accessToken !== held.accessToken, "another token for another audience");
  equal((await t.seen()).length, 2, "token requests");
});

// ---- waitUntil

for (const [where, options, request] of [
  ["of the client", { waitUntil: throws }, undefined],
  ["of a call", {}, { waitUntil: throws }],
  ["of a ctx", {}, { ctx: { waitUntil: throws } }],
]) {
  test(`a waitUntil ${where} that throws costs neither a cold call nor a renewal`, async (t) => {
    const client = t.client({ tokenEndpoint: t.endpoint("expires-in-2-seconds"), ...options });
    const first = await client.getToken(request);
    await sleep(DUE);
    const second = await client.getToken(request);
    ok(second.accessToken !== first.accessToken, "it is renewed within the call");
    equal((await t.seen()).length, 2, "token requests");
  });
}

function throws() {
  throw new Error("not today");
}

// ---- Listeners

test("events are plain objects that tell the story of a token", async (t) => {
  const { client, events } = memberOf(t);
  const before = Date.now();
  await client.getToken();
  await client.getToken();
  same(events.map(({ type }) => type), ["token_requested", "token_received", "token_served", "token_served"], "types");
  for (const event of events) {
    equal(Object.getPrototypeOf(event), Object.prototype, "prototype");
    between(event.at, before, Date.now(), "at");
    equal(event.key, client.explain().key, "key");
  }
  same([events[0].attempt, events[0].renewal], [1, false], "the request");
  equal(events[1].request, events[0].request, "its number");
  between(events[1].expiresIn, 3_599, 3_600, "expiresIn");
  same([events[2].source, events[3].source], ["network", "memory"], "sources");
});

const LISTENERS = {
  "throws": throws,
  "rejects": async () => throws(),
  "gives a promise that throws": () => ({ then: throws }),
  "gives something whose then cannot be read": () => Object.defineProperty({}, "then", { get: throws }),
  "changes the event": (event) => {
    for (const name of Object.keys(event)) delete event[name];
    Object.freeze(event);
  },
};
for (const [what, onEvent] of Object.entries(LISTENERS)) {
  test(`a listener that ${what} costs no call`, async (t) => {
    const client = t.client({ onEvent });
    const [first, second] = await Promise.all([client.getToken(), client.getToken()]);
    equal(first.accessToken, second.accessToken, "the token");
    equal((await client.getToken()).source, "memory", "the source after that");
  });
}

test("a listener that gets the same token at each event of a cold call is served as anybody", async (t) => {
  const inner = [];
  let depth = 0;
  const client = t.client({
    onEvent() {
      // Its own calls have events as well.
      if (depth > 0) return;
      depth += 1;
      inner.push(client.getToken());
      depth -= 1;
    },
  });
  const { accessToken } = await client.getToken();
  ok(inner.length > 0, "it was called");
  for (const token of await Promise.all(inner)) equal(token.accessToken, accessToken, "the token");
  equal((await t.seen()).length, 1, "token requests");
});

test("a listener that gets the token at every event, and so without end, costs no call", async (t) => {
  let client = t.client();
  const { accessToken } = await client.getToken();
  client = t.client({
    onEvent() {
      client.getToken();
    },
  });
  equal((await client.getToken()).accessToken, accessToken, "the token");
  equal((await t.client().getToken()).accessToken, accessToken, "the token of a client without a listener");
  ok((await t.client().getToken({ audience: "https://other.example" })).accessToken !== accessToken, "another token");
});

// ---- A source of the secret

test("a function gives the secret, also a promise of it, and is asked again for each token request", async (t) => {
  let asked = 0;
  const clientSecret = async () => {
    asked += 1;
    return `${CLIENT_SECRET}-${asked}`;
  };
  const client = t.client({ clientSecret });
  await client.getToken();
  await client.getToken();
  equal(asked, 1, "how often it was asked");
  await client.getToken({ fresh: true });
  const secrets = (await t.seen()).map(({ body }) => new URLSearchParams(body).get("client_secret"));
  same(secrets, [`${CLIENT_SECRET}-1`, `${CLIENT_SECRET}-2`], "the secrets that were sent");
});

const cause = new Error("the vault is closed");
const SOURCES = {
  "throws": () => {
    throw cause;
  },
  "rejects": () => Promise.reject(cause),
  "gives an empty string": () => "",
  "gives a number": () => 7,
  "gives nothing": () => undefined,
  "gives an object": () => ({ toString: () => CLIENT_SECRET }),
};
for (const [what, clientSecret] of Object.entries(SOURCES)) {
  test(`a source of the secret that ${what} is an error that says so, and nothing is sent`, async (t) => {
    const client = t.client({ clientSecret });
    const error = await t.rejects(() => client.getToken(), { code: "credential_unavailable" });
    if (what === "throws" || what === "rejects") equal(error.cause, cause, "cause");
    else ok(error.cause instanceof TypeError, "cause is a TypeError");
    await t.nothingWasSent();
  });
}

test("a source of the secret that hangs is an error after the timeout", async (t) => {
  const client = t.client({ clientSecret: () => new Promise(() => {}), timeout: 100, retry: { attempts: 1 } });
  const began = Date.now();
  await t.rejects(() => client.getToken(), { code: "credential_unavailable" });
  between(Date.now() - began, 95, 2_000, "milliseconds");
  await t.nothingWasSent();
});

test("a source of the secret that needs the same token itself is an error after the timeout", async (t) => {
  let inner;
  const client = t.client({
    clientSecret() {
      inner ??= client.getToken();
      return inner.then(() => CLIENT_SECRET);
    },
    timeout: 100,
    retry: { attempts: 1 },
  });
  const began = Date.now();
  await t.rejects(() => client.getToken(), { code: "credential_unavailable" });
  await t.rejects(() => inner, { code: "credential_unavailable" });
  between(Date.now() - began, 95, 2_000, "milliseconds");
  await t.nothingWasSent();
});

test("a fetch that needs the same token itself is an error after the timeout, and the next call works", async (t) => {
  let inner;
  const client = t.client({
    async fetch() {
      inner ??= client.getToken();
      await inner.catch(() => {});
      return Response.json({ access_token: "canary-token", token_type: "Bearer", expires_in: 3_600 });
    },
    timeout: 150,
    retry: { attempts: 1 },
  });
  const began = Date.now();
  await t.rejects(() => client.getToken(), { code: "timeout" });
  await t.rejects(() => inner, { code: "timeout" });
  between(Date.now() - began, 140, 2_000, "milliseconds");
  ok((await client.getToken()).accessToken, "the token of the next call");
});

test("a source of the secret that fails once is asked again", async (t) => {
  let asked = 0;
  const clientSecret = () => {
    asked += 1;
    return asked === 1 ? throws() : CLIENT_SECRET;
  };
  await t.client({ clientSecret }).getToken();
  equal((await t.seen()).length, 1, "token requests");
});

// ---- invalidate, fresh, explain

test("after invalidate the next call gets another token, and the store forgets the old one", async (t) => {
  const store = memoryStore();
  const { client } = memberOf(t, { store });
  const { accessToken } = await client.getToken();
  equal(await client.invalidate(), undefined, "what it resolves to");
  equal(store.records.size, 0, "records");
  const next = await client.getToken();
  ok(next.accessToken !== accessToken, "another token");
  equal(next.source, "network", "its source");
});

test("a token that was invalidated does not come back from a store that cannot forget", async (t) => {
  const store = memoryStore({ delete: undefined, acquire: undefined });
  const { client } = memberOf(t, { store });
  const { accessToken } = await client.getToken();
  await client.invalidate();
  ok((await client.getToken()).accessToken !== accessToken, "another token");
});

test("invalidate of one request leaves the others, and of nothing is nothing", async (t) => {
  const client = t.client();
  await client.invalidate();
  const { accessToken } = await client.getToken();
  await client.invalidate({ audience: "https://other.example" });
  equal((await client.getToken()).accessToken, accessToken, "the token");
  await t.isTypeError(() => client.invalidate({ audiense: "x" }), "request.audiense");
});

test("invalidate with a broken store succeeds, and the next call gets another token", async (t) => {
  const { client } = memberOf(t, { store: memoryStore({ delete: throws, acquire: undefined }) });
  const { accessToken } = await client.getToken();
  await client.invalidate();
  ok((await client.getToken()).accessToken !== accessToken, "another token");
});

test("invalidate without a secret cannot make the store forget, and says so", async (t) => {
  let broken = false;
  const { client } = memberOf(t, { store: memoryStore(), clientSecret: () => (broken ? throws() : CLIENT_SECRET) });
  await client.getToken();
  broken = true;
  await t.rejects(() => client.invalidate(), { code: "credential_unavailable" });
  await t.rejects(() => client.getToken(), { code: "credential_unavailable" });
});

test("invalidate with the token that was refused keeps a newer one", async (t) => {
  const { client } = memberOf(t, { store: memoryStore() });
  const refused = await client.getToken();
  await Promise.all(Array.from({ length: 20 }, () => client.invalidate({ token: refused })));
  const { accessToken } = await client.getToken();
  ok(accessToken !== refused.accessToken, "another token");
  await client.invalidate({ token: refused });
  equal((await client.getToken()).accessToken, accessToken, "the newer token");
  for (const token of ["text", null, {}]) await t.isTypeError(() => client.invalidate({ token }), "request.token");
});

test("fresh: true gets a token past memory and store, for everybody", async (t) => {
  const store = memoryStore();
  const { client } = memberOf(t, { store });
  const first = await client.getToken();
  const fresh = await client.getToken({ fresh: true });
  equal(fresh.source, "network", "source");
  ok(fresh.accessToken !== first.accessToken, "another token");
  equal((await client.getToken()).accessToken, fresh.accessToken, "the token of the next call");
  equal((await memberOf(t, { store }).client.getToken()).accessToken, fresh.accessToken, "the token in the store");
  equal((await t.seen()).length, 2, "token requests");
});

test("a fresh token that cannot be had is an error, and the old one stays", async (t) => {
  const client = t.client();
  const { accessToken } = await client.getToken();
  const broken = t.client({ fetch: () => Promise.reject(new Error("no network")) });
  await t.rejects(() => broken.getToken({ fresh: true }), { code: "network_error" });
  equal((await client.getToken()).accessToken, accessToken, "the token");
});

test("explain tells why the last caller got what it got, without a secret", async (t) => {
  const client = t.client();
  same([client.explain().decision, client.explain().requesting, client.explain().token], ["none", false, undefined], "before");
  const pending = client.getToken();
  same([client.explain().decision, client.explain().requesting], ["requests", true], "meanwhile");
  const token = await pending;
  await client.getToken({ timeout: 1_000 });
  const explained = client.explain();
  equal(explained.decision, "fresh", "decision");
  const { receivedAt, renewAt, usableUntil, expiresAt } = explained.token;
  ok(receivedAt < renewAt && renewAt < usableUntil && usableUntil < expiresAt, "its times are in order");
  equal(expiresAt.getTime(), token.expiresAt.getTime(), "expiresAt");
  for (const hidden of [token.accessToken, CLIENT_SECRET]) equal(await findLeak(explained, hidden), undefined, "where a secret shows");
  await t.isTypeError(() => client.explain({ audiense: "x" }), "request.audiense");
});

test("explain tells of a remembered failure, which is an error of its own for each caller", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("client-401") });
  const [first, second] = [await thrownBy(() => client.getToken()), await thrownBy(() => client.getToken())];
  ok(first instanceof GatepassError && second instanceof GatepassError && first !== second, "two errors");
  const { decision, failure } = client.explain();
  same([decision, failure.code, failure.inARow], ["refused", "invalid_client", 1], "what it tells");
  ok(failure.heldUntil > new Date(), "until when");
  equal((await t.seen()).length, 1, "token requests");
});
