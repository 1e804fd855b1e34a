// The key pairs the suites sign with, in every form that a caller can have them in; and what looks like a key and is none.

import { makeAuthority } from "../servers/certificates.mjs";
import { makeKeyPair } from "../servers/key-pair.mjs";

/** One pair for each kind of key; the stranger's public key is published by no one unless a test does. */
export async function makeKeys() {
  const make = async (name, alg, type, options) => {
    const { privateKey, publicKey } = await makeKeyPair(type, options);
    const names = { kid: `suite-${name}`, alg, use: "sig" };
    return [name, {
      privateJwk: { ...privateKey.export({ format: "jwk" }), ...names },
      publicJwk: { ...publicKey.export({ format: "jwk" }), ...names },
      privatePem: privateKey.export({ format: "pem", type: "pkcs8" }),
      publicPem: publicKey.export({ format: "pem", type: "spki" }),
    }];
  };
  return Object.fromEntries(await Promise.all([
    make("rs256", "RS256", "rsa", { modulusLength: 2048 }),
    make("es256", "ES256", "ec", { namedCurve: "P-256" }),
    make("es384", "ES384", "ec", { namedCurve: "P-384" }),
    make("es512", "ES512", "ec", { namedCurve: "P-521" }),
    make("eddsa", "EdDSA", "ed25519", {}),
    make("stranger", "RS256", "rsa", { modulusLength: 2048 }),
  ]));
}

/** What a caller may take for a private key. Each is secret: none of it may show in an error. */
export async function badKeys() {
  const pkcs8Of = async (type, options) => (await makeKeyPair(type, options)).privateKey.export({ format: "pem", type: "pkcs8" });
  const rsa = (await makeKeyPair("rsa", { modulusLength: 2048 })).privateKey;
  const ec = await makeKeyPair("ec", { namedCurve: "P-256" });
  const pkcs8 = ec.privateKey.export({ format: "pem", type: "pkcs8" });
  return {
    encryptedPem: ec.privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "canary-secret" }),
    encryptedPkcs1Pem: rsa.export({ format: "pem", type: "pkcs1", cipher: "aes-256-cbc", passphrase: "canary-secret" }),
    pkcs1Pem: rsa.export({ format: "pem", type: "pkcs1" }),
    sec1Pem: ec.privateKey.export({ format: "pem", type: "sec1" }),
    publicPem: ec.publicKey.export({ format: "pem", type: "spki" }),
    certificate: (await makeAuthority()).certificate,
    truncatedPem: pkcs8.replace(/\n[^\n]+\n-----END/, "\n-----END"),
    pemWithoutEnd: pkcs8.slice(0, 100),
    smallRsaPem: await pkcs8Of("rsa", { modulusLength: 1024 }),
    otherCurvePem: await pkcs8Of("ec", { namedCurve: "secp256k1" }),
  };
}
