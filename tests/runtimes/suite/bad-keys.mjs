// What is given as a private key and is none: a TypeError that says what was given and what is needed, never the key.

import { Client } from "gatepass";
import { equal, includes } from "../assert.mjs";
import { test } from "./define.mjs";
import { keyFor } from "./signers.mjs";

// what: [the key, further options, words of the message]
const BAD_KEYS = {
  "an encrypted PKCS#8 PEM": [({ badKeys }) => badKeys.encryptedPem, {}, ["encrypted"]],
  "an encrypted PKCS#1 PEM": [({ badKeys }) => badKeys.encryptedPkcs1Pem, {}, ["PKCS#1", "pkcs8"]],
  "a PKCS#1 PEM": [({ badKeys }) => badKeys.pkcs1Pem, {}, ["PKCS#1", "pkcs8"]],
  "a SEC1 PEM": [({ badKeys }) => badKeys.sec1Pem, {}, ["SEC 1", "pkcs8"]],
  "a public key as PEM": [({ badKeys }) => badKeys.publicPem, {}, ["public", "private"]],
  "a certificate": [({ badKeys }) => badKeys.certificate, {}, ["certificate", "private"]],
  "a PEM that was cut off": [({ badKeys }) => badKeys.truncatedPem, { signingAlgorithm: "ES256" }, ["cut off"]],
  "a PEM without an end": [({ badKeys }) => badKeys.pemWithoutEnd, { signingAlgorithm: "ES256" }, ["cut off"]],
  "a PEM on a curve that no algorithm has": [({ badKeys }) => badKeys.otherCurvePem, {}, []],
  "a text that is no key": [() => "canary-secret", {}, ["PEM"]],
  "an empty text": [() => "", {}, []],
  "a number": [() => 7, {}, []],
  "an array": [() => [], {}, []],
  "a JWK without d": [({ keys }) => keys.es256.publicJwk, {}, ["private"]],
  "a JWK of a public RSA key": [({ keys }) => keys.rs256.publicJwk, {}, ["private"]],
  "a JWK of a secret": [() => ({ kty: "oct", k: "Y2FuYXJ5LXNlY3JldA" }), {}, []],
  "a JWK without a type": [({ keys }) => ({ ...keys.es256.privateJwk, kty: undefined }), {}, ["kty"]],
  "a JWK of an unknown curve": [({ keys }) => ({ ...keys.es256.privateJwk, alg: undefined, crv: "P-257" }), {}, []],
  "an EC key for an RSA algorithm": [({ keys }) => ({ ...keys.es256.privateJwk, alg: undefined }), { signingAlgorithm: "RS256" }, ["P-256", "RS256", "RSA"]],
  "an RSA key for an EC algorithm": [({ keys }) => ({ ...keys.rs256.privateJwk, alg: undefined }), { signingAlgorithm: "ES256" }, ["RSA", "ES256", "P-256"]],
  "an RSA PEM for an EC algorithm": [({ keys }) => keys.rs256.privatePem, { signingAlgorithm: "ES256" }, ["RSA", "ES256", "P-256"]],
  "an EC PEM of another curve": [({ keys }) => keys.es384.privatePem, { signingAlgorithm: "ES256" }, ["P-384", "ES256", "P-256"]],
  "an unknown algorithm": [({ keys }) => ({ ...keys.rs256.privateJwk, alg: undefined }), { signingAlgorithm: "RS1" }, ["RS256"]],
  "an algorithm of shared secrets": [({ keys }) => ({ ...keys.rs256.privateJwk, alg: undefined }), { signingAlgorithm: "HS256" }, []],
  "no signature at all": [({ keys }) => ({ ...keys.rs256.privateJwk, alg: undefined }), { signingAlgorithm: "none" }, []],
  "a key for encryption": [({ keys }) => ({ ...keys.rs256.privateJwk, use: "enc" }), {}, ["sign"]],
};

for (const [what, [key, options, words]] of Object.entries(BAD_KEYS)) {
  test(`a private key that cannot sign is a TypeError that says why: ${what}`, async (t) => {
    const changes = { clientSecret: undefined, privateKey: JSON.parse(JSON.stringify(key(t.config))), ...options };
    const error = await t.isTypeError(() => new Client(t.options(changes)).getToken(), "options.");
    for (const word of words) includes(error.message.toLowerCase(), word.toLowerCase(), "message");
    await t.nothingWasSent();
  });
}

// What only the host can tell, when it imports the key for the first request.
test("an RSA key of 1024 bits is credential_unavailable, and nothing is sent", async (t) => {
  const client = t.client({ clientSecret: undefined, privateKey: t.config.badKeys.smallRsaPem, retry: { attempts: 1, hold: 0 } });
  const error = await t.rejects(() => client.getToken(), { code: "credential_unavailable" });
  includes(error.message, "RS256", "message");
  includes(error.cause.message, "2048", "message of the cause");
  await t.nothingWasSent();
});

test("an algorithm that the runtime does not know is credential_unavailable, which names it, and nothing is sent", async (t) => {
  const { importKey } = SubtleCrypto.prototype;
  const { jwk } = await keyFor(t, "EdDSA");
  SubtleCrypto.prototype.importKey = async () => {
    throw new DOMException("Unrecognized algorithm", "NotSupportedError");
  };
  try {
    const retry = { attempts: 1, hold: 0 };
    for (const changes of [{ clientSecret: undefined, privateKey: jwk }, { dpop: { privateKey: jwk } }]) {
      const error = await t.rejects(() => t.client({ ...changes, retry }).getToken(), { code: "credential_unavailable" });
      includes(error.message, "cannot sign EdDSA", "message");
      equal(error.cause.name, "NotSupportedError", "name of the cause");
    }
  } finally {
    SubtleCrypto.prototype.importKey = importKey;
  }
  await t.nothingWasSent();
});

test("a CryptoKey that cannot sign is a TypeError that says why", async (t) => {
  const { publicJwk } = await keyFor(t, "ES256");
  const publicKey = await crypto.subtle.importKey("jwk", publicJwk, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
  const agreement = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])).privateKey;
  const secret = await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  for (const privateKey of [publicKey, agreement, secret]) {
    await t.isTypeError(() => new Client(t.options({ clientSecret: undefined, privateKey })).getToken(), "options.privateKey");
  }
  await t.nothingWasSent();
});

test("a DPoP key that cannot sign is a TypeError that says why", async (t) => {
  for (const privateKey of [t.config.badKeys.pkcs1Pem, t.config.keys.es256.publicJwk, { kty: "oct", k: "AAAA" }, "canary-secret"]) {
    await t.isTypeError(() => new Client(t.options({ dpop: { privateKey } })).getToken(), "options.dpop.privateKey");
  }
  for (const dpop of ["yes", 1, [], { key: 1 }]) await t.isTypeError(() => new Client(t.options({ dpop })).getToken(), "options.dpop");
  await t.nothingWasSent();
});
