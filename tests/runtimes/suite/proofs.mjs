// Proofs of possession, made by jose: which are accepted, and how often.

import * as jose from "jose";
import { equal, includes, ok, same, skip } from "../assert.mjs";
import { test } from "./define.mjs";
import { memoryStore } from "./memory-store.mjs";
import { bearer, refused, requestWith, tokenWith, URL_OF_API, verifierOf } from "./requests.mjs";

const ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", "PS256", "RS256"];
const REFUSED = { code: "invalid_dpop_proof", status: 401, retryable: false };
const NOT_BOUND = { code: "invalid_token", status: 401, reason: "sender_constraint", claim: "cnf" };

/** A client with a key of its own and a token that is bound to it. */
async function clientOf(t, alg = "ES256", extractable = false) {
  const made = await jose.generateKeyPair(alg, { extractable }).catch(() => undefined);
  if (made === undefined) skip(`this host has no ${alg}`);
  const jwk = await jose.exportJWK(made.publicKey);
  const token = await tokenWith(t, { cnf: { jkt: await jose.calculateJwkThumbprint(jwk) } });
  return { ...made, alg, jwk, token };
}

let proofs = 0;

/** A proof with these changes; `undefined` leaves a claim out. */
async function prove({ alg, jwk, privateKey, token }, changes = {}, header = {}) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
  const claims = {
    jti: `proof ${(proofs += 1)} ${Math.random()}`, htm: "GET", htu: "https://api.example/orders",
    iat: Math.floor(Date.now() / 1000), ath: jose.base64url.encode(digest), ...changes,
  };
  return new jose.SignJWT(JSON.parse(JSON.stringify(claims))).setProtectedHeader({ alg, typ: "dpop+jwt", jwk, ...header }).sign(privateKey);
}

const withProof = (token, dpop, ...rest) => requestWith({ authorization: `DPoP ${token}`, ...(dpop && { dpop }) }, ...rest);

for (const alg of ALGORITHMS) {
  test(`a proof that jose makes lets a bound token in: ${alg}`, async (t) => {
    const [verifier, client] = [await verifierOf(t), await clientOf(t, alg)];
    const admitted = await verifier.authorize(withProof(client.token, await prove(client)));
    same([admitted.scheme, admitted.token, admitted.claims.cnf.jkt.length, admitted.dpopNonce], ["DPoP", client.token, 43, undefined], "admitted");
    const tampered = (await prove(client)).replace(/[^.](?=[^.]{20}$)/, (one) => (one === "A" ? "B" : "A"));
    await refused(t, () => verifier.authorize(withProof(client.token, tampered)), REFUSED);
  });
}

test("a bound token is refused as a bearer token, and one that is not bound with a proof (RFC 9449 section 7.2)", async (t) => {
  const [verifier, client] = [await verifierOf(t), await clientOf(t)];
  const answer = await refused(t, () => verifier.authorize(bearer(client.token)), NOT_BOUND);
  includes(answer.challenge, 'DPoP error="invalid_token"', "it says what to use");
  includes(answer.challenge, 'algs="ES256 ', "and how");
  const loose = { ...client, token: await tokenWith(t) };
  await refused(t, async () => verifier.authorize(withProof(loose.token, await prove(loose))), NOT_BOUND);
  await verifier.authorize(bearer(loose.token));
});

test("a proof with another key than that of the token is refused", async (t) => {
  const [verifier, client, thief] = [await verifierOf(t), await clientOf(t), await clientOf(t)];
  await refused(t, async () => verifier.authorize(withProof(client.token, await prove({ ...thief, token: client.token }))), NOT_BOUND);
  const forged = await prove({ ...thief, token: client.token, jwk: client.jwk });
  await refused(t, () => verifier.authorize(withProof(client.token, forged)), REFUSED);
});

