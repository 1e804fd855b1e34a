// A call to an API: the caller's own `fetch` arguments, with the token added at the last moment.

import { copyOf, read } from "./snapshot.js";

export class WebApiCall {
  #request;
  #fetch;

  static prepare(input, init, fetch) {
    if (!(input instanceof Request)) checkUrl(read(() => String(input), "input"));
    const call = new WebApiCall();
    call.#request = request(input, init);
    call.#fetch = fetch;
    // A Request can bring them along on some hosts.
    checkUrl(call.#request.url);
    return call;
  }

  get origin() {
    return new URL(this.#request.url).origin;
  }

  get hasAuthorization() {
    return this.#request.headers.has("authorization");
  }

  async send(token, toError) {
    const request = this.#request;
    const { authorization } = await unlessAborted(token, request.signal);
    request.headers.set("authorization", authorization);
    // Looked up at use and called unbound.
    const send = this.#fetch ?? globalThis.fetch;
    try {
      const response = await send(request);
      if (typeof response?.status !== "number") throw new TypeError("fetch resolved to something that is no Response");
      return response;
    } catch (cause) {
      throw request.signal.aborted ? cause : toError(cause, this.origin);
    }
  }
}

/** What the promise brings, unless the caller's signal ends the wait; the work behind it goes on. */
async function unlessAborted(promise, signal) {
  let onAbort;
  const aborted = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

// What fetch reads from `init` even where it is inherited.
const INHERITED = ["method", "headers", "body", "signal", "duplex"];

/** The caller's `init`, read once. */
function own(init) {
  if (init === undefined || init === null) return {};
  if (typeof init !== "object") throw new TypeError("gatepass: init must be an object");
  const copy = copyOf(init, "init", (value) => value);
  for (const name of INHERITED) {
    if (!(name in copy)) copy[name] = read(() => init[name], `init.${name}`);
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

function request(input, init) {
  // A Request as `init` has nothing of its own to read: what it stands for is a Request like any other.
  if (init instanceof Request) return request(hostRequest(input, init), undefined);
  const { json, ...rest } = own(init);
  const isRequest = input instanceof Request;
  if (json !== undefined) {
    rest.body = jsonBody(json, rest.body);
    if (rest.method === undefined && !isRequest) throw new TypeError('gatepass: init.json needs a method with a body, as method: "POST"');
  }
  const headers = hostHeaders(rest.headers ?? (isRequest ? input.headers : undefined));
  const body = rest.body ?? (isRequest ? input.body : undefined);
  if (!headers.has("content-type") && !bringsItsOwnType(body)) headers.set("content-type", "application/json");
  // Redirects are never followed here: the next hop must not see the token.
  return hostRequest(input, { ...rest, headers, redirect: "manual" });
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
function checkUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError("gatepass: input must be an absolute URL");
  }
  if (url.username !== "" || url.password !== "") throw new TypeError("gatepass: input must not contain a user name or password");
}

/** Whether the body says itself what it is: a form, a blob, a stream. Text and bytes do not. */
function bringsItsOwnType(body) {
  return !(body === undefined || body === null || typeof body === "string" || body instanceof ArrayBuffer || ArrayBuffer.isView(body));
}
