// X.509 certificates for loopback (RFC 5280), made by hand: Node.js can read them but not make them, and `openssl` is not on
// every machine. P-256 keys, ECDSA with SHA-256, good for a day.

import { randomBytes, sign } from "node:crypto";
import { makeKeyPair } from "./key-pair.mjs";

const DAY = 86_400_000;

/**
 * A certificate authority of one's own.
 * @returns {Promise<{ certificate: string, issue: (name: string) => Promise<{ certificate: string, key: string }> }>} PEM texts; a
 *   name becomes the subject's `CN`, and each certificate is for 127.0.0.1
 */
export async function makeAuthority(name = "gatepass tests") {
  const authority = await makeKeyPair("ec", { namedCurve: "P-256" });
  const issue = (subject, publicKey, extensions) =>
    certificate({ subject, publicKey, extensions, issuer: name, issuerKey: authority.privateKey });
  return {
    certificate: issue(name, authority.publicKey, [BASIC_CONSTRAINTS_CA]),
    async issue(subject) {
      const { publicKey, privateKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
      return {
        certificate: issue(subject, publicKey, [ADDRESS_OF_LOOPBACK]),
        key: privateKey.export({ type: "pkcs8", format: "pem" }),
      };
    },
  };
}

function certificate({ subject, publicKey, extensions, issuer, issuerKey }) {
  const now = Date.now();
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer),
    sequence(utcTime(now - DAY / 2), utcTime(now + DAY / 2)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  const signature = sign("sha256", toBeSigned, issuerKey);
  return pem(sequence(toBeSigned, ECDSA_WITH_SHA256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature]))));
}

// ---- DER (X.690)

function tagged(tag, content) {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts) => tagged(0x30, Buffer.concat(parts));
const explicit = (number, content) => tagged(0xa0 | number, content);
const integer = (bytes) => tagged(0x02, bytes);
const octets = (content) => tagged(0x04, content);
const identifier = (hex) => tagged(0x06, Buffer.from(hex, "hex"));
const utcTime = (millis) => tagged(0x17, Buffer.from(`${new Date(millis).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));
const distinguishedName = (name) => sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
const pem = (der) => `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

const COMMON_NAME = identifier("550403");
const ECDSA_WITH_SHA256 = sequence(identifier("2a8648ce3d040302"));
const TRUE = tagged(0x01, Buffer.from([0xff]));
const BASIC_CONSTRAINTS_CA = sequence(identifier("551d13"), TRUE, octets(sequence(TRUE)));
const ADDRESS_OF_LOOPBACK = sequence(identifier("551d11"), octets(sequence(tagged(0x87, Buffer.from([127, 0, 0, 1])))));