test("a proof is accepted once", async (t) => {
  const [verifier, client] = [await verifierOf(t), await clientOf(t)];
  const proof = await prove(client);
  await verifier.authorize(withProof(client.token, proof));
  const { challenge } = await refused(t, () => verifier.authorize(withProof(client.token, proof)), REFUSED);
  includes(challenge, 'DPoP error="invalid_dpop_proof"', "challenge");
  await refused(t, async () => (await verifierOf(t)).authorize(withProof(client.token, proof)), REFUSED);
  await verifier.authorize(withProof(client.token, await prove(client)));
  const outcomes = await Promise.allSettled([proof, proof, proof].map(async () => verifier.authorize(withProof(client.token, await prove(client, { jti: "same" })))));
  equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1, "of three at once");
});

test("a proof is for one method, one URL, one token and one moment", async (t) => {
  const [verifier, client] = [await verifierOf(t), await clientOf(t)];
  const now = Math.floor(Date.now() / 1000);
  for (const changes of [
    { htm: "POST" }, { htm: "get" }, { htm: undefined },
    { htu: "https://api.example/" }, { htu: "http://api.example/orders" }, { htu: "https://api.example:8443/orders" }, { htu: undefined }, { htu: 7 },
    { ath: undefined }, { ath: "x" }, { iat: now - 90 }, { iat: now + 90 }, { iat: undefined }, { iat: "now" }, { jti: undefined }, { jti: "" },
  ]) {
    await refused(t, async () => verifier.authorize(withProof(client.token, await prove(client, changes))), REFUSED);
  }
  await refused(t, async () => verifier.authorize(withProof(client.token, await prove({ ...client, token: "other" }))), REFUSED);
  const proof = await prove(client, { htm: "PUT", htu: "HTTPS://API.example:443/%6Frders?whatever#x", iat: now - 55 });
  await verifier.authorize(withProof(client.token, proof, URL_OF_API, "PUT"));
});

test("what is not one proof of a public key is refused", async (t) => {
  const [verifier, client, open] = [await verifierOf(t), await clientOf(t), await clientOf(t, "ES256", true)];
  const proof = await prove(client);
  const secret = new TextEncoder().encode("s".repeat(32));
  const { d } = await jose.exportJWK(open.privateKey);
  const hmac = await new jose.SignJWT({}).setProtectedHeader({ alg: "HS256", typ: "dpop+jwt", jwk: { kty: "oct", k: jose.base64url.encode(secret) } }).sign(secret);
  for (const dpop of [
    undefined, "", "a.b.c", `${proof}, ${proof}`, client.token, `${proof}=`, hmac,
    await prove(client, {}, { typ: "JWT" }), await prove(client, {}, { jwk: undefined }),
    await prove({ ...open, token: client.token }, {}, { jwk: { ...open.jwk, d } }),
  ]) {
    await refused(t, () => verifier.authorize(withProof(client.token, dpop)), REFUSED);
  }
  const two = new Headers({ authorization: `DPoP ${client.token}`, dpop: proof });
  two.append("dpop", proof);
  await refused(t, () => verifier.authorize(requestWith(two)), REFUSED);
  await refused(t, () => verifier.authorize(bearer(proof)), { code: "invalid_token", reason: "type" });
  await verifier.authorize(withProof(client.token, proof));
});

test("a key that is no point of its curve is refused as the sender's", async (t) => {
  const [verifier, client] = [await verifierOf(t), await clientOf(t)];
  const jwk = { ...client.jwk, y: client.jwk.x };
  const token = await tokenWith(t, { cnf: { jkt: await jose.calculateJwkThumbprint(jwk) } });
  await refused(t, async () => verifier.authorize(withProof(token, await prove({ ...client, jwk, token }))), REFUSED);
});

test("the example of RFC 9449 section 7.1 is a good proof, but long ago", async (t) => {
  const token = await tokenWith(t, { cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } });
  const proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
  const verifier = await verifierOf(t);
  const url = "https://resource.example.org/protectedresource";
  const { error } = await refused(t, () => verifier.authorize(withProof(token, proof, url)), REFUSED);
  includes(error.message, "another access token", "its signature is good, its token is another");
});

