// What a caller writes for a verifier, checked for its form and made plain text: what it means is judged in the core.
//
// Every function here takes a copy of the caller's object, from which nothing can throw.

const mistake = (path, problem) => new TypeError(`gatepass: ${path} ${problem}`);
const isText = (value) => typeof value === "string" && value !== "";

const text = (value, path) => {
  if (!isText(value)) throw mistake(path, "must be a non-empty string");
  return value;
};
const texts = (value, path) => {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isText)) throw mistake(path, "must be a non-empty array of non-empty strings");
  return value;
};
const textOrTexts = (value, path) => (Array.isArray(value) ? texts(value, path) : [text(value, path)]);
// Words of blanks only would ask for nothing.
const words = (value, path) => texts(textOrTexts(value, path).flatMap((text) => text.split(/\s+/)).filter(isText), path);
const textsOrNull = (value, path) => (value === null ? null : textOrTexts(value, path));
const whole = (least, most) => (value, path) => {
  if (!(Number.isInteger(value) && value >= least && value <= most)) throw mistake(path, `must be a whole number from ${least} to ${most}`);
  return value;
};
const flag = (value, path) => {
  if (typeof value !== "boolean") throw mistake(path, "must be a boolean");
  return value;
};
// These stay with the caller's object.
const callable = (value, path) => {
  if (typeof value !== "function") throw mistake(path, "must be a function");
};
const store = (value, path) => {
  let isStore = false;
  try {
    isStore = typeof value.get === "function" && typeof value.set === "function";
    if (isStore && value.timeout !== undefined) whole(1, 60_000)(value.timeout, `${path}.timeout`);
  } catch (error) {
    if (isStore) throw error;
  }
  if (!isStore) throw mistake(path, "must be an object with the methods get and set");
};
const dpop = (value, path) => {
  if (!isCopy(value)) throw mistake(path, "must be an object");
  plain(value, path, { replayStore, nonces });
};
const replayStore = (value, path) => {
  let canAcquire = false;
  try {
    canAcquire = typeof value.acquire === "function";
    if (canAcquire && value.timeout !== undefined) whole(1, 60_000)(value.timeout, `${path}.timeout`);
  } catch (error) {
    if (canAcquire) throw error;
  }
  if (!canAcquire) throw mistake(path, "must be an object with the method acquire");
};
const nonces = (value, path) => {
  const isLong = (secret) => secret.length >= 32 && !secret.includes("\n");
  if (!textOrTexts(value, path).every(isLong)) throw mistake(path, "must be secrets of at least 32 characters, without line ends");
};
const resourceMetadata = (value, path) => {
  if (typeof value === "string") return void httpsUrl(value, path);
  if (!isCopy(value)) throw mistake(path, "must be a URL, or an object with the member resource");
  httpsUrl(value.resource, `${path}.resource`);
};
const httpsUrl = (value, path) => {
  if (!isText(value) || !HTTPS_URL.test(value) || !URL.canParse(value)) throw mistake(path, "must be an https URL without a fragment");
};
const introspection = (value, path) => {
  if (!isCopy(value)) throw mistake(path, "must be an object");
  const { clientId, clientSecret } = value;
  plain(value, path, { endpoint: text, clientId: text, clientSecret: textOrFunction, authMethod: text });
  if (clientId === undefined) throw mistake(`${path}.clientId`, "must be a non-empty string");
  if (clientSecret === undefined) textOrFunction(clientSecret, `${path}.clientSecret`);
};
const textOrFunction = (value, path) => {
  if (!isText(value) && typeof value !== "function") throw mistake(path, "must be a non-empty string, or a function that gives one");
};
/** The copy of a plain object has no prototype. */
const isCopy = (value) => typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
/** As base64url, which is all that the core needs it for. */
const secret = (value, path) => {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!ArrayBuffer.isView(bytes)) throw mistake(path, "must be a string or a Uint8Array");
  return base64url(bytes);
};
const keySet = (value, path) => {
  const set = typeof value === "object" ? jsonOf(value) : undefined;
  if (set === undefined) throw mistake(path, "must be a JWK Set: { keys: [...] }");
  return JSON.parse(set);
};
/** Values that a claim must equal; the functions among them are asked later. */
const wantedClaims = (value, path) => {
  // Of whatever else this is, the members would be lost.
  if (!isCopy(value)) throw mistake(path, "must be a plain object");
  const plain = Object.entries(value).filter(([, wanted]) => typeof wanted !== "function");
  for (const [name, wanted] of plain) {
    if (jsonOf(wanted) === undefined) throw mistake(`${path}.${name}`, "must be a JSON value or a function");
  }
  return Object.fromEntries(plain);
};

