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
  const { options: { dpop, resourceMetadata } = {}, isDpop = false, scope = "" } = requests.get(this) ?? {};
  const { code, message, status, retryable, retryAfter } = this;
  const challenge = core().challengeFor(code, message, isDpop, scope, dpop !== undefined, metadataUrl(resourceMetadata));
  const headers = new Headers({ "cache-control": "no-store" });
  if (challenge !== undefined) {
    headers.set("www-authenticate", challenge);
    if (code === "use_dpop_nonce") headers.set("dpop-nonce", core().issueNonce(noncesOf(dpop)));
    // RFC 6750 section 3.1: whoever has sent no token is told no error.
    return code === "missing_token" ? new Response(null, { status, headers }) : json({ error: code, error_description: message }, status, headers);
  }
  if (!retryable) return json({ error: "server_error" }, 500, headers);
  if (retryAfter !== undefined) headers.set("retry-after", retryAfter);
  return json({ error: "temporarily_unavailable" }, 503, headers);
}

/** The secrets for nonces as the core takes them. */
export const noncesOf = (dpop) => dpop?.nonces && [dpop.nonces].flat().join("\n");

/** Its own address, or the one that RFC 9728 section 3.1 gives the description of a resource. */
function metadataUrl(metadata) {
  if (typeof metadata !== "object") return metadata;
  const { origin, pathname, search } = new URL(metadata.resource);
  return `${origin}/.well-known/oauth-protected-resource${pathname === "/" ? "" : pathname}${search}`;
}

/** RFC 9728 section 3.2. */
export function metadataResponse(options) {
  const { resourceMetadata } = options;
  if (typeof resourceMetadata !== "object") throw new TypeError("gatepass: options.resourceMetadata must be an object with the member resource");
  const metadata = { authorization_servers: issuersOf(options), bearer_methods_supported: ["header"], ...resourceMetadata };
  return json(metadata, 200, new Headers({ "cache-control": "public, max-age=3600", "access-control-allow-origin": "*" }));
}

export function issuersOf({ domain, issuer }) {
  return [issuer ?? `${LOOPBACK.test(domain) ? "http" : "https"}://${domain}/`].flat();
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

function json(value, status, headers) {
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(value), { status, headers });
}
