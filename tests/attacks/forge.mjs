// Tokens as attackers write them: every part can be set to the byte, and the signature over it is a real one.

import { constants, createHmac, sign } from "node:crypto";
import { makeKeyPair } from "../servers/key-pair.mjs";

export const ISSUER = "https://issuer.example/";
export const AUDIENCE = "https://api.example";

const b64 = (value) => Buffer.from(value).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

/** Good claims with these changes; `undefined` leaves one out. */
export const claims = (changes = {}) => ({ iss: ISSUER, aud: AUDIENCE, sub: "client", iat: now(), exp: now() + 300, ...changes });

/** The text of good claims with one written as it stands here. */
export const claimsWith = (text) => JSON.stringify(claims()).replace(/}$/, `,${text}}`);

/** A key pair: the key as it is published, and what signs with it. */
export async function makeKey(alg, { kid = `key-${alg}`, type, ...options } = {}) {
  const kinds = { RS: ["rsa", { modulusLength: 2048 }], PS: ["rsa", { modulusLength: 2048 }], ES: ["ec", { namedCurve: "P-256" }], Ed: ["ed25519", {}] };
  const [kind, usual] = kinds[alg.slice(0, 2)];
  const { privateKey, publicKey } = await makeKeyPair(type ?? kind, { ...usual, ...options });
  return { alg, kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" } };
}

/** The signature of `alg` over a text. */
export function signature({ privateKey }, alg, input, dsaEncoding = "ieee-p1363") {
  const hash = alg === "EdDSA" ? null : `sha${alg.slice(2)}`;
  const key = { key: privateKey, dsaEncoding };
  if (alg.startsWith("PS")) Object.assign(key, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
  return sign(hash, Buffer.from(input), key);
}

/**
 * A token by this key. `header` is an object of changes, or a text; `payload` an object, a text or bytes; `encode` writes each of
 * the first two parts, `finish` gets the signed text and the signature.
 */
export function forge(key, { header = {}, payload = claims(), alg = key.alg, encode = b64, finish = (input, made) => `${input}.${b64(made)}` } = {}) {
  const head = typeof header === "string" ? header : JSON.stringify({ alg, kid: key.kid, typ: "at+jwt", ...header });
  const body = typeof payload === "string" || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  const input = `${b64(head)}.${encode(body)}`;
  return finish(input, signature(key, alg, input));
}

/** A token with an HMAC by this secret. */
export function forgeHmac(secret, header, alg = "HS256") {
  const input = `${b64(JSON.stringify({ alg, typ: "at+jwt", ...header }))}.${b64(JSON.stringify(claims()))}`;
  return `${input}.${createHmac(`sha${alg.slice(2)}`, secret).update(input).digest("base64url")}`;
}

/** What RSASSA-PKCS1-v1_5 pads a hash to: with the public exponent 1 that is its own signature. */
export function unsignedRsa({ privateKey, publicKey }, input) {
  const made = sign("sha256", Buffer.from(input), privateKey);
  const modulus = BigInt(`0x${Buffer.from(publicKey.export({ format: "jwk" }).n, "base64url").toString("hex")}`);
  const power = (base, exponent) => {
    let [result, factor] = [1n, base % modulus];
    for (let left = exponent; left > 0n; left >>= 1n) {
      if (left & 1n) result = (result * factor) % modulus;
      factor = (factor * factor) % modulus;
    }
    return result;
  };
  const encoded = power(BigInt(`0x${made.toString("hex")}`), 65_537n).toString(16).padStart(made.length * 2, "0");
  return Buffer.from(encoded, "hex");
}

export { b64, now };
