// Proofs of possession (RFC 9449). The hostile server and its API verify each proof with jose: type, algorithm, public key,
// method, URL, time by a clock that lags, an id that is new, the token's hash, the nonce (hostile/proofs.mjs).

import { equal, ok, oneOf, same } from "../assert.mjs";
import { test } from "./define.mjs";
import { fromBase64url } from "./jwt.mjs";
import { keyFor, SIGNING_ALGORITHMS } from "./signers.mjs";

const dpopClient = (t, place, changes) => t.client({ tokenEndpoint: t.endpoint(place), dpop: true, retry: { attempts: 1 }, ...changes });

const proofsOf = (requests) => requests.map(({ headers }) => headers.dpop.split(".").slice(0, 2)
  .map((part) => JSON.parse(new TextDecoder().decode(fromBase64url(part)))))
  .map(([header, claims]) => ({ header, claims }));

test("a token request carries a proof, and the token is used under the DPoP scheme with another one", async (t) => {
  const client = dpopClient(t, "dpop");
  const token = await client.getToken();
  equal(token.tokenType, "DPoP", "tokenType");
  equal(token.authorization, `DPoP ${token.accessToken}`, "authorization");
  equal((await client.callApi(t.resource("dpop"))).status, 200, "status");
  const [{ header, claims }] = proofsOf(await t.seen());
  same(Object.keys(header).sort(), ["alg", "jwk", "typ"], "header");
  same(Object.keys(header.jwk).sort(), ["crv", "kty", "x", "y"], "jwk");
  same(Object.keys(claims).sort(), ["htm", "htu", "iat", "jti"], "claims");
  equal((await t.seen()).length, 1, "token requests");
});

for (const alg of SIGNING_ALGORITHMS) {
  test(`a proof can be signed with a key of the caller's: ${alg}`, async (t) => {
    const { jwk } = await keyFor(t, alg);
    const client = dpopClient(t, "dpop", { dpop: { privateKey: { ...jwk, alg } } });
    equal((await client.callApi(t.resource("dpop"))).status, 200, "status");
    equal(proofsOf(await t.seen())[0].header.alg, alg, "alg");
  });
}

test("a proof's key can be a PKCS#8 PEM or a CryptoKey", async (t) => {
  const { pem, cryptoKey } = await keyFor(t, "ES256");
  for (const privateKey of [pem, cryptoKey]) {
    await dpopClient(t, "dpop", { dpop: { privateKey } }).getToken();
  }
});

test("a proof is for the address without its query, whatever the call's is", async (t) => {
  const client = dpopClient(t, "dpop", { tokenEndpoint: `${t.endpoint("dpop")}?iss=x` });
  equal((await client.callApi(`${t.resource("dpop")}?a=%2F#part`, { method: "POST", json: {} })).status, 200, "status");
});

test("a proof is for the address as the server sees it, however it was written", async (t) => {
  await dpopClient(t, "dpop", { tokenEndpoint: t.endpoint("dpop").replace("http://", "HTTP://") }).getToken();
});

test("one key serves an isolate, and each proof has an id of its own", async (t) => {
  const client = dpopClient(t, "dpop");
  await client.getToken({ audience: "a" });
  await client.getToken({ audience: "b" });
  await dpopClient(t, "dpop").getToken({ audience: "c" });
  const proofs = proofsOf(await t.seen());
  equal(new Set(proofs.map(({ header }) => header.jwk.x)).size, 1, "keys");
  equal(new Set(proofs.map(({ claims }) => claims.jti)).size, 3, "ids");
});

test("tokens for different keys, and those without one, are never shared", async (t) => {
  const one = await keyFor(t, "ES256");
  const other = await keyFor(t, "ES384");
  const tokens = new Set();
  for (const dpop of [true, { privateKey: one.jwk }, { privateKey: other.jwk }]) {
    const token = await dpopClient(t, "dpop", { dpop }).getToken();
    equal(token.source, "network", "source");
    tokens.add(token.accessToken);
  }
  equal(tokens.size, 3, "tokens");
  equal((await dpopClient(t, "dpop", { dpop: { privateKey: one.jwk } }).getToken()).source, "memory", "source of the repetition");
});

