// Tokens that are good, and key sets as they are found.

import { Client, Verifier } from "gatepass";
import { between, equal, ok, same } from "../assert.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, claims, ISSUER, now, signToken } from "./jwt.mjs";

/** A verifier of this test's own key set, which `publish` fills. */
function verifierOf(t, changes = {}, keys = "good") {
  return new Verifier({ issuer: ISSUER, jwksUri: t.keys(keys), audience: AUDIENCE, ...changes });
}

async function publishBoth(t) {
  await t.publish(t.config.keys.rs256.publicJwk, t.config.keys.es256.publicJwk);
}

test("a token of a Login 3.0 domain is verified: RS256", async (t) => {
  const { domain, audience, issuer, clientId } = t.config.login3;
  const token = await new Client(t.login3Options({ organization: t.config.login3.organization })).getToken();
  const found = await new Verifier({ domain, audience }).verifyAccessToken(token.accessToken);
  equal(found.iss, issuer, "iss");
  equal(found.aud, audience, "aud");
  equal(found.client_id, clientId, "client_id");
  equal(found.org_id, t.config.login3.organization, "org_id");
  between(found.exp, now(), now() + t.config.login3.tokenLifetime, "exp");
});

test("a token of a Login 3.0 domain is verified: ES256", async (t) => {
  const { domain, audience, clientId, clientSecret } = t.config.login3WithES256;
  const token = await new Client({ domain, clientId, clientSecret, audience }).getToken();
  const found = await new Verifier({ domain, audience, algorithms: ["ES256"] }).verifyAccessToken(token.accessToken);
  equal(found.aud, audience, "aud");
});

test("a Login 3.0 domain is held to RS256 unless told otherwise", async (t) => {
  const { domain, audience, clientId, clientSecret } = t.config.login3WithES256;
  const token = await new Client({ domain, clientId, clientSecret, audience }).getToken();
  t.hide(token.accessToken);
  await t.rejects(() => new Verifier({ domain, audience }).verifyAccessToken(token.accessToken), {
    code: "invalid_token", status: 401, reason: "algorithm",
  });
});

test("the verifier's options come from an environment", async (t) => {
  const { domain, audience } = t.config.login3;
  const token = await new Client(t.login3Options()).getToken();
  const verifier = Verifier.fromEnv({ GATEPASS_DOMAIN: domain, GATEPASS_AUDIENCE: audience, HOME: "/" });
  equal((await verifier.verifyAccessToken(token.accessToken)).aud, audience, "aud");
});

for (const key of ["rs256", "es256"]) {
  test(`the claims of a good token are handed over as a plain object: ${key}`, async (t) => {
    await publishBoth(t);
    const given = claims({
      scope: "read:orders", nested: { list: [1, 2.5, null, true, "é €"], empty: {} }, big: 2 ** 53 - 1, "https://claims.example/ü": "ü",
    });
    const found = await verifierOf(t).verifyAccessToken(await signToken(t, { key, claims: given }));
    same(found, given, "claims");
    equal(Object.getPrototypeOf(found), Object.prototype, "prototype");
  });
}

test("a claim called __proto__ is a claim like any other", async (t) => {
  await publishBoth(t);
  const token = await signToken(t, { claims: JSON.stringify(claims()).replace(/}$/, ',"__proto__":{"admin":true}}') });
  const found = await verifierOf(t).verifyAccessToken(token);
  equal(found.admin, undefined, "an inherited member");
  equal({}.admin, undefined, "a member of every object");
});

const ACCEPTED_TYPES = { "at+jwt": "at+jwt", JWT: "JWT", "no typ": undefined };
for (const [name, typ] of Object.entries(ACCEPTED_TYPES)) {
  test(`an access token has this typ: ${name}`, async (t) => {
    await publishBoth(t);
    equal((await verifierOf(t).verifyAccessToken(await signToken(t, { header: { typ } }))).iss, ISSUER, "iss");
  });
}

test("one of several audiences is enough, on either side", async (t) => {
  await publishBoth(t);
  const token = await signToken(t, { claims: claims({ aud: ["https://other.example", AUDIENCE] }) });
  equal((await verifierOf(t).verifyAccessToken(token)).aud.length, 2, "aud");
  equal((await verifierOf(t, { audience: ["https://third.example", AUDIENCE] }).verifyAccessToken(token)).aud.length, 2, "aud");
});

test("audience: null accepts any audience, and none", async (t) => {
  await publishBoth(t);
  const verifier = verifierOf(t, { audience: null });
  equal((await verifier.verifyAccessToken(await signToken(t, { claims: claims({ aud: "x" }) }))).aud, "x", "aud");
  equal((await verifier.verifyAccessToken(await signToken(t, { claims: claims({ aud: undefined }) }))).aud, undefined, "aud");
});

