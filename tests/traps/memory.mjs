// What happens when there is no memory left: these tests run with wasm that may have 4 MiB of it, so that its own
// `memory.grow` fails, as it does at the limit of a host.

import { Client, Verifier } from "gatepass";
import { equal, fail, ok, oneOf } from "../assert.mjs";
import { test } from "../suite/define.mjs";
import { AUDIENCE, ISSUER, base64url, now, signToken } from "../suite/jwt.mjs";

const MIB = 2 ** 20;
/** More than there is. */
const TOO_MUCH = 6 * MIB;
const LARGEST_TOKEN = 65_536;
/** What a key set may hold. */
const KEYS = 64;
const LARGEST_MODULUS = 1_024;

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** A token endpoint that is asked by fetch and says in its tokens who has asked for what. */
function endpointOf({ bytes = 0, millis = 0 } = {}) {
  return async (url, { body }) => {
    const given = new URLSearchParams(body);
    if (millis > 0) await sleep(millis);
    const token = `${given.get("client_id")}.${given.get("audience")}`;
    return Response.json({ access_token: `${token}.`.padEnd(bytes, "x"), token_type: "Bearer", expires_in: 3600 });
  };
}

const options = (changes) => ({ tokenEndpoint: "https://issuer.example/token", clientId: "one", clientSecret: "canary-secret-1", ...changes });

/** What each way to need too much gives: calls that are made until one meets the end of memory. */
const WAYS = {
  "a call to a verifier": (t) => {
    const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE });
    return async () => verifier.verifyAccessToken(await signToken(t), { claims: { sub: "x".repeat(TOO_MUCH) } });
  },
  "making a client": () => () => new Client(options({ clientSecret: "canary-secret-".padEnd(TOO_MUCH, "x") })),
  "making a verifier": () => () => new Verifier({ issuer: ISSUER, audience: "x".repeat(TOO_MUCH) }),
  "a call for a token": () => {
    const client = new Client(options({ fetch: endpointOf() }));
    return () => client.getToken({ audience: "x".repeat(TOO_MUCH) });
  },
  "a call to an API": (t) => {
    const client = new Client(options({ fetch: endpointOf() }));
    return () => client.callApi(t.api("echo"), { retry: { attempts: 1 }, redirect: "x".repeat(TOO_MUCH) });
  },
  "tokens that are kept": () => {
    const client = new Client(options({ fetch: endpointOf({ bytes: LARGEST_TOKEN }) }));
    return (turn) => client.getToken({ audience: `https://${turn}.example` });
  },
  "key sets that are kept": (t) => async (turn) => {
    const issuer = `https://${turn}.example`;
    const others = Array.from({ length: KEYS - 1 }, (_, number) => ({ kty: "RSA", kid: `${turn}.${number}`, n: base64url(new Uint8Array(LARGEST_MODULUS).fill(0xff)), e: "AQAB" }));
    const keys = [t.config.keys.rs256.publicJwk, ...others];
    const verifier = new Verifier({ issuer, jwksUri: `${issuer}/keys`, audience: AUDIENCE, fetch: async () => Response.json({ keys }) });
    return verifier.verifyAccessToken(await signToken(t, { claims: { iss: issuer, aud: AUDIENCE, exp: now() + 300 } }));
  },
};

/** Calls until memory is at its end; the error that says so. */
async function exhaust(t, call) {
  for (let turn = 0; turn < 200; turn += 1) {
    try {
      await call(turn);
    } catch (error) {
      if (error.code !== "interrupted") throw error;
      equal(error.toResponse().status, 503, "what an API answers with it");
      return t.rejects(() => { throw error; }, { code: "interrupted", retryable: true, status: undefined });
    }
  }
  return fail("memory was never at its end");
}

for (const [what, way] of Object.entries(WAYS)) {
  test(`memory that ends with ${what} costs that call alone: all that comes next works`, async (t) => {
    await t.publish(t.config.keys.rs256.publicJwk);
    const token = await signToken(t);
    const client = t.client();
    const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE });
    const call = way(t);
    // Again and again: nothing adds up.
    for (let round = 0; round < 3; round += 1) {
      await client.getToken();
      await verifier.verifyAccessToken(token);
      await exhaust(t, call);
      ok((await client.getToken()).accessToken, "the next token");
      equal((await verifier.verifyAccessToken(token)).iss, ISSUER, "the next token that is verified");
      equal((await client.callApi(t.api("echo"))).status, 200, "the next call to an API");
      ok((await t.client({ audience: `https://${round}.example` }).getToken()).accessToken, "the token of a new client");
      // A client holds its token still; the core that begins anew has none.
      oneOf(client.explain().decision, ["fresh", "requests", "none"], "the next explanation");
    }
  });
}

