// Verifiers that need Node.js's own modules: most answer at once, without a promise.

import { createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify } from "node:crypto";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier } from "fast-jwt";
import jsonwebtoken from "jsonwebtoken";
import { optionsOf, partsOf } from "./tokens.mjs";

const each = (tokens, check) => (count) => {
  for (let done = 0; done < count; done += 1) check(tokens[done % tokens.length]);
};

const eachInTurn = (tokens, check) => async (count) => {
  for (let done = 0; done < count; done += 1) await check(tokens[done % tokens.length]);
};

/** The host's check of the signature, in the form that it takes the least time for, and nothing else. */
export function nodeCryptoVerify(key, tokens) {
  const check = signatureCheck(key, "der");
  const isCurve = key.algorithm === "ES256";
  const checks = tokens.map(partsOf).map(({ data, signature }) => ({ data, signature: isCurve ? asDer(signature) : signature }));
  return each(checks, ({ data, signature }) => check(data, signature));
}

/** The two halves of a signature on P-256, as a SEQUENCE of two INTEGERs. */
function asDer(signature) {
  const integer = (half) => {
    const bytes = half.subarray(half.findIndex((byte) => byte !== 0));
    const sign = bytes[0] > 127 ? [0] : [];
    return [2, sign.length + bytes.length, ...sign, ...bytes];
  };
  const both = [...integer(signature.subarray(0, 32)), ...integer(signature.subarray(32))];
  return Uint8Array.from([48, both.length, ...both]);
}

/** The least that gives claims, as a promise: whatever the header says and however it is written. Not for use. */
export function byHandVerify(key, tokens) {
  const check = signatureCheck(key, "ieee-p1363");
  const { issuer, audience } = optionsOf(key);
  return eachInTurn(tokens, async (token) => {
    const [header, payload, signature] = token.split(".");
    check(Buffer.from(`${header}.${payload}`, "latin1"), Buffer.from(signature, "base64url"));
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    if (claims.iss !== issuer || claims.aud !== audience || !(claims.exp > Date.now() / 1000)) throw new Error("another token");
    return claims;
  });
}

function signatureCheck(key, dsaEncoding) {
  const its = keyObject(key);
  // A key with options takes half as long again on newer versions of Node.js.
  const given = key.algorithm === "ES256" && dsaEncoding !== "der" ? { key: its, dsaEncoding } : its;
  const hash = key.algorithm === "EdDSA" ? null : "sha256";
  return (data, signature) => {
    const good = key.secret
      ? timingSafeEqual(createHmac("sha256", its).update(data).digest(), signature)
      : verify(hash, data, given, signature);
    if (!good) throw new Error("a bad signature");
  };
}

/** With a `cache` of so many tokens, or `false`. */
export function fastJwtVerify(key, tokens, cache = false) {
  const { issuer, audience } = optionsOf(key);
  const pem = key.secret ? Buffer.from(key.secret) : keyObject(key).export({ type: "spki", format: "pem" });
  return each(tokens, createVerifier({ key: pem, algorithms: [key.algorithm], allowedIss: issuer, allowedAud: audience, cache }));
}

/** Verifies by a key set; has no HS256. */
export function awsVerify(key, tokens, keys = [key.jwk]) {
  const { issuer, audience } = optionsOf(key);
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: "https://issuer.example/keys" });
  verifier.cacheJwks({ keys });
  try {
    verifier.verifySync(tokens[0]);
  } catch {
    // On workerd it takes WebCrypto, which answers later.
    return eachInTurn(tokens, (token) => verifier.verify(token));
  }
  return each(tokens, (token) => verifier.verifySync(token));
}

/** Has no EdDSA. */
export function jsonwebtokenVerify(key, tokens) {
  const { issuer, audience, algorithms } = optionsOf(key);
  const its = keyObject(key);
  return each(tokens, (token) => jsonwebtoken.verify(token, its, { issuer, audience, algorithms }));
}

function keyObject({ secret, jwk }) {
  return secret ? createSecretKey(secret) : createPublicKey({ key: jwk, format: "jwk" });
}
