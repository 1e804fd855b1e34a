// Signatures by Web Cryptography, with the keys of a client's options.

/** The names of the members that make up a key: no other member of a caller's key reaches the host. */
const PUBLIC = ["kty", "crv", "x", "y", "n", "e"];
const PRIVATE = [...PUBLIC, "d", "p", "q", "dp", "dq", "qi"];

// A pair of keys, and the public one as text, by what they were made for. Settled data only: what a
// request awaits is its own.
const imported = new WeakMap();

/** Whose tokens are bound to no key of the caller's are bound to this isolate's. */
const OWN = {};

export async function sign(which, options, name, hash, namedCurve, saltLength, input) {
  const key = await signingKey(which, options, { name, hash, namedCurve });
  return new Uint8Array(await crypto.subtle.sign({ name, hash, saltLength }, key, new TextEncoder().encode(input)));
}

export async function signWithSecret(secret, hash, input) {
  const utf8 = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(input)));
}

/** The public key that tokens are bound to, as JSON. */
export async function proofKey(options, name, hash, namedCurve) {
  return (await proofKeys(options, { name, hash, namedCurve })).jwk;
}

function signingKey(which, options, algorithm) {
  return which === "proof" ? proofKeys(options, algorithm).then(({ key }) => key) : importKey(options.privateKey, algorithm, false);
}

async function proofKeys({ dpop }, algorithm) {
  const place = dpop.privateKey === undefined ? OWN : dpop;
  const known = imported.get(place);
  if (known) return known;
  const made = place === OWN ? await generated(algorithm) : await given(dpop, algorithm);
  // Another request may have been faster, and tokens may be bound to its key already.
  if (!imported.has(place)) imported.set(place, made);
  return imported.get(place);
}

async function generated(algorithm) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
  return { key: privateKey, jwk: await publicJwk(publicKey) };
}

async function given({ privateKey, publicKey }, algorithm) {
  const key = await importKey(privateKey, algorithm, true);
  return { key, jwk: await publicJwk(publicKey ?? key) };
}

async function publicJwk(key) {
  return JSON.stringify(only(await crypto.subtle.exportKey("jwk", key), PUBLIC));
}

async function importKey(key, algorithm, extractable) {
  const imported = await cryptoKey(key, algorithm, extractable);
  if (imported.algorithm.modulusLength < 2048) throw new RangeError("an RSA key must have 2048 bits or more (RFC 7518 section 3.3)");
  return imported;
}

function cryptoKey(key, algorithm, extractable) {
  if (typeof key === "string") return crypto.subtle.importKey("pkcs8", fromPem(key), algorithm, extractable, ["sign"]);
  if (key.kty !== undefined) return crypto.subtle.importKey("jwk", only(key, PRIVATE), algorithm, extractable, ["sign"]);
  return key;
}

const only = (jwk, names) => Object.fromEntries(names.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]));

function fromPem(pem) {
  // `\n` may be written for a line's end, as environment variables have it.
  const body = pem.replace(/^[^]*-----BEGIN PRIVATE KEY-----|-----END[^]*$|\\[nr]|\s/g, "");
  return Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
}
