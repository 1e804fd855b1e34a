// Where keys come from, and what becomes of them in the course of days.

import { Verifier } from "gatepass";
import { between, equal, ok, same } from "../assert.mjs";
import { later, still } from "./clock.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, base64url, claims, ISSUER, signToken } from "./jwt.mjs";
import { memoryStore } from "./memory-store.mjs";

const DAY = 86_400;
const lasting = () => claims({ exp: Math.floor(Date.now() / 1000) + 3 * DAY });

/** A verifier whose key server can be switched off; `seen` counts its requests, `events` are those it told. */
function kept(t, changes = {}) {
  const server = { down: false, maxAge: undefined, seen: 0 };
  const events = [];
  const verifier = new Verifier({
    issuer: ISSUER,
    jwksUri: t.keys("good"),
    audience: AUDIENCE,
    waitUntil: undefined,
    onEvent: (event) => events.push(event),
    async fetch(url, init) {
      server.seen += 1;
      if (server.down) return new Response("", { status: 503 });
      const response = await fetch(url, init);
      if (server.maxAge === undefined) return response;
      return new Response(await response.text(), { headers: { "cache-control": `public, max-age=${server.maxAge}` } });
    },
    ...changes,
  });
  return { verifier, server, events, types: () => events.map(({ type }) => type) };
}

const unknownKey = { code: "invalid_token", status: 401, reason: "unknown_key" };

test("keys that are given are used as they were, and nothing is fetched", async (t) => {
  const jwks = { keys: [{ ...t.config.keys.rs256.publicJwk }] };
  const verifier = new Verifier({ issuer: ISSUER, jwks, audience: AUDIENCE });
  jwks.keys[0] = t.config.keys.stranger.publicJwk;
  ok(await verifier.verifyAccessToken(await signToken(t)), "claims");
  await t.rejects(async () => verifier.verifyAccessToken(await signToken(t, { key: "es256" })), unknownKey);
  equal((await t.seen()).length, 0, "requests");
});

async function signWithSecret(t, alg, secret, payload = claims()) {
  const input = `${base64url(JSON.stringify({ alg, kid: "any" }))}.${base64url(JSON.stringify(payload))}`;
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: `SHA-${alg.slice(2)}` }, false, ["sign"]);
  return t.hide(`${input}.${base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(input))))}`);
}

for (const [alg, length] of [["HS256", 32], ["HS384", 48], ["HS512", 64]]) {
  test(`a token signed with a shared secret is verified: ${alg}`, async (t) => {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    const verifier = new Verifier({ issuer: ISSUER, secret: bytes, audience: AUDIENCE });
    const token = await signWithSecret(t, alg, bytes);
    ok(await verifier.verifyAccessToken(token), "claims");
    const other = await signWithSecret(t, alg, crypto.getRandomValues(new Uint8Array(length)));
    await t.rejects(() => verifier.verifyAccessToken(other), { code: "invalid_token", reason: "signature" });
    await t.rejects(() => verifier.verifyAccessToken(`${token.slice(0, -8)}`), { code: "invalid_token", reason: ["signature", "malformed"] });
    const text = "a secret of text, which is longer than the hash, é, and so on and on";
    ok(await new Verifier({ issuer: ISSUER, secret: text, audience: AUDIENCE }).verifyAccessToken(await signWithSecret(t, alg, new TextEncoder().encode(text))), "text");
  });
}

test("with a secret, a token signed with a key is refused, and the other way round", async (t) => {
  const secret = crypto.getRandomValues(new Uint8Array(64));
  const bySecret = new Verifier({ issuer: ISSUER, secret, audience: AUDIENCE });
  await t.rejects(async () => bySecret.verifyAccessToken(await signToken(t)), { code: "invalid_token", reason: "algorithm" });
  const only = new Verifier({ issuer: ISSUER, secret, audience: AUDIENCE, algorithms: ["HS512"] });
  await t.rejects(async () => only.verifyAccessToken(await signWithSecret(t, "HS256", secret)), { code: "invalid_token", reason: "algorithm" });
});

test("each of several issuers has its own keys", async (t) => {
  const [first, second] = [t.issuer("good"), t.issuer("only-oauth")];
  const verifier = new Verifier({ issuer: [first, second], audience: AUDIENCE });
  await t.publish(t.config.keys.rs256.publicJwk);
  for (const iss of [first, second]) equal((await verifier.verifyAccessToken(await signToken(t, { claims: claims({ iss }) }))).iss, iss, "iss");
  await t.rejects(async () => verifier.verifyAccessToken(await signToken(t)), { code: "invalid_token", reason: "claim_mismatch", claim: "iss" });
});

