// What a strict server checks of the signed things it is sent: client assertions (RFC 7523 section 3) and DPoP proofs
// (RFC 9449 section 4.3), with jose, and by a clock that lags: some servers read a clock that is milliseconds behind the
// client's and refuse what is from the future.

import { createHash } from "node:crypto";
import { EmbeddedJWK, calculateJwkThumbprint, decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { demand, Refusal } from "./answers.mjs";

const LAG = 900; // milliseconds
const LONGEST_ASSERTION = 120; // seconds
const OLDEST_PROOF = 60; // seconds
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
// What RFC 8725 and the servers of today call them; `Ed25519` (RFC 9864) is refused by most.
const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/**
 * Demands a client assertion for one of these audiences. Each is good for one request.
 * @param {object} exchange with the client that the test has registered
 * @param {URLSearchParams} form
 * @param {string} audience
 */
export async function checkAssertion({ client, memory }, form, audience) {
  const refuse = (met, description) => demand(met, 401, "invalid_client", description);
  refuse(form.get("client_assertion_type") === "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion_type");
  const assertion = form.get("client_assertion") ?? "";
  const { header, payload } = await verified(assertion, client, (what) => new Refusal(401, "invalid_client", what));
  refuse([undefined, "JWT"].includes(header.typ), `typ of the assertion: ${header.typ}`);
  refuse(header.alg === client.alg, `alg of the assertion: ${header.alg}`);
  refuse(header.kid === client.kid, `kid of the assertion: ${header.kid}`);
  refuse(payload.iss === client.clientId && payload.sub === client.clientId, "iss and sub of the assertion are not the client");
  refuse(payload.aud === audience, `aud of the assertion: ${JSON.stringify(payload.aud)}`);
  refuse(payload.nbf === undefined, "the assertion has an nbf");
  refuse(isPast(payload.iat), "iat of the assertion is in the future");
  refuse(payload.exp * 1000 > Date.now(), "the assertion has expired");
  refuse(payload.exp * 1000 - Date.now() <= LONGEST_ASSERTION * 1000, "the assertion lives too long");
  refuse(isNew(memory, "assertions", payload.jti), "jti of the assertion was seen before");
  refuse(form.get("client_id") === null || form.get("client_id") === client.clientId, "client_id is not the assertion's");
}

async function verified(assertion, client, refusal) {
  try {
    const key = client.key
      ? await importJWK(client.key, client.alg)
      : new TextEncoder().encode(client.clientSecret);
    const { protectedHeader, payload } = await jwtVerify(assertion, key);
    return { header: protectedHeader, payload };
  } catch (error) {
    throw refusal(`the assertion cannot be verified: ${error.code}`);
  }
}

/**
 * Demands a DPoP proof for this request and gives the thumbprint of its key.
 * @param {object} exchange
 * @param {object} [expected]
 * @param {string} [expected.accessToken] that the proof is for
 * @param {string} [expected.nonce] that must be in it
 * @param {string} [expected.nextNonce] that a refusal hands out
 * @param {number} [expected.status] of a refusal
 */
export async function checkProof({ request, url, memory }, { accessToken, nonce, nextNonce = nonce, status = 400 } = {}) {
  const refuse = (met, description) => demand(met, status, "invalid_dpop_proof", description);
  const proof = request.headers.dpop ?? "";
  refuse(proof !== "" && !proof.includes(","), "one DPoP header is needed");
  let payload;
  try {
    ({ payload } = await jwtVerify(proof, EmbeddedJWK, { typ: "dpop+jwt", algorithms: ASYMMETRIC }));
  } catch (error) {
    throw new Refusal(status, "invalid_dpop_proof", `the proof cannot be verified: ${error.code}`);
  }
  const { typ, jwk } = decodeProtectedHeader(proof);
  refuse(typ === "dpop+jwt", `typ of the proof: ${typ}`);
  refuse(PRIVATE_MEMBERS.every((member) => !(member in jwk)), "the proof carries a private key");
  refuse(payload.htm === request.method, `htm of the proof: ${payload.htm}`);
  refuse(payload.htu === url.origin + url.pathname, `htu of the proof: ${payload.htu}`);
  refuse(payload.nbf === undefined, "the proof has an nbf");
  refuse(isPast(payload.iat), "iat of the proof is in the future");
  refuse(Date.now() - payload.iat * 1000 <= OLDEST_PROOF * 1000, "the proof is too old");
  refuse(isNew(memory, "proofs", payload.jti), "jti of the proof was seen before");
  const ath = accessToken && createHash("sha256").update(accessToken).digest("base64url");
  refuse(payload.ath === ath, `ath of the proof: ${payload.ath}`);
  if (nonce !== undefined && payload.nonce !== nonce) {
    throw new Refusal(status, "use_dpop_nonce", "a nonce is needed in the proof", { "dpop-nonce": nextNonce });
  }
  return calculateJwkThumbprint(jwk);
}

const isPast = (seconds) => Number.isInteger(seconds) && seconds * 1000 <= Date.now() - LAG;

function isNew(memory, what, jti) {
  memory[what] ??= new Set();
  if (typeof jti !== "string" || jti.length < 16 || memory[what].has(jti)) return false;
  memory[what].add(jti);
  return true;
}