test("token types are compared without case", async (t) => {
  equal((await dpopClient(t, "dpop-type-lower-case").getToken()).tokenType, "DPoP", "tokenType");
});

// ---- Nonces

for (const place of ["dpop-nonce", "dpop-nonce-401"]) {
  test(`a nonce that the token endpoint asks for is used at once: ${place}`, async (t) => {
    const client = dpopClient(t, place);
    equal((await client.getToken()).source, "network", "source");
    equal((await t.seen()).length, 2, "requests");
    await client.getToken({ audience: "another" });
    equal((await t.seen()).length, 3, "requests, when the nonce is known");
  });
}

test("the newest nonce counts, also one that comes with a token", async (t) => {
  const client = dpopClient(t, "dpop-nonce-on-200");
  for (const audience of ["a", "b", "c"]) await client.getToken({ audience });
  equal((await t.seen()).length, 3, "requests");
});

test("the request after a nonce has a proof and an assertion of its own", async (t) => {
  const { jwk, publicJwk } = await keyFor(t, "ES256");
  await t.register({ alg: "ES256", key: publicJwk, audience: "https://auth.example/" });
  const client = dpopClient(t, "dpop-nonce-with-assertion", { clientSecret: undefined, privateKey: jwk, assertionAudience: "https://auth.example/" });
  await client.getToken();
  equal((await t.seen()).length, 2, "requests");
});

for (const [place, requests] of [["dpop-nonce-never-right", 2], ["dpop-nonce-not-said", 1]]) {
  test(`a server whose nonces lead nowhere is asked twice at most: ${place}`, async (t) => {
    const error = await t.rejects(() => dpopClient(t, place).getToken(), { code: "request_refused", status: 400 });
    equal(error.oauth.error, "use_dpop_nonce", "oauth.error");
    equal((await t.seen()).length, requests, "requests");
  });
}

for (const place of ["dpop-nonce", "dpop-nonce-on-200"]) {
  test(`an API has nonces of its own: ${place}`, async (t) => {
    const client = dpopClient(t, place);
    for (const body of [undefined, "text"]) {
      const response = await client.callApi(t.resource(place), { method: "POST", body });
      equal(response.status, 200, "status");
    }
    equal((await t.seen()).length, place === "dpop-nonce" ? 2 : 1, "token requests");
  });
}

test("an API whose nonces lead nowhere gets the call twice, and its answer is handed back", async (t) => {
  const response = await dpopClient(t, "dpop").callApi(t.resource("dpop-nonce-never-right"));
  equal(response.status, 401, "status");
  equal((await t.seenByResources()).length, 2, "calls");
});

// ---- Answers that are not what was asked for

test("a Bearer answer to a request with a proof is refused", async (t) => {
  await t.rejects(() => dpopClient(t, "dpop-answers-bearer").getToken(), { code: "unsupported_token_type", retryable: false });
});

test("a Bearer answer is taken where the caller allows it", async (t) => {
  const token = await dpopClient(t, "dpop-answers-bearer", { dpop: { allowBearer: true } }).getToken();
  equal(token.tokenType, "Bearer", "tokenType");
  equal(token.authorization, `Bearer ${token.accessToken}`, "authorization");
});

test("a proof that the server refuses is refused once", async (t) => {
  // The server's own clock and rules are in order, so what it refuses is a request without a proof.
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("dpop"), retry: { attempts: 3 } }).getToken(), { code: "request_refused" });
  equal(error.oauth.error, "invalid_dpop_proof", "oauth.error");
  equal((await t.seen()).length, 1, "requests");
});

test("a key that cannot leave its runtime signs proofs", async (t) => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  // Its public part is not in it: such a key needs to be given with the public one, or is refused before anything is sent.
  let outcome;
  try {
    await dpopClient(t, "dpop", { dpop: { privateKey: pair.privateKey } }).getToken();
    outcome = "used";
  } catch (error) {
    outcome = error instanceof TypeError ? "refused" : error;
  }
  oneOf(outcome, ["used", "refused"], "what becomes of it");
  ok(outcome === "used" || (await t.seen()).length === 0, "nothing was sent");
});
