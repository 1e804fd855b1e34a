// How an API answers a request that it refuses, and how it describes itself.

import { GatepassError } from "#glue";
import { core } from "./core.js";

/** What is known of the requests that errors are about. */
const requests = new WeakMap();

/** Lets an error answer for the request that it is about. */
export function answerFor(error, options, isDpop, scopes = []) {
  if (error instanceof GatepassError) requests.set(error, { options, isDpop, scope: [scopes].flat().join(" ") });
  return error;
}

Object.defineProperty(GatepassError.prototype, "toResponse", { value: toResponse, configurable: true, writable: true });

/** Without a challenge nothing in the request is to blame. What is, is nobody's business outside. */
function toResponse() {
  const { options = {}, isDpop = false, scope = "" } = requests.get(this) ?? {};
  const [challenge, nonce] = core().challengeFor(options, this.code, this.message, isDpop, scope);
  const headers = new Headers({ "cache-control": "no-store" });
  if (nonce !== undefined) headers.set("dpop-nonce", nonce);
  if (challenge !== undefined) {
    headers.set("www-authenticate", challenge);
    // RFC 6750 section 3.1: whoever has sent no token is told no error.
    return this.code === "missing_token"
      ? new Response(null, { status: 401, headers })
      : json({ error: this.code, error_description: this.message }, this.status, headers);
  }
  if (!this.retryable) return json({ error: "server_error" }, 500, headers);
  if (this.retryAfter !== undefined) headers.set("retry-after", this.retryAfter);
  return json({ error: "temporarily_unavailable" }, 503, headers);
}

/** RFC 9728 section 3.2. */
export function metadataResponse({ domain, issuer, resourceMetadata }) {
  if (typeof resourceMetadata !== "object") throw new TypeError("gatepass: options.resourceMetadata must be an object with the member resource");
  const own = issuer ?? `${LOOPBACK.test(domain) ? "http" : "https"}://${domain}/`;
  const metadata = { authorization_servers: [own].flat(), bearer_methods_supported: ["header"], ...resourceMetadata };
  return json(metadata, 200, new Headers({ "cache-control": "public, max-age=3600", "access-control-allow-origin": "*" }));
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

function json(value, status, headers) {
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(value), { status, headers });
}