test("calls that are under way when memory ends are settled, each by its own", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const exhausting = WAYS["a call to a verifier"](t);
  const slow = endpointOf({ millis: 300 });
  // Some that ask, some that wait for them, some that wait for keys, some for an API.
  const clients = Array.from({ length: 5 }, (_, number) => new Client(options({ clientId: `client-${number}`, fetch: slow })));
  const keys = async () => sleep(300).then(() => Response.json({ keys: [t.config.keys.rs256.publicJwk] }));
  const verifiers = Array.from({ length: 5 }, (_, number) => new Verifier({ issuer: ISSUER, jwksUri: `https://${number}.example/keys`, audience: AUDIENCE, fetch: keys }));
  const token = await signToken(t);
  const calls = [
    ...clients.flatMap((client) => [client.getToken(), client.getToken(), client.getToken({ timeout: 5_000 }), client.callApi("https://api.example")]),
    ...verifiers.flatMap((verifier) => [verifier.verifyAccessToken(token), verifier.authorize({ method: "GET", url: "https://api.example/", headers: { authorization: `Bearer ${token}` } })]),
    ...clients.map((client) => client.invalidate({ audience: "https://other.example" })),
  ];
  await exhaust(t, exhausting);
  const began = Date.now();
  const settled = await Promise.race([Promise.allSettled(calls), sleep(5_000)]);
  ok(settled !== undefined, "all have ended");
  ok(Date.now() - began < 3_000, "and soon");
  const lost = settled.filter(({ status }) => status === "rejected");
  ok(lost.length > 0, "some were interrupted");
  for (const { reason } of lost) await t.rejects(() => { throw reason; }, { code: "interrupted", retryable: true });
  const next = await Promise.all([...clients.map((client) => client.getToken()), ...verifiers.map((verifier) => verifier.verifyAccessToken(token))]);
  equal(next.length, 10, "what comes next");
});

test("memory that ends in a call within another one ends both, and nothing else", async (t) => {
  const exhausting = WAYS["making a client"](t);
  let inner;
  const client = new Client(options({
    fetch: endpointOf(),
    // Called in the middle of what the outer call does in wasm.
    onEvent() {
      if (inner !== undefined) return;
      try {
        inner = exhausting();
      } catch (error) {
        inner = error;
      }
    },
  }));
  await t.rejects(() => client.getToken(), { code: "interrupted" });
  equal(inner.code, "interrupted", "the inner call");
  equal((await client.getToken()).accessToken, "one.null.", "the next token");
});

test("no client is given another one's token when memory has ended, whatever was opened before and after", async (t) => {
  const before = Array.from({ length: 20 }, (_, number) => new Client(options({ clientId: `before-${number}`, fetch: endpointOf() })));
  for (const client of before) await client.getToken();
  const after = [];
  for (let round = 0; round < 5; round += 1) {
    await exhaust(t, WAYS["making a client"](t));
    // As many as were open: the first number is the first again if numbers begin anew.
    for (let number = 0; number < 20; number += 1) {
      const clientId = `after-${round}-${number}`;
      after.push([clientId, new Client(options({ clientId, fetch: endpointOf() }))]);
    }
    for (const [clientId, client] of [...after, ...before.map((client, number) => [`before-${number}`, client])]) {
      equal((await client.getToken()).accessToken, `${clientId}.null.`, "whose token it is");
    }
  }
});

test("a token that a client held before memory ended is not handed out again after it was refused", async (t) => {
  const client = t.client();
  const held = await client.getToken();
  await client.getToken();
  await exhaust(t, WAYS["making a client"](t));
  await client.invalidate({ token: held });
  const next = await client.getToken();
  equal(next.source, "network", "where the next token is from");
  ok(next.accessToken !== held.accessToken, "another token");
});

test("what a verifier remembered before memory ended is verified anew: a key that is gone lets nothing pass", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const token = await signToken(t);
  const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE });
  for (let call = 0; call < 3; call += 1) await verifier.verifyAccessToken(token);
  await t.publish(t.config.keys.es256.publicJwk);
  await exhaust(t, WAYS["making a client"](t));
  await t.rejects(() => verifier.verifyAccessToken(token), { code: "invalid_token", reason: "unknown_key" });
});
