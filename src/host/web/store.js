// The caller's store: it may throw, hang, or answer with anything, and whoever can write to it may
// have done so. Each operation ends in a time, `limit` milliseconds at the latest, and never rejects; its
// outcome has a `value`, or the `problem` there was.

import { within } from "./credential.js";

/** Milliseconds for one operation, unless the store has a `timeout` of its own. */
const TIMEOUT = 1000;
/** The most characters of a value. */
const MAX_LENGTH = 65_536;

export function canAcquire(store) {
  try {
    return typeof store.acquire === "function";
  } catch {
    return false;
  }
}

export function load(store, limit, key, secrets, request) {
  return outcome(store, limit, async () => {
    const value = await textOf(store, key, JSON.parse(request));
    return value === undefined ? undefined : opened(value, key, secrets);
  });
}

/** What is no secret is kept as it is. */
export function loadText(store, limit, key) {
  return outcome(store, limit, () => textOf(store, key, {}));
}

export function saveText(store, limit, key, text, expiresAt) {
  const end = new Date(expiresAt);
  return outcome(store, limit, () => store.set(key, text, { expiresAt: end, renewAt: end, request: {} }));
}

async function textOf(store, key, request) {
  const value = await store.get(key, { request });
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new Problem("not_text");
  if (value.length > MAX_LENGTH) throw new Problem("too_large");
  return value;
}

export function save(store, limit, key, secret, request, record, expiresAt, renewAt) {
  return outcome(store, limit, async () => {
    const value = await sealed(record, key, secret);
    if (value.length > MAX_LENGTH) throw new Problem("too_large");
    await store.set(key, value, { expiresAt: new Date(expiresAt), renewAt: new Date(renewAt), request: JSON.parse(request) });
  });
}

export function forget(store, limit, key) {
  return outcome(store, limit, () => store.delete?.(key));
}

export function acquire(store, limit, key, millis) {
  return outcome(store, limit, async () => {
    const taken = await store.acquire(key, millis);
    if (typeof taken !== "boolean") throw new Problem("not_boolean");
    return taken;
  });
}

class Problem extends Error {}

async function outcome(store, limit, work) {
  try {
    return { value: await within(Math.min(store.timeout ?? TIMEOUT, limit), async () => work()) };
  } catch (cause) {
    if (cause instanceof Problem) return { problem: cause.message };
    const error = nameOf(cause);
    return { problem: error === "TimeoutError" ? "timeout" : "threw", error };
  }
}

/** What kind of error it is, in a word. Its message may hold anything, a password of the store's among it. */
function nameOf(cause) {
  try {
    // The code of a DOMException is a number that says nothing.
    const name = typeof cause?.code === "string" ? cause.code : cause?.name;
    return typeof name === "string" && /^[\w.-]{1,40}$/.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

// A sealed record: a version, a nonce, and what AES-256-GCM makes of the record, in base64url. The
// seal holds for one key of the store: a record that is moved to another does not open.
const VERSION = 1;
const NONCE_LENGTH = 12;
const utf8 = new TextEncoder();

async function sealed(record, key, secret) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const text = await crypto.subtle.encrypt(parameters(nonce, key), await sealingKey(secret), utf8.encode(record));
  return toBase64url([VERSION, ...nonce, ...new Uint8Array(text)]);
}

async function opened(value, key, secrets) {
  const bytes = fromBase64url(value);
  if (bytes?.[0] === VERSION) {
    const nonce = bytes.slice(1, 1 + NONCE_LENGTH);
    const text = bytes.slice(1 + NONCE_LENGTH);
    for (const secret of secrets) {
      const record = await crypto.subtle.decrypt(parameters(nonce, key), await sealingKey(secret), text).catch(() => undefined);
      if (record !== undefined) return new TextDecoder().decode(record);
    }
  }
  throw new Problem("unreadable");
}

const parameters = (iv, key) => ({ name: "AES-GCM", iv, additionalData: utf8.encode(key) });

async function sealingKey(secret) {
  const material = await crypto.subtle.importKey("raw", utf8.encode(secret), "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8.encode("gatepass store 1") };
  return crypto.subtle.deriveKey(hkdf, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function toBase64url(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64url(text) {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