test("clocks may differ by the leeway", async (t) => {
  await publishBoth(t);
  const late = await signToken(t, { claims: claims({ exp: now() - 20 }) });
  const early = await signToken(t, { claims: claims({ nbf: now() + 20, iat: now() + 20 }) });
  const patient = verifierOf(t, { leeway: 30 });
  ok(await patient.verifyAccessToken(late), "expired within the leeway");
  ok(await patient.verifyAccessToken(early), "not yet valid within the leeway");
  await t.rejects(() => verifierOf(t).verifyAccessToken(late), { reason: "expired", claim: "exp" });
  await t.rejects(() => verifierOf(t).verifyAccessToken(early), { reason: ["not_yet_valid", "issued_in_future"] });
});

test("maxAge limits how old a token may be", async (t) => {
  await publishBoth(t);
  const token = await signToken(t, { claims: claims({ iat: now() - 100 }) });
  ok(await verifierOf(t, { maxAge: 120 }).verifyAccessToken(token), "young enough");
  await t.rejects(() => verifierOf(t, { maxAge: 60 }).verifyAccessToken(token), { code: "invalid_token", reason: "too_old", claim: "iat" });
});

test("typ can be narrowed to at+jwt", async (t) => {
  await publishBoth(t);
  const verifier = verifierOf(t, { typ: "at+jwt" });
  ok(await verifier.verifyAccessToken(await signToken(t)), "at+jwt");
  const plain = await signToken(t, { header: { typ: "JWT" } });
  await t.rejects(() => verifier.verifyAccessToken(plain), { code: "invalid_token", reason: "type" });
});

for (const name of ["jwk-set-type", "no-alg", "bad-among-good", "unknown-among-good"]) {
  test(`a good key is found in a key set as it is: ${name}`, async (t) => {
    await publishBoth(t);
    const verifier = verifierOf(t, {}, name);
    equal((await verifier.verifyAccessToken(await signToken(t))).iss, ISSUER, "RS256");
    equal((await verifier.verifyAccessToken(await signToken(t, { key: "es256" }))).iss, ISSUER, "ES256");
  });
}

test("a token without a key id is tried against the keys that fit", async (t) => {
  await t.publish(t.config.keys.stranger.publicJwk, t.config.keys.es256.publicJwk, t.config.keys.rs256.publicJwk);
  const token = await signToken(t, { header: { kid: undefined } });
  equal((await verifierOf(t, {}, "no-kid").verifyAccessToken(token)).iss, ISSUER, "keys without ids");
  equal((await verifierOf(t, {}, "good").verifyAccessToken(token)).iss, ISSUER, "keys with ids");
});

test("several keys under one id are each tried", async (t) => {
  await t.publish(t.config.keys.stranger.publicJwk, t.config.keys.rs256.publicJwk);
  const token = await signToken(t, { header: { kid: t.config.keys.stranger.publicJwk.kid } });
  equal((await verifierOf(t, {}, "same-kid").verifyAccessToken(token)).iss, ISSUER, "iss");
});

test("keys are fetched once for many tokens", async (t) => {
  await publishBoth(t);
  const verifier = verifierOf(t);
  for (let count = 0; count < 5; count += 1) await verifier.verifyAccessToken(await signToken(t));
  await verifier.verifyAccessToken(await signToken(t, { key: "es256" }));
  equal((await t.seen()).length, 1, "key set requests");
});

test("concurrent verifications each get their own answer", async (t) => {
  await publishBoth(t);
  const verifier = verifierOf(t);
  const tokens = await Promise.all([1, 2, 3, 4].map((sub) => signToken(t, { claims: claims({ sub: `${sub}` }) })));
  const found = await Promise.all(tokens.map((token) => verifier.verifyAccessToken(token)));
  same(found.map(({ sub }) => sub), ["1", "2", "3", "4"], "subjects");
});

test("a flood of unknown key ids is no flood of key requests, and good tokens still pass", async (t) => {
  await publishBoth(t);
  const verifier = verifierOf(t);
  for (let count = 0; count < 10; count += 1) {
    const token = await signToken(t, { header: { kid: `unknown-${count}` } });
    await t.rejects(() => verifier.verifyAccessToken(token), { code: "invalid_token", reason: "unknown_key" });
  }
  ok(await verifier.verifyAccessToken(await signToken(t)), "a good token");
  between((await t.seen()).length, 1, 2, "key set requests");
});

const UNAVAILABLE = [
  "error-500", "error-503", "not-found", "redirects", "html", "not-a-key-set", "ten-megabytes", "hangs", "reset",
];
for (const name of UNAVAILABLE) {
  test(`keys that cannot be had are a 503, never the token's fault: ${name}`, async (t) => {
    await publishBoth(t);
    const verifier = verifierOf(t, { timeout: 400 }, name);
    const token = await signToken(t);
    await t.rejects(() => verifier.verifyAccessToken(token), { code: "keys_unavailable", status: 503, retryable: true, reason: undefined });
    await t.nothingWentElsewhere();
  });
}

test("keys of a server that is down are a 503, never the token's fault", async (t) => {
  const verifier = new Verifier({ issuer: ISSUER, jwksUri: `http://127.0.0.1:${t.config.closedPort}/keys`, audience: AUDIENCE });
  const token = await signToken(t);
  await t.rejects(() => verifier.verifyAccessToken(token), { code: "keys_unavailable", status: 503, retryable: true });
});
