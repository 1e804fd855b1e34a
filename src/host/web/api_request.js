// What a caller hands over to be sent, read once and checked before anything is asked for or sent.

import { copyOf, read } from "./snapshot.js";

/** The members of `callApi`'s init that are not for fetch. */
const OWN = ["json", "override", "retry", "discover", "waitUntil", "ctx"];
// What fetch reads from `init` even where it is inherited.
const INHERITED = ["method", "headers", "body", "signal", "duplex", "redirect"];
// What fetch writes in upper case (Fetch standard, section 2.2.1).
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i;
/** What needs no second look: other members and methods are checked by the host's own Request. */
const PLAIN = /^(?:method|headers|body|signal)$/;
/** What is for the API alone. */
const CREDENTIALS = ["authorization", "cookie", "dpop", "proxy-authorization"];

/**
 * A call as fetch would read it; `json`, `override` and `retry` of its init have no meaning where `isDropIn`.
 */
export function apiRequest(input, init, isDropIn) {
  let request = input instanceof Request ? input : undefined;
  const destination = destinationOf(request ? request.url : read(() => String(input), "input"));
  const { href } = destination;
  // workerd with an old compatibility date keeps the text and reads it by itself, which can be of another origin then.
  if (request && request.url !== href) request = hostRequest(href, request);
  // A Request as `init` has nothing of its own to read: what it stands for is a Request like any other.
  if (init instanceof Request) return new ApiRequest(hostRequest(request ?? href, init), destination, {}, isDropIn);
  return new ApiRequest(request, destination, own(init), isDropIn);
}

/** Where a call goes: what fetch is given, and its origin. */
class Destination {
  #url;

  constructor(href, origin, url) {
    this.href = href;
    this.origin = origin;
    this.#url = url;
  }

  get url() {
    return (this.#url ??= new URL(this.href));
  }
}

/** The last origin that a URL was found to have, and the slash after it; at first what is odd. */
let known = { start: "\n" };

/** What a URL may be written in otherwise, when it is parsed. */
const ODD = /[^\w#$%&+,./:;=?@~-]|\/\.|%2e/i;

/**
 * To parse a URL is half of what a call costs, and nearly every call goes where the last one went: what begins with an origin
 * and a slash is of that origin, whatever follows.
 */
function destinationOf(text) {
  if (text.startsWith(known.start) && !ODD.test(text)) return new Destination(text, known.origin);
  const url = checkedUrl(text);
  const { origin, href } = url;
  if (origin !== "null") known = { origin, start: `${origin}/` };
  return new Destination(href, origin, url);
}

class ApiRequest {
  /** A Request, which the first fetch is given as it is; undefined where the URL says all. */
  input;
  init;
  method = "GET";
  /** By their names in lower case. */
  headers;
  redirect = "follow";
  signal;
  retry;

  constructor(input, destination, init, isDropIn) {
    this.input = input;
    this.destination = destination;
    this.init = init;
    const isJson = input !== undefined || Object.keys(init).length > 0 ? this.#read(isDropIn) : !isDropIn;
    this.headers ??= {};
    if (isJson && !("content-type" in this.headers)) this.headers["content-type"] = "application/json";
  }

  /** Reads more than a URL; whether it says nothing of the type of what is sent, and may be taken for JSON. */
  #read(isDropIn) {
    const { input, init } = this;
    const { json, override, retry, discover } = isDropIn ? {} : init;
    if (discover !== undefined && typeof discover !== "boolean") throw new TypeError("gatepass: init.discover must be a boolean");
    if (!isDropIn) for (const name of OWN) delete init[name];
    if (json !== undefined) {
      init.body = jsonBody(json, init.body);
      if (init.method === undefined && !input) throw new TypeError('gatepass: init.json needs a method with a body, as method: "POST"');
    }
    this.retry = retry;
    this.discover = discover;
    this.redirect = String(init.redirect ?? input?.redirect ?? "follow");
    delete init.redirect;
    this.method = checkedMethod(init, input, this.destination.href);
    this.signal = init.signal ?? input?.signal;
    this.headers = plainHeaders(init.headers ?? input?.headers);
    if ("authorization" in this.headers && override !== true) {
      throw new TypeError("gatepass: init.headers must not hold an Authorization header: the access token goes there, or in its place with override: true");
    }
    return !isDropIn && !bringsItsOwnType(init.body ?? input?.body);
  }

  /** Whether the body, if there is one, can be sent once more. */
  canResend() {
    const { body } = this.init;
    return body === undefined || body === null ? !this.input?.bodyUsed && !this.input?.body : isReplayable(body);
  }

  /** Goes on to another URL: without what is for the API alone where it `leaves` that, and maybe as a GET. */
  follow(url, leaves, asGet) {
    const { signal, cf } = this.input ?? {};
    this.init = { ...(signal && { signal }), ...(cf && { cf }), ...this.init };
    this.input = undefined;
    this.destination = new Destination(url.href, url.origin, url);
    if (asGet) {
      this.method = "GET";
      delete this.init.body;
      delete this.init.duplex;
    }
    this.init.method = this.method;
    for (const name of Object.keys(this.headers)) {
      if ((asGet && name.startsWith("content-")) || (leaves && CREDENTIALS.includes(name))) delete this.headers[name];
    }
  }
}

/** The caller's `init`, read once. */
function own(init) {
  if (init === undefined || init === null) return {};
  if (typeof init !== "object") throw new TypeError("gatepass: init must be an object");
  const copy = copyOf(init, "init", (value) => value);
  for (const name of INHERITED) {
    const value = name in copy ? undefined : read(() => init[name], `init.${name}`);
    if (value !== undefined) copy[name] = value;
  }
  return copy;
}

function jsonBody(value, body) {
  if (body !== undefined && body !== null) throw new TypeError("gatepass: init.json and init.body exclude each other");
  let text;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError("gatepass: init.json must be a JSON value", { cause });
  }
  if (text === undefined) throw new TypeError("gatepass: init.json must be a JSON value");
  return text;
}

