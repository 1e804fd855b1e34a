// The signature algorithms of client assertions and DPoP proofs (RFC 7518 section 3.1, RFC 8037), each with a key for it.

import { skip } from "../assert.mjs";

// name: [key of the configuration, what WebCrypto calls it]
const ALGORITHMS = {
  RS256: ["rs256", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
  RS384: ["rs256", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" }],
  RS512: ["rs256", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" }],
  PS256: ["rs256", { name: "RSA-PSS", hash: "SHA-256" }],
  PS384: ["rs256", { name: "RSA-PSS", hash: "SHA-384" }],
  PS512: ["rs256", { name: "RSA-PSS", hash: "SHA-512" }],
  ES256: ["es256", { name: "ECDSA", namedCurve: "P-256" }],
  ES384: ["es384", { name: "ECDSA", namedCurve: "P-384" }],
  ES512: ["es512", { name: "ECDSA", namedCurve: "P-521" }],
  EdDSA: ["eddsa", { name: "Ed25519" }],
};

export const SIGNING_ALGORITHMS = Object.keys(ALGORITHMS);

/** The key of an algorithm in each form that the option `privateKey` takes, without any name of its own. */
export async function keyFor(t, alg) {
  const [name, algorithm] = ALGORITHMS[alg];
  const { privateJwk, publicJwk, privatePem } = t.config.keys[name];
  const { alg: _, kid, use, ...jwk } = privateJwk;
  let cryptoKey;
  try {
    cryptoKey = await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["sign"]);
  } catch (error) {
    skip(`this runtime has no ${alg}: ${error.name}`);
  }
  const { alg: __, kid: ___, use: ____, ...publicPart } = publicJwk;
  return { jwk, pem: privatePem, cryptoKey, publicJwk: publicPart };
}