/** Of characters that a challenge can hold. */
const HTTPS_URL = /^(https:\/\/|http:\/\/(localhost|127(\.\d+){3}|\[::1\])[:/])[!$-[\]-~]+$/i;
const YEAR = 366 * 86_400;
const OPTIONS = {
  domain: text,
  issuer: textOrTexts,
  jwksUri: text,
  jwks: keySet,
  secret,
  audience: textsOrNull,
  algorithms: texts,
  typ: textOrTexts,
  profile: text,
  leeway: whole(0, 300),
  maxAge: whole(1, YEAR),
  maxTokenSize: whole(1, 1024 * 1024),
  timeout: whole(1, 2 ** 31 - 1),
  dangerouslyAllowHttp: flag,
  fetch: callable,
  store,
  onEvent: callable,
  waitUntil: callable,
  dpop,
  resourceMetadata,
  introspection,
};
const REQUIREMENTS = {
  scopes: words,
  anyScope: words,
  permissions: textOrTexts,
  organization: text,
  clientIds: textOrTexts,
  claims: wantedClaims,
};
const EXPECTED = { clientId: text, nonce: text, accessToken: text, code: text, maxAge: whole(0, YEAR), acr: textOrTexts };

/** An object's members, each as `kinds` reads it. */
function plain(object, path, kinds) {
  const values = {};
  for (const [name, value] of Object.entries(object)) {
    if (!Object.hasOwn(kinds, name)) throw mistake(`${path}.${name}`, "is not a known option");
    if (value !== undefined) values[name] = kinds[name](value, `${path}.${name}`);
  }
  return values;
}

// Each with those that it cannot be combined with.
const EXCLUDED = { issuer: ["domain"], jwksUri: ["domain", "jwks", "secret"], secret: ["jwks"] };

/** As JSON text: equal options have equal texts, whatever functions are among them. */
export function plainOptions(options) {
  const values = plain(options, "options", OPTIONS);
  const { domain, issuer, audience, profile, typ } = values;
  for (const [name, others] of Object.entries(EXCLUDED)) {
    const other = others.find((other) => values[name] !== undefined && values[other] !== undefined);
    if (other !== undefined) throw mistake(`options.${name}`, `cannot be combined with options.${other}`);
  }
  if (domain === undefined && issuer === undefined) throw mistake("options.domain or options.issuer", "must be given");
  const shared = ["jwksUri", "jwks", "secret"].find((name) => issuer?.length > 1 && values[name] !== undefined);
  if (shared !== undefined) throw mistake(`options.${shared}`, "cannot be combined with several issuers, each of which has its own keys");
  // Forgetting it would let every token of the issuer in.
  if (audience === undefined) throw mistake("options.audience", "must be given: a string, an array of strings, or null to accept every audience");
  if (profile === "rfc9068") {
    if (`${typ ?? "at+jwt"}` !== "at+jwt") throw mistake("options.typ", "must be at+jwt with options.profile rfc9068");
    values.typ = ["at+jwt"];
  }
  return JSON.stringify(values);
}

export const plainRequirements = (requirements) => JSON.stringify(plain(requirements, "requirements", REQUIREMENTS));
export const plainExpected = (expected) => plain(expected, "expected", EXPECTED);

function jsonOf(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

export function base64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
