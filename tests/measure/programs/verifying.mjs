// Ways to verify a token, for programs that time them: the host alone, gatepass, and its peers, all of them with the same keys
// and the same checks of issuer, audience, algorithm and times.

import { Verifier } from "gatepass";
import * as jose from "jose";

const [issuer, audience] = ["https://issuer.example/", "https://api.example"];
const PARAMETERS = {
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
  HS256: { name: "HMAC" },
};
export const ALGORITHMS = Object.keys(PARAMETERS);

/**
 * Async functions by name; each verifies `count` tokens, all different, or, where its name says so, one of them again and
 * again. `peers` are modules that do not run everywhere.
 */
export async function waysToVerify(algorithm, count, { fastJwt, awsJwtVerify, nodeCrypto } = {}) {
  const { signing, verifying, jwk, secret } = await keysFor(algorithm);
  const now = Math.floor(Date.now() / 1000);
  const tokens = [];
  for (let number = 0; number < count; number += 1) {
    const claims = { scope: "read:orders write:orders", client_id: "abcdefghijklmnop", azp: "abcdefghijklmnop", gty: "client-credentials", jti: `${number}` };
    const token = new jose.SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: "k1", typ: "at+jwt" });
    tokens.push(await token.setIssuer(issuer).setAudience(audience).setSubject("abcdefghijklmnop@clients").setIssuedAt(now).setExpirationTime(now + 3600).sign(signing));
  }
  const checks = tokens.map((token) => {
    const end = token.lastIndexOf(".");
    return { data: new TextEncoder().encode(token.slice(0, end)), signature: jose.base64url.decode(token.slice(end + 1)) };
  });
  const options = { issuer, audience, algorithms: [algorithm], ...(secret ? { secret } : { jwks: { keys: [jwk] } }) };
  const known = new Verifier(options);
  await known.verifyAccessToken(tokens[0]);
  let round = 0;
  const ways = {
    async "WebCrypto alone"() {
      for (const { data, signature } of checks) if (!(await crypto.subtle.verify(PARAMETERS[algorithm], verifying, signature, data))) throw new Error("a bad signature");
    },
    async gatepass() {
      // Other options each time, or the tokens would be remembered.
      const verifier = new Verifier({ ...options, maxAge: 7200 + (round += 1) });
      for (const token of tokens) await verifier.verifyAccessToken(token);
    },
    async jose() {
      for (const token of tokens) await jose.jwtVerify(token, secret ?? verifying, { issuer, audience, algorithms: [algorithm] });
    },
    async "gatepass, again"() {
      for (let number = 0; number < count; number += 1) await known.verifyAccessToken(tokens[0]);
    },
  };
  if (nodeCrypto) {
    const key = secret ? nodeCrypto.createSecretKey(secret) : nodeCrypto.createPublicKey({ key: jwk, format: "jwk" });
    const hash = algorithm === "EdDSA" ? null : "sha256";
    ways["node:crypto alone"] = async () => {
      for (const { data, signature } of checks) {
        const good = secret ? nodeCrypto.timingSafeEqual(nodeCrypto.createHmac("sha256", key).update(data).digest(), signature) : nodeCrypto.verify(hash, data, { key, dsaEncoding: "ieee-p1363" }, signature);
        if (!good) throw new Error("a bad signature");
      }
    };
    if (fastJwt) {
      const common = { key: secret ? Buffer.from(secret) : key.export({ type: "spki", format: "pem" }), algorithms: [algorithm], allowedIss: issuer, allowedAud: audience };
      const plain = fastJwt.createVerifier({ ...common, cache: false });
      const caching = fastJwt.createVerifier({ ...common, cache: 1000 });
      ways["fast-jwt"] = async () => tokens.forEach((token) => plain(token));
      ways["fast-jwt, again"] = async () => tokens.forEach(() => caching(tokens[0]));
    }
    if (awsJwtVerify && !secret) {
      const verifier = awsJwtVerify.JwtVerifier.create({ issuer, audience, jwksUri: "https://issuer.example/keys" });
      verifier.cacheJwks({ keys: [jwk] });
      ways["aws-jwt-verify"] = async () => tokens.forEach((token) => verifier.verifySync(token));
    }
  }
  return ways;
}

async function keysFor(algorithm) {
  if (algorithm === "HS256") {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    return { signing: key, verifying: key, secret };
  }
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true });
  return { signing: privateKey, verifying: publicKey, jwk: { ...(await jose.exportJWK(publicKey)), kid: "k1", alg: algorithm, use: "sig" } };
}
