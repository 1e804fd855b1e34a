// ID tokens: OpenID Connect Core 1.0 section 3.1.3.7.

import { Verifier } from "gatepass";
import { equal, ok } from "../assert.mjs";
import { test } from "./define.mjs";
import { base64url, claims, ISSUER, now, signToken } from "./jwt.mjs";

const CLIENT = "my-client";

function verifierOf(t, changes = {}) {
  const { rs256, es256 } = t.config.keys;
  return new Verifier({ issuer: ISSUER, jwks: { keys: [rs256.publicJwk, es256.publicJwk] }, audience: CLIENT, ...changes });
}

const idToken = (t, changes = {}, parts = {}) => signToken(t, { header: { typ: "JWT" }, claims: claims({ aud: CLIENT, sub: "user", ...changes }), ...parts });

async function halfHash(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return base64url(digest.slice(0, digest.length / 2));
}

test("an ID token is verified, with all that belongs to it", async (t) => {
  const [at_hash, c_hash] = [await halfHash("access token"), await halfHash("code")];
  for (const key of ["rs256", "es256"]) {
    const token = await idToken(t, { nonce: "n-1", at_hash, c_hash, auth_time: now() - 10, acr: "high", azp: CLIENT }, { key });
    const expected = { nonce: "n-1", accessToken: "access token", code: "code", maxAge: 60, acr: ["higher", "high"], clientId: CLIENT };
    equal((await verifierOf(t).verifyIdToken(token, expected)).sub, "user", "sub");
    equal((await verifierOf(t).verifyIdToken(token)).nonce, "n-1", "nothing more is demanded");
  }
});

test("an ID token without a typ is verified", async (t) => {
  ok(await verifierOf(t).verifyIdToken(await idToken(t, {}, { header: { typ: undefined } })), "claims");
});

const refused = (reason, claim) => ({ code: "invalid_token", status: 401, reason, claim });
const REFUSED = {
  "for another client": [refused("claim_mismatch", "aud"), { aud: "other" }],
  "for several clients, without saying which one asked": [refused("missing_claim", "azp"), { aud: [CLIENT, "other"] }],
  "for several clients, of which another one asked": [refused("claim_mismatch", "azp"), { aud: [CLIENT, "other"], azp: "other" }],
  "that another client asked for": [refused("claim_mismatch", "azp"), { azp: "other" }],
  "of another issuer": [refused("claim_mismatch", "iss"), { iss: "https://evil.example" }],
  "without a subject": [refused("missing_claim", "sub"), { sub: undefined }],
  "without a time of issue": [refused("missing_claim", "iat"), { iat: undefined }],
  "that has expired": [refused("expired", "exp"), { exp: 1 }],
  "without the nonce": [refused("missing_claim", "nonce"), {}, { nonce: "n-1" }],
  "with another nonce": [refused("claim_mismatch", "nonce"), { nonce: "n-2" }, { nonce: "n-1" }],
  "without the hash of the access token": [refused("missing_claim", "at_hash"), {}, { accessToken: "access token" }],
  "with the hash of another access token": [refused("claim_mismatch", "at_hash"), { at_hash: "77QmUPtjPfzWtF2AnpK9RQ" }, { accessToken: "access token" }],
  "with the hash of another code": [refused("claim_mismatch", "c_hash"), { c_hash: "77QmUPtjPfzWtF2AnpK9RQ" }, { code: "code" }],
  "without a time of authentication": [refused("missing_claim", "auth_time"), {}, { maxAge: 60 }],
  "of an authentication long ago": [refused("too_old", "auth_time"), { auth_time: 1_000_000_000 }, { maxAge: 60 }],
  "of another authentication context": [refused("claim_mismatch", "acr"), { acr: "low" }, { acr: "high" }],
  "that says it is an access token": [refused("type", undefined), { token_use: "access" }],
};
for (const [name, [expected, changes, belongs]] of Object.entries(REFUSED)) {
  test(`an ID token is refused: ${name}`, async (t) => {
    await t.rejects(async () => verifierOf(t).verifyIdToken(await idToken(t, changes), belongs), expected);
  });
}

test("an ID token with a bad signature is refused", async (t) => {
  const token = await idToken(t, {}, { key: "stranger", header: { typ: "JWT", kid: t.config.keys.rs256.publicJwk.kid } });
  await t.rejects(() => verifierOf(t).verifyIdToken(token), refused("signature", undefined));
});

test("an access token is no ID token, and the other way round", async (t) => {
  const verifier = verifierOf(t);
  const accessToken = await idToken(t, {}, { header: { typ: "at+jwt" } });
  await t.rejects(() => verifier.verifyIdToken(accessToken), refused("type", undefined));
  const withHash = await idToken(t, { at_hash: "77QmUPtjPfzWtF2AnpK9RQ" });
  ok(await verifier.verifyIdToken(withHash), "an ID token");
  await t.rejects(() => verifier.verifyAccessToken(withHash), refused("type", undefined));
});

test("a verifier for several audiences must be told the client id", async (t) => {
  const token = await idToken(t);
  for (const audience of [null, [CLIENT, "other"]]) {
    const verifier = verifierOf(t, { audience });
    await t.isTypeError(() => verifier.verifyIdToken(token), "expected.clientId");
    ok(await verifier.verifyIdToken(token, { clientId: CLIENT }), "claims");
  }
  await t.rejects(() => verifierOf(t).verifyIdToken(token, { clientId: "other" }), refused("claim_mismatch", "aud"));
});

const MISTAKES = {
  "an unknown member": ["expected.state", { state: "x" }],
  "an empty nonce": ["expected.nonce", { nonce: "" }],
  "a maxAge in a string": ["expected.maxAge", { maxAge: "60" }],
  "an empty list of contexts": ["expected.acr", { acr: [] }],
  "null": ["expected", null],
};
for (const [name, [path, expected]] of Object.entries(MISTAKES)) {
  test(`what is expected of an ID token is a mistake: ${name}`, async (t) => {
    await t.isTypeError(async () => verifierOf(t).verifyIdToken(await idToken(t), expected), path);
  });
}