test("a key of one issuer says nothing about the tokens of another", async (t) => {
  const { rs256, stranger } = t.config.keys;
  const one = new Verifier({ issuer: "https://one.example", jwks: { keys: [rs256.publicJwk] }, audience: AUDIENCE });
  const other = new Verifier({ issuer: "https://other.example", jwks: { keys: [stranger.publicJwk] }, audience: AUDIENCE });
  const token = await signToken(t, { claims: claims({ iss: "https://other.example" }) });
  await t.rejects(() => one.verifyAccessToken(token), { reason: "claim_mismatch", claim: "iss" });
  await t.rejects(() => other.verifyAccessToken(token), { reason: "unknown_key" });
});

test("profile rfc9068 demands the form of RFC 9068", async (t) => {
  const verifier = new Verifier({ issuer: ISSUER, jwks: { keys: [t.config.keys.rs256.publicJwk] }, audience: AUDIENCE, profile: "rfc9068" });
  const good = { client_id: "worker", jti: "1" };
  ok(await verifier.verifyAccessToken(await signToken(t, { claims: claims(good) })), "claims");
  await t.rejects(async () => verifier.verifyAccessToken(await signToken(t, { header: { typ: "JWT" }, claims: claims(good) })), { reason: "type" });
  for (const claim of ["client_id", "jti", "iat", "sub"]) {
    const token = await signToken(t, { claims: claims({ ...good, [claim]: undefined }) });
    await t.rejects(() => verifier.verifyAccessToken(token), { code: "invalid_token", reason: "missing_claim", claim });
  }
});

test("requests for keys are told, and which keys cannot be used", async (t) => {
  const { rs256, es256 } = t.config.keys;
  await t.publish(rs256.publicJwk, { ...es256.publicJwk, d: "AAAA" });
  const { verifier, events, types, server } = kept(t);
  await verifier.verifyAccessToken(await signToken(t));
  same(types(), ["keys_requested", "keys_received"], "events");
  const [requested, received] = events;
  equal(received.keys, 1, "keys");
  equal(received.unusable, 1, "unusable");
  ok(received.durationMs >= 0 && requested.key.length === 8 && requested.key === received.key, "durationMs and key");
  server.down = true;
  await later(700, async () => ok(await verifier.verifyAccessToken(await signToken(t, { claims: lasting() })), "the old keys"));
  const failed = events.at(-1);
  same([failed.type, failed.code, failed.status], ["keys_failed", "keys_unavailable", 503], "the last event");
});

test("a listener of a verifier that throws breaks nothing", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const { verifier } = kept(t, { onEvent() { throw new Error("own"); } });
  ok(await verifier.verifyAccessToken(await signToken(t)), "claims");
});

test("in an outage good tokens pass for a day, then nobody can tell", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const { verifier, server } = kept(t);
  const token = await signToken(t, { claims: lasting() });
  await verifier.verifyAccessToken(token);
  server.down = true;
  for (const minutes of [11, 30, 60, 60 * 23]) await later(minutes * 60, async () => ok(await verifier.verifyAccessToken(token), `after ${minutes} minutes`));
  await later(DAY, () => t.rejects(() => verifier.verifyAccessToken(token), { code: "keys_unavailable", status: 503, retryable: true }));
  server.down = false;
  await later(DAY + 60, async () => ok(await verifier.verifyAccessToken(token), "after the outage"));
});

test("after a rotation the first new token is accepted after one request", async (t) => {
  const { rs256, es256 } = t.config.keys;
  await t.publish(rs256.publicJwk);
  const { verifier, server } = kept(t);
  await verifier.verifyAccessToken(await signToken(t));
  await t.publish(rs256.publicJwk, es256.publicJwk);
  await later(31, async () => {
    ok(await verifier.verifyAccessToken(await signToken(t, { key: "es256" })), "the new key");
    ok(await verifier.verifyAccessToken(await signToken(t)), "the old key");
  });
  equal(server.seen, 2, "requests");
});

test("tokens of a new key that come at once all pass after one request", async (t) => {
  const { rs256, es256 } = t.config.keys;
  await t.publish(rs256.publicJwk);
  const { verifier, server } = kept(t);
  await verifier.verifyAccessToken(await signToken(t));
  await t.publish(rs256.publicJwk, es256.publicJwk);
  await later(31, async () => {
    const tokens = await Promise.all([1, 2, 3, 4, 5].map((sub) => signToken(t, { key: "es256", claims: claims({ sub: `${sub}` }) })));
    const found = await Promise.all(tokens.map((token) => verifier.verifyAccessToken(token)));
    same(found.map(({ sub }) => sub), ["1", "2", "3", "4", "5"], "subjects");
  });
  equal(server.seen, 2, "requests");
});

test("a removed key is refused at once, remembered tokens and all, when a request shows that it is gone", async (t) => {
  const { rs256, es256 } = t.config.keys;
  await t.publish(rs256.publicJwk);
  const { verifier } = kept(t);
  const token = await signToken(t, { claims: lasting() });
  ok(await verifier.verifyAccessToken(token), "before");
  ok(await verifier.verifyAccessToken(token), "remembered");
  await t.publish(es256.publicJwk);
  await later(31, async () => {
    ok(await verifier.verifyAccessToken(token), "nobody has asked yet");
    ok(await verifier.verifyAccessToken(await signToken(t, { key: "es256" })), "the new key, for which somebody asks");
    await t.rejects(() => verifier.verifyAccessToken(token), unknownKey);
  });
});

