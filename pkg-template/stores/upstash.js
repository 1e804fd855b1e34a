// Redis commands over HTTP, as Upstash takes them: POST of a command as a JSON array, answered by `{ result }` or `{ error }`.
// https://upstash.com/docs/redis/features/restapi

import { mistake } from "./options.js";

const TIMEOUT = 5_000;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export function restClient({ url, token, fetch }) {
  const address = addressOf(url);
  // What a header can carry, so that the host's own error about another one, which would show it, does not come up.
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) throw mistake("options.token", "must be a string of visible ASCII characters");
  if (fetch !== undefined && typeof fetch !== "function") throw mistake("options.fetch", "must be a function");

  async function command(...words) {
    // Called without a `this`, and the host's looked up at each call.
    const send = fetch ?? globalThis.fetch;
    const response = await send(address, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(words),
      // Not followed: it would hand on the token.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const answer = await response.text();
    const read = readAnswer(answer);
    if (!response.ok || read === undefined || !("result" in read)) throw new UpstashError(response.status, read?.error);
    return read.result;
  }

  return {
    get: (key) => command("GET", key),
    set: (key, value, ms) => command("SET", key, value, "PX", ms),
    setIfAbsent: (key, value, ms) => command("SET", key, value, "NX", "PX", ms),
    del: (key) => command("DEL", key),
  };
}

/** Says of the answer only its status and its kind: the server's own words may repeat what it was sent. */
class UpstashError extends Error {
  name = "UpstashError";

  constructor(status, error) {
    const code = typeof error === "string" ? /^[A-Z]{2,20}(?=\s)/.exec(error)?.[0] : undefined;
    super(`gatepass: the Redis REST server answered ${status}${code === undefined ? "" : ` (${code})`}`);
    this.status = status;
    if (code !== undefined) this.code = code;
  }
}

function readAnswer(text) {
  try {
    const answer = JSON.parse(text);
    return typeof answer === "object" && answer !== null ? answer : undefined;
  } catch {
    // Not the server's: a proxy's page, say. The status is what there is to tell.
    return undefined;
  }
}

function addressOf(url) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    // Without the cause: it would show what was given.
    throw mistake("options.url", "must be an absolute URL");
  }
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && LOOPBACK.test(parsed.hostname))) {
    throw mistake("options.url", "must be an https: URL");
  }
  if (parsed.username !== "" || parsed.password !== "") throw mistake("options.url", "must not hold credentials");
  return parsed.href;
}