test("nonces are asked for, handed out and renewed (RFC 9449 section 9)", async (t) => {
  const [verifier, client] = [await verifierOf(t, { dpop: { nonces: ["n".repeat(32), "old".repeat(16)] } }), await clientOf(t)];
  const answer = await refused(t, async () => verifier.authorize(withProof(client.token, await prove(client))), { code: "use_dpop_nonce", status: 401 });
  includes(answer.challenge, 'DPoP error="use_dpop_nonce"', "challenge");
  const nonce = answer.headers.get("dpop-nonce");
  ok(/^[\w-]{20,100}$/.test(nonce), `a nonce: ${nonce}`);
  const admitted = await verifier.authorize(withProof(client.token, await prove(client, { nonce })));
  equal(admitted.dpopNonce, undefined, "a new one so soon");
  await refused(t, async () => verifier.authorize(withProof(client.token, await prove(client, { nonce: `${nonce}x` }))), { code: "use_dpop_nonce" });
  const rotated = await verifierOf(t, { dpop: { nonces: "n".repeat(32) } });
  await rotated.authorize(withProof(client.token, await prove(client, { nonce })));
  const other = await verifierOf(t, { dpop: { nonces: "m".repeat(32) } });
  await refused(t, async () => other.authorize(withProof(client.token, await prove(client, { nonce }))), { code: "use_dpop_nonce" });
  const bare = await refused(t, () => verifier.authorize(requestWith({})), { code: "missing_token" });
  ok(bare.challenge.startsWith('Bearer, DPoP algs="'), `both schemes are offered: ${bare.challenge}`);
});

test("a replay store is asked once for each good proof, and what it says counts", async (t) => {
  const asked = [];
  const seen = new Set();
  const replayStore = {
    acquire(key, ttlMs) {
      asked.push({ key, ttlMs });
      return !seen.has(key) && Boolean(seen.add(key));
    },
  };
  const [verifier, client] = [await verifierOf(t, { dpop: { replayStore } }), await clientOf(t)];
  const proof = await prove(client);
  await verifier.authorize(withProof(client.token, proof));
  await refused(t, () => verifier.authorize(withProof(client.token, proof)), REFUSED);
  equal(asked.length, 2, "how often it was asked");
  ok(/^gpd\.[\w-]{43}$/.test(asked[0].key) && asked[0].ttlMs === 130_000, JSON.stringify(asked[0]));
  for (const bad of [await prove(client, { htm: "POST" }), await prove({ ...(await clientOf(t)), token: client.token }), "a.b.c"]) {
    await refused(t, () => verifier.authorize(withProof(client.token, bad)), { code: ["invalid_dpop_proof", "invalid_token"] });
  }
  equal(asked.length, 2, "it is not asked for bad proofs");
});

test("a store with locks is a replay store", async (t) => {
  const replayStore = memoryStore();
  const [one, other, client] = [await verifierOf(t, { dpop: { replayStore } }), await verifierOf(t, { dpop: { replayStore } }), await clientOf(t)];
  const proof = await prove(client);
  await one.authorize(withProof(client.token, proof));
  await refused(t, () => other.authorize(withProof(client.token, proof)), REFUSED);
});

const FAILURES = {
  "throws": () => { throw new Error("canary-secret of the store"); },
  "rejects": () => Promise.reject(new Error("down")),
  "hangs": () => new Promise(() => {}),
  "gives a number": () => 1,
  "gives nothing": () => undefined,
  "gives text": () => "true",
};
for (const [what, acquire] of Object.entries(FAILURES)) {
  test(`a replay store that ${what} lets nobody in: 503`, async (t) => {
    const [verifier, client] = [await verifierOf(t, { dpop: { replayStore: { acquire, timeout: 50 } } }), await clientOf(t)];
    const proof = await prove(client);
    const error = await verifier.authorize(withProof(client.token, proof)).then(() => undefined, (error) => error);
    same([error?.code, error?.status, error?.retryable], ["replay_store_unavailable", 503, true], "error");
    ok(error.cause instanceof Error || error.cause instanceof DOMException, "cause");
    const response = error.toResponse();
    same([response.status, response.headers.get("www-authenticate"), await response.json()], [503, null, { error: "temporarily_unavailable" }], "answer");
    await verifier.authorize(bearer(await tokenWith(t)));
  });
}