test("ten thousand tokens with unknown key ids cause one request, and good tokens pass meanwhile", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const { verifier, server } = kept(t);
  const token = await signToken(t, { claims: lasting() });
  await verifier.verifyAccessToken(token);
  await later(31, async () => {
    const payload = base64url(JSON.stringify(lasting()));
    const signature = base64url(new Uint8Array(256));
    for (let number = 0; number < 10_000; number += 1) {
      const forged = `${base64url(JSON.stringify({ alg: "RS256", kid: `kid-${number}` }))}.${payload}.${signature}`;
      const error = await verifier.verifyAccessToken(forged).then(() => "accepted", ({ reason }) => reason);
      if (error !== "unknown_key") equal(error, "unknown_key", "reason");
      if (number % 500 === 0) ok(await verifier.verifyAccessToken(await signToken(t, { claims: claims({ jti: `${number}` }) })), "a good token");
    }
  });
  equal(server.seen, 2, "requests");
});

test("with waitUntil, keys are refreshed in the background before they are too old", (t) => still(async () => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const background = [];
  const { verifier, server } = kept(t, { waitUntil: (promise) => background.push(promise) });
  server.maxAge = 100;
  const token = await signToken(t, { claims: lasting() });
  await verifier.verifyAccessToken(token);
  await later(79, async () => ok(await verifier.verifyAccessToken(token), "remembered"));
  equal(server.seen, 1, "requests before 80 % of the time");
  await later(81, async () => {
    ok(await verifier.verifyAccessToken(token), "with the old keys");
    equal(background.length, 1, "promises in the background");
    await background[0];
    ok(await verifier.verifyAccessToken(token), "with the new keys");
  });
  await later(120, async () => ok(await verifier.verifyAccessToken(token), "no need to ask"));
  equal(server.seen, 2, "requests");
}));

test("without waitUntil, keys are asked for when their time is over", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const { verifier, server } = kept(t, { waitUntil: () => { throw new Error("none here"); } });
  server.maxAge = 100;
  const token = await signToken(t, { claims: lasting() });
  await verifier.verifyAccessToken(token);
  await later(101, async () => ok(await verifier.verifyAccessToken(token), "claims"));
  between(server.seen, 2, 2, "requests");
});

/** Fills the memory of issuers' keys, so that all others are forgotten. */
async function forgetKeys(t) {
  const jwks = { keys: [t.config.keys.rs256.publicJwk] };
  for (let number = 0; number < 101; number += 1) {
    const kid = `forget-${number}`;
    const keys = [{ ...jwks.keys[0], kid }];
    await new Verifier({ issuer: ISSUER, jwks: { keys }, audience: AUDIENCE }).verifyAccessToken(await signToken(t, { header: { kid } }));
  }
}

test("a store hands keys to isolates that have none, also in an outage", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const store = memoryStore();
  const { verifier, server, types } = kept(t, { store });
  await verifier.verifyAccessToken(await signToken(t));
  const [[key, value]] = store.records;
  ok(/^gp1k\.[\w-]{43}$/.test(key), `the key of the record: ${key}`);
  ok(value.includes(t.config.keys.rs256.publicJwk.n), "the record has the keys");
  await forgetKeys(t);
  server.down = true;
  ok(await verifier.verifyAccessToken(await signToken(t, { claims: claims({ jti: "2" }) })), "from the store");
  equal(server.seen, 1, "requests");
  same(types(), ["keys_requested", "keys_received"], "events");
  await forgetKeys(t);
  await later(3_600, async () => ok(await verifier.verifyAccessToken(await signToken(t, { claims: lasting() })), "too old to be fresh, but the server is down"));
  equal(server.seen, 2, "requests");
});

test("a store that fails or holds nonsense costs nothing but an event", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const failing = { get() { throw Object.assign(new Error("canary"), { code: "EBROKEN" }); }, set: () => Promise.reject(new Error("canary")) };
  for (const [store, problems] of [
    [failing, ["threw", "threw"]],
    [{ get: () => "1 1 1\n{}", set() {} }, ["unreadable"]],
    [{ get: () => 7, set() {} }, ["not_text"]],
  ]) {
    await forgetKeys(t);
    const { verifier, events } = kept(t, { store });
    ok(await verifier.verifyAccessToken(await signToken(t, { claims: claims({ jti: `${Math.random()}` }) })), "claims");
    same(events.filter(({ type }) => type === "store_failed").map(({ problem }) => problem), problems, "problems");
    ok(!JSON.stringify(events).includes("canary"), "no message of the store's");
  }
});
