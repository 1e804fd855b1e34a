// Keys, tokens that they sign, and verifiers of these, all with the same checks of issuer, audience, algorithm and times.

import { Verifier } from "gatepass";
import * as jose from "jose";

const [issuer, audience] = ["https://issuer.example/", "https://api.example"];
const CLAIMS = { scope: "read:orders write:orders", client_id: "abcdefghijklmnop", azp: "abcdefghijklmnop", gty: "client-credentials", sub: "abcdefghijklmnop@clients" };
export const WEB_CRYPTO = { RS256: { name: "RSASSA-PKCS1-v1_5" }, ES256: { name: "ECDSA", hash: "SHA-256" }, EdDSA: { name: "Ed25519" }, HS256: { name: "HMAC" } };

/** `secret` of HS256, `jwk` of the others; and the host's own keys. */
export async function makeKey(algorithm, kid = "k1") {
  if (algorithm === "HS256") {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    return { algorithm, kid, signing: key, verifying: key, secret };
  }
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true });
  return { algorithm, kid, signing: privateKey, verifying: publicKey, jwk: { ...(await jose.exportJWK(publicKey)), kid, alg: algorithm, use: "sig" } };
}

/** So many different tokens; about 500 bytes, or with these claims and this header. */
export async function makeTokens({ algorithm, kid, signing }, count, claims = CLAIMS, header = { kid, typ: "at+jwt" }) {
  const now = Math.floor(Date.now() / 1000);
  const tokens = [];
  for (let number = 0; number < count; number += 1) {
    const token = new jose.SignJWT({ ...claims, jti: `${number}` }).setProtectedHeader({ alg: algorithm, ...header });
    tokens.push(await token.setIssuer(issuer).setAudience(audience).setIssuedAt(now).setExpirationTime(now + 3600).sign(signing));
  }
  return tokens;
}

export function optionsOf({ algorithm, secret, jwk }) {
  return { issuer, audience, algorithms: [algorithm], ...(secret ? { secret } : { jwks: { keys: [jwk] } }) };
}

/** Verifies a token that this verifier sees for the first time, whatever it has seen. */
export function gatepassAnew(options, tokens) {
  let generation = 0;
  let verifier;
  let next = tokens.length;
  return async (count) => {
    for (let done = 0; done < count; done += 1) {
      if (next === tokens.length) {
        // Other options each time, or the tokens would be remembered.
        verifier = new Verifier({ ...options, maxAge: 7200 + (generation += 1) });
        next = 0;
      }
      await verifier.verifyAccessToken(tokens[next]);
      next += 1;
    }
  };
}

export async function gatepassAgain(options, token) {
  const verifier = new Verifier(options);
  await verifier.verifyAccessToken(token);
  return async (count) => {
    for (let done = 0; done < count; done += 1) await verifier.verifyAccessToken(token);
  };
}

/** `key` as jose takes it: a key, a secret, or a function that finds one. */
export function joseVerify(algorithm, key, tokens) {
  return async (count) => {
    for (let done = 0; done < count; done += 1) await jose.jwtVerify(tokens[done % tokens.length], key, { issuer, audience, algorithms: [algorithm] });
  };
}

/** The signature, and nothing else. */
export function webCryptoVerify({ algorithm, verifying }, tokens) {
  const checks = tokens.map(partsOf);
  return async (count) => {
    for (let done = 0; done < count; done += 1) {
      const { data, signature } = checks[done % checks.length];
      if (!(await crypto.subtle.verify(WEB_CRYPTO[algorithm], verifying, signature, data))) throw new Error("a bad signature");
    }
  };
}

export function partsOf(token) {
  const end = token.lastIndexOf(".");
  return { data: new TextEncoder().encode(token.slice(0, end)), signature: jose.base64url.decode(token.slice(end + 1)) };
}