/** The method as it will be sent; throws what is wrong with it, the body or another member. */
function checkedMethod(init, input, url) {
  const { body, signal } = init;
  const hasBody = body !== undefined && body !== null;
  if (!hasBody && input?.bodyUsed) throw new TypeError("gatepass: input has been sent or read already");
  const given = read(() => String(init.method ?? input?.method ?? "GET"), "init.method");
  // Bun's own Request takes anything.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(given)) throw new TypeError("gatepass: init.method must be the name of a method");
  const isNormalized = NORMALIZED.test(given);
  const method = isNormalized ? given.toUpperCase() : given;
  const isStream = hasBody && typeof body.getReader === "function";
  if (isStream && body.locked) throw new TypeError("gatepass: init.body is being read already");
  if (hasBody && (method === "GET" || method === "HEAD")) throw new TypeError("gatepass: init.body needs a method with a body");
  const isPlain = (isNormalized || given === "PATCH") && !isStream && (!signal || signal instanceof AbortSignal);
  if (!isPlain || Object.keys(init).some((name) => !PLAIN.test(name))) {
    // With a body like the caller's, which is not touched.
    const stand = isStream ? new ReadableStream() : "";
    hostRequest(url, { ...init, method: given, headers: undefined, body: hasBody ? stand : undefined });
  }
  return method;
}

/** Headers as a plain object: most hosts are slow to check a long token, and would do it twice. */
function plainHeaders(headers) {
  if (headers === undefined) return {};
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    // Without the host's own error, which quotes the values of headers.
    throw new TypeError("gatepass: init.headers must be what fetch takes: names and values without line breaks");
  }
}

const hostRequest = (input, init) => read(() => new Request(input, init), "input or init", "is not what fetch takes");

/** Here and not by the Request constructor, whose message quotes the URL with its password. */
function checkedUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError("gatepass: input must be an absolute URL");
  }
  if (url.username || url.password) throw new TypeError("gatepass: input must not contain a user name or password");
  return url;
}

const isTextOrBytes = (body) => typeof body === "string" || body instanceof ArrayBuffer || ArrayBuffer.isView(body);

/** Whether the body says itself what it is: a form, a blob, a stream. Text and bytes do not. */
const bringsItsOwnType = (body) => !(body === undefined || body === null || isTextOrBytes(body));

const isReplayable = (body) => isTextOrBytes(body) || body instanceof Blob || body instanceof FormData || body instanceof URLSearchParams;
