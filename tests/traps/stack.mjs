// What happens at the end of the stack: calls by callers who have recursed that far. There, any call into wasm or out of
// it may end in the middle.

import { Client, GatepassError, Verifier } from "gatepass";
import { equal, ok } from "../assert.mjs";
import { test } from "../suite/define.mjs";
import { AUDIENCE, ISSUER, signToken } from "../suite/jwt.mjs";

const ROUNDS = 1_000;

/** Some hosts read what is behind a global when it is first used, and never if that fails. */
const touched = [setTimeout, clearTimeout, AbortSignal, AbortController, Headers, Request, Response, URL, URLSearchParams, TextEncoder, crypto.subtle];

/** What a call comes to that is made from each of so many depths: the very last one of the stack, the one above it, and so on. */
function fromTheEdge(call, padding) {
  const unknown = { error: new RangeError("not even that could be said") };
  const results = new Array(ROUNDS).fill(unknown);
  let left = ROUNDS;
  const deeper = () => {
    try {
      deeper();
    } catch {
      // This is the end, or near it.
    }
    if (left === 0) return;
    left -= 1;
    // Nothing more is called: there may be no stack for it.
    try {
      results[left] = { value: call(left) };
    } catch (error) {
      results[left] = { error };
    }
  };
  // So that the ends lie at other places.
  const padded = (more) => (more === 0 ? deeper() : padded(more - 1));
  padded(padding);
  return results;
}

async function echoingEndpoint(url, { body }) {
  if (body === undefined) return new Response("an API's answer");
  const given = new URLSearchParams(body);
  return Response.json({ access_token: `token-of-${given.get("client_id")}`, token_type: "Bearer", expires_in: 3600 });
}

const clientOf = (clientId) => new Client({ tokenEndpoint: "https://issuer.example/token", clientId, clientSecret: "canary-secret-1", fetch: echoingEndpoint });

const CALLS = {
  getToken: ({ clients }, round) => clients[round % clients.length].getToken(),
  "getToken for an audience": ({ clients }, round) => clients[round % clients.length].getToken({ audience: `https://${round}.example` }),
  callApi: ({ clients }, round) => clients[round % clients.length].callApi("https://api.example/"),
  invalidate: ({ clients }, round) => clients[round % clients.length].invalidate(),
  explain: ({ clients }, round) => clients[round % clients.length].explain(),
  "new Client": (_, round) => clientOf(`new-${round}`),
  "new Verifier": (_, round) => new Verifier({ issuer: `https://${round}.example`, audience: AUDIENCE }),
  verifyAccessToken: ({ verifier, token }) => verifier.verifyAccessToken(token),
  authorize: ({ verifier, token }) => verifier.authorize({ method: "GET", url: "https://api.example/", headers: { authorization: `Bearer ${token}` } }),
};

for (const [what, call] of Object.entries(CALLS)) {
  test(`${what} at the end of the stack, ${ROUNDS} times, harms nobody else`, async (t) => {
    ok(touched.every(Boolean), "what the host gives");
    const clients = Array.from({ length: 10 }, (_, number) => clientOf(`client-${number}`));
    const keys = async () => Response.json({ keys: [t.config.keys.rs256.publicJwk] });
    const token = await signToken(t);
    const given = { clients, token, verifier: new Verifier({ issuer: ISSUER, jwksUri: "https://issuer.example/keys", audience: AUDIENCE, fetch: keys }) };
    // Once from above: what hosts compile at first use is there.
    await call(given, -1 + clients.length);
    const results = fromTheEdge((round) => call(given, round), what.length % 7);
    const settled = await Promise.allSettled(results.map(({ value, error }) => (error ? Promise.reject(error) : value)));
    equal(settled.length, ROUNDS, "all have ended");
    const failed = settled.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
    const fulfilled = settled.filter(({ status }) => status === "fulfilled");
    ok(failed.length > 0, "some have met the end of the stack");
    for (const error of failed) {
      if (error instanceof GatepassError) t.note(error, error.code);
      ok(error instanceof Error, "what is thrown is an Error");
    }
    for (const [round, result] of settled.entries()) {
      const accessToken = what.startsWith("getToken") ? result.value?.accessToken : undefined;
      if (accessToken !== undefined) equal(accessToken, `token-of-client-${round % clients.length}`, "whose token it is");
    }
    ok(fulfilled.length > 0, "some had stack enough");
    for (const [number, client] of clients.entries()) {
      equal((await client.getToken()).accessToken, `token-of-client-${number}`, "the next token");
      equal(await (await client.callApi("https://api.example/")).text(), "an API's answer", "the next call to an API");
    }
    equal((await given.verifier.verifyAccessToken(token)).iss, ISSUER, "the next token that is verified");
    equal((await clientOf("another").getToken()).accessToken, "token-of-another", "the token of a new client");
  });
}
