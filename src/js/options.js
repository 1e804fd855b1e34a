// What the option objects of callers may hold: a line for each option. What passes is handed to the
// core as JSON. Secrets are checked here and read by the core itself; what only the host can use
// (functions, keys, stores) stays where it is and is `true` in the JSON.

import { snapshot } from "../host/web/snapshot.js";

const MAX_TIMEOUT = 2 ** 31 - 1; // the longest that hosts keep exactly, in milliseconds

const fail = (problem, path) => {
  throw new TypeError(`gatepass: ${path} ${problem}`);
};

// A kind of option checks a value and says what of it goes into the JSON.

const text = (value, path) =>
  typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value) ? value : fail("must be a non-empty string", path);

const number = (least, most) => (value, path) =>
  Number.isInteger(value) && value >= least && value <= most ? value : fail(`must be a whole number from ${least} to ${most}`, path);

const share = (value, path) => (typeof value === "number" && value >= 0 && value <= 1 ? value : fail("must be a number from 0 to 1", path));

const flag = (value, path) => (typeof value === "boolean" ? value : fail("must be a boolean", path));

const func = (value, path) => (typeof value === "function" ? true : fail("must be a function", path));

const texts = (value, path) =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string" && item !== "")
    ? value.map((item) => text(item, path))
    : fail("must be a non-empty array of non-empty strings", path);

const textOrTexts = (value, path) => {
  if (Array.isArray(value)) return texts(value, path);
  return typeof value === "string" ? [text(value, path)] : fail("must be a string or an array of strings", path);
};

const oneOf = (...names) => (value, path) =>
  names.includes(text(value, path)) ? value : fail(`must be one of ${names.join(", ")}`, path);

const hidden = (kind) => (value, path) => {
  kind(value, path);
  return true;
};

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const object = (kinds) => (value, path) => (isObject(value) ? checked(value, path, kinds) : fail("must be an object", path));

const textOrFunction = (what) => (value, path) => {
  if (typeof value === "function") return "function";
  return typeof value === "string" && value !== "" ? "text" : fail(what, path);
};

/** A copy of a plain object has no prototype: a Map or URLSearchParams, taken for an empty object, would be lost. */
const isCopy = (value) => isObject(value) && Object.getPrototypeOf(value) === null;

const parameters = (value, path) => {
  if (!isCopy(value)) fail("must be a plain object", path);
  return Object.entries(value).map(([name, given]) => {
    if (typeof given !== "string" || /\p{Surrogate}/u.test(given)) fail("must be a string", `${path}.${name}`);
    return [name, given];
  });
};

const authorizationDetails = (value, path) => {
  const problem = "must be a non-empty array of plain objects with a type (RFC 9396)";
  if (!Array.isArray(value) || value.length === 0 || !value.every((item) => isCopy(item) && typeof item.type === "string")) fail(problem, path);
  try {
    return JSON.stringify(value);
  } catch {
    return fail(problem, path);
  }
};

const store = (value, path) => {
  let methods;
  try {
    methods = typeof value === "object" && typeof value.get === "function" && typeof value.set === "function";
  } catch {
    methods = false;
  }
  if (!methods) fail("must be an object with the methods get and set", path);
  if (value.timeout !== undefined) number(1, 60_000)(value.timeout, `${path}.timeout`);
  return true;
};

/** A private key, or both keys of a pair: a JWK, a PEM text, or a CryptoKey. */
const privateKey = (value, path) => {
  if (typeof value === "string") return { format: "pem" };
  if (isCryptoKey(value)) {
    const { type, usages, extractable, algorithm } = value;
    if (type !== "private") fail(`is a ${type} key; the private key is needed`, path);
    if (!usages.includes("sign")) fail("must be a CryptoKey with the usage sign", path);
    return { format: "CryptoKey", name: algorithm.name, hash: algorithm.hash?.name, curve: algorithm.namedCurve, extractable };
  }
  return isCopy(value) ? { format: "jwk" } : fail("must be a JWK (an object with kty), a PKCS#8 PEM text or a CryptoKey", path);
};

const publicKey = (value, path) =>
  isCryptoKey(value) && value.type === "public" && value.extractable ? true : fail("must be a public CryptoKey that can be exported", path);

// By name for keys of another realm; by class on Workers before the compatibility date 2024-09-26, which have no name for it.
const isCryptoKey = (value) => Object.prototype.toString.call(value) === "[object CryptoKey]" || value instanceof CryptoKey;

const dpop = (value, path) => {
  if (value === true) return {};
  if (value === false) return undefined;
  if (!isCopy(value)) fail("must be true, or an object with a privateKey", path);
  const read = checked(value, path, { privateKey, publicKey, signingAlgorithm: text, allowBearer: flag });
  if (read.privateKey?.format === "CryptoKey" && !read.privateKey.extractable && !read.publicKey) {
    fail("must be there: the privateKey cannot be exported, and proofs hold the public key", `${path}.publicKey`);
  }
  return read;
};

const AGAIN = { attempts: number(1, 10), maxDelay: number(0, 60_000), deadline: number(1, 3_600_000) };
const API_RETRY = { ...AGAIN, renew: flag };
const apiRetry = (value, path) => (value === false ? false : object(API_RETRY)(value, path));

const REQUEST = { audience: text, scope: textOrTexts, organization: text, resource: textOrTexts, authorizationDetails, parameters };

const KINDS = {
  client: {
    ...REQUEST,
    domain: text,
    issuer: text,
    tokenEndpoint: text,
    jwksUri: text,
    introspectionEndpoint: text,
    revocationEndpoint: text,
    profile: text,
    clientId: text,
    clientSecret: textOrFunction("must be a non-empty string, or a function that gives one"),
    privateKey,
    keyId: text,
    signingAlgorithm: text,
    clientAssertion: func,
    mtls: flag,
    authMethod: text,
    assertionAudience: text,
    dpop,
    validate: oneOf("auto", "strict", "off"),
    timeout: number(1, MAX_TIMEOUT),
    apiOrigins: texts,
    discover: flag,
    authorizationServers: texts,
    dangerouslyAllowHttp: flag,
    fetch: func,
    store,
    storeSecret: hidden(textOrTexts),
    refresh: object({ leeway: number(0, 30 * 86_400), jitter: share }),
    retry: object({ ...AGAIN, hold: number(0, 3_600_000), api: apiRetry }),
    onEvent: func,
    waitUntil: func,
  },
  apiRetry: API_RETRY,
  // `signal`, `timeout`, `waitUntil` and `ctx` belong to the caller's own request: JavaScript keeps them.
  request: { ...REQUEST, fresh: flag, signal: () => undefined, timeout: () => undefined, waitUntil: () => undefined, ctx: () => undefined },
};

/** A copy of an option object, and as JSON what its options say. */
export function readOptions(options, path, kind) {
  const copy = snapshot(options === undefined ? {} : options, path);
  return [copy, JSON.stringify(checked(copy, path, KINDS[kind]))];
}

/** The text of a private key, in one spelling; undefined for a CryptoKey. */
export function keyText(key) {
  if (typeof key === "string") return key;
  return isCryptoKey(key) ? undefined : JSON.stringify(key, Object.keys(key).sort());
}

function checked(values, path, kinds) {
  const result = {};
  for (const [name, value] of Object.entries(values)) {
    const at = `${path}.${name}`;
    if (!Object.hasOwn(kinds, name)) fail("is not a known option", at);
    if (value !== undefined) result[name] = kinds[name](value, at);
  }
  return result;
}
