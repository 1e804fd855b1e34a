// What a caller hands over to be sent, read once and checked before anything is asked for or sent.

import { copyOf, read } from "./snapshot.js";

/** The members of `callApi`'s init that are not for fetch. */
const OWN = ["json", "override", "retry", "waitUntil", "ctx"];
// What fetch reads from `init` even where it is inherited.
const INHERITED = ["method", "headers", "body", "signal", "duplex", "redirect"];
// What fetch writes in upper case (Fetch standard, section 2.2.1).
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i;
/** What needs no second look: other members and methods are checked by the host's own Request. */
const PLAIN = /^(?:method|headers|body|signal)$/;

/**
 * A call as fetch would read it; `json`, `override` and `retry` of its init have no meaning where `isDropIn`. A request in
 * place of a URL is handed to the first fetch as it is.
 */
export function apiRequest(input, init, isDropIn) {
  const request = input instanceof Request ? input : undefined;
  const url = checkedUrl(request ? request.url : read(() => String(input), "input"));
  // A Request as `init` has nothing of its own to read: what it stands for is a Request like any other.
  if (init instanceof Request) return apiRequest(hostRequest(input, init), undefined, isDropIn);
  const rest = own(init);
  const { json, override, retry } = isDropIn ? {} : rest;
  if (!isDropIn) for (const name of OWN) delete rest[name];
  if (json !== undefined) {
    rest.body = jsonBody(json, rest.body);
    if (rest.method === undefined && !request) throw new TypeError('gatepass: init.json needs a method with a body, as method: "POST"');
  }
  const redirect = String(rest.redirect ?? request?.redirect ?? "follow");
  delete rest.redirect;
  const method = checkedMethod(rest, request, url);
  const headers = hostHeaders(rest.headers ?? request?.headers);
  if (headers.has("authorization") && override !== true) {
    throw new TypeError("gatepass: init.headers must not hold an Authorization header: the access token goes there, or in its place with override: true");
  }
  if (!isDropIn && !headers.has("content-type") && !bringsItsOwnType(rest.body ?? request?.body)) headers.set("content-type", "application/json");
  return {
    request,
    url,
    method,
    headers,
    redirect,
    retry,
    signal: rest.signal ?? request?.signal,
    init: rest,
    /** Whether the body, if there is one, can be sent once more. */
    canResend() {
      const { body } = this.init;
      return body === undefined || body === null ? !this.request?.bodyUsed && !this.request?.body : isReplayable(body);
    },
    /** Has the next request go to another URL. */
    follow(itsMethod, withoutBody) {
      const { body, duplex, ...others } = this.init;
      const { signal, cf } = this.request ?? {};
      this.init = { ...(signal && { signal }), ...(cf && { cf }), ...(withoutBody ? others : this.init), method: itsMethod };
      this.request = undefined;
    },
  };
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
function checkedMethod(rest, request, url) {
  const given = read(() => String(rest.method ?? request?.method ?? "GET"), "init.method");
  // Bun's own Request takes anything.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(given)) throw new TypeError("gatepass: init.method must be the name of a method");
  const isNormalized = NORMALIZED.test(given);
  const method = isNormalized ? given.toUpperCase() : given;
  const { body, signal } = rest;
  const hasBody = body !== undefined && body !== null;
  if (!hasBody && request?.bodyUsed) throw new TypeError("gatepass: input has been sent or read already");
  const isStream = hasBody && typeof body.getReader === "function";
  if (isStream && body.locked) throw new TypeError("gatepass: init.body is being read already");
  if (hasBody && (method === "GET" || method === "HEAD")) throw new TypeError("gatepass: init.body needs a method with a body");
  const isPlain = (isNormalized || given === "PATCH") && !isStream && (!signal || signal instanceof AbortSignal);
  if (!isPlain || Object.keys(rest).some((name) => !PLAIN.test(name))) {
    // With a body like the caller's, which is not touched.
    const stand = isStream ? new ReadableStream() : "";
    hostRequest(url, { ...rest, method: given, headers: undefined, body: hasBody ? stand : undefined });
  }
  return method;
}

/** Without the host's own error, which quotes the values of headers. */
function hostHeaders(headers) {
  try {
    return new Headers(headers);
  } catch {
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
  if (url.username !== "" || url.password !== "") throw new TypeError("gatepass: input must not contain a user name or password");
  return url;
}

const isTextOrBytes = (body) => typeof body === "string" || body instanceof ArrayBuffer || ArrayBuffer.isView(body);

/** Whether the body says itself what it is: a form, a blob, a stream. Text and bytes do not. */
const bringsItsOwnType = (body) => !(body === undefined || body === null || isTextOrBytes(body));

const isReplayable = (body) => isTextOrBytes(body) || body instanceof Blob || body instanceof FormData || body instanceof URLSearchParams;
