// Making tokens, good ones and bad ones, with the runtime's WebCrypto. The key pairs come with the configuration.

const ALGORITHMS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};

export const ISSUER = "https://issuer.example";
export const AUDIENCE = "https://api.example";

export const now = () => Math.floor(Date.now() / 1000);

/** Good claims with these changes; `undefined` leaves one out. */
export function claims(changes = {}) {
  return { iss: ISSUER, sub: "client@clients", aud: AUDIENCE, iat: now(), exp: now() + 300, ...changes };
}

/**
 * A signed token.
 * @param {object} t the test's context
 * @param {object} [parts]
 * @param {"rs256" | "es256" | "stranger"} [parts.key] whose private key signs; the stranger's is in no key set
 * @param {object} [parts.header] changes to `{ alg, kid, typ: "at+jwt" }`
 * @param {object | string} [parts.claims] instead of `claims()`; a string is signed as it is
 */
export async function signToken(t, { key = "rs256", header = {}, claims: payload = claims() } = {}) {
  const { privateJwk } = t.config.keys[key];
  const fullHeader = { alg: privateJwk.alg, kid: privateJwk.kid, typ: "at+jwt", ...header };
  return signText(t, key, JSON.stringify(fullHeader), typeof payload === "string" ? payload : JSON.stringify(payload));
}

/** Signs header and payload exactly as written; either may also be bytes. */
export async function signText(t, key, header, payload) {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return t.hide(`${input}.${base64url(await sign(t.config.keys[key].privateJwk, input))}`);
}

/** An HMAC token whose secret is text that everybody knows: a public key. */
export async function signWithPublicKey(t, secret) {
  const input = `${base64url(JSON.stringify({ alg: "HS256", kid: t.config.keys.rs256.publicJwk.kid }))}.${base64url(JSON.stringify(claims()))}`;
  const key = await crypto.subtle.importKey("raw", bytes(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `${input}.${base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(input))))}`;
}

export function base64url(value) {
  let binary = "";
  for (const byte of bytes(value)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}

export function claimsOf(token) {
  return JSON.parse(new TextDecoder().decode(fromBase64url(token.split(".")[1])));
}

async function sign(privateJwk, input) {
  const algorithm = ALGORITHMS[privateJwk.alg];
  const { alg, kid, use, key_ops, ext, ...jwk } = privateJwk;
  const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(algorithm, key, bytes(input)));
}

function bytes(value) {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}
