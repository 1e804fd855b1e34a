// A call to an API: the caller's own `fetch` arguments, with the token added at the last moment.

import { copyOf, read } from "./snapshot.js";

export class WebApiCall {
  #request;
  #fetch;

  static prepare(input, init, fetch) {
    const call = new WebApiCall();
    call.#request = init instanceof Request ? request(new Request(input, init), {}) : request(input, own(init));
    call.#fetch = fetch;
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
      throw request.signal.aborted ? cause : toError(cause);
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

/** The caller's `init`, read once. */
function own(init) {
  if (init === undefined || init === null) return {};
  if (typeof init !== "object") throw new TypeError("gatepass: init must be an object");
  return copyOf(init, "init", (value) => value);
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

function request(input, { json, ...init }) {
  if (json !== undefined) init.body = jsonBody(json, init.body);
  const isRequest = input instanceof Request;
  if (!isRequest) checkUrl(read(() => String(input), "input"));
  try {
    const headers = new Headers(init.headers ?? (isRequest ? input.headers : undefined));
    const body = init.body ?? (isRequest ? input.body : undefined);
    if (!headers.has("content-type") && !bringsItsOwnType(body)) headers.set("content-type", "application/json");
    // Redirects are never followed here: the next hop must not see the token.
    return new Request(input, { ...init, headers, redirect: "manual" });
  } catch (cause) {
    throw new TypeError(`gatepass: fetch does not take this input and init: ${cause?.message}`, { cause });
  }
}

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
