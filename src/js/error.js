// The one error class callers meet. Every property is safe to print; `cause` is the host's or the
// caller's own error object, kept as it is.

export class GatepassError extends Error {
  #challenge;
  #nonce;

  constructor(code, message, retryable, cause, status, retryAfter, oauth, claim, reason, challenge, nonce) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    if (status !== undefined) this.status = status;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
    if (oauth !== undefined) this.oauth = oauthError(...oauth);
    if (claim !== undefined) this.claim = claim;
    if (reason !== undefined) this.reason = reason;
    this.#challenge = challenge;
    this.#nonce = nonce;
  }

  toResponse() {
    const headers = new Headers({ "cache-control": "no-store" });
    // Without a challenge nothing in the request is to blame; what is, is nobody's business outside.
    const isTheirs = this.#challenge !== undefined;
    const status = isTheirs ? this.status : this.retryable ? 503 : 500;
    if (isTheirs) headers.set("www-authenticate", this.#challenge);
    else if (this.retryable && this.retryAfter !== undefined) headers.set("retry-after", this.retryAfter);
    if (this.#nonce !== undefined) headers.set("dpop-nonce", this.#nonce);
    // RFC 6750 section 3.1: no error for those who have sent no token.
    if (this.code === "missing_token") return new Response(null, { status, headers });
    headers.set("content-type", "application/json");
    const body = isTheirs
      ? { error: this.code, error_description: this.message }
      : { error: status === 503 ? "temporarily_unavailable" : "server_error" };
    return new Response(JSON.stringify(body), { status, headers });
  }

  toJSON() {
    const { name, message, code, retryable, status, retryAfter, oauth, claim, reason } = this;
    return { name, message, code, retryable, status, retryAfter, oauth, claim, reason };
  }
}

// On the prototype, as the built-in errors have it.
Object.defineProperty(GatepassError.prototype, "name", { value: "GatepassError", configurable: true, writable: true });

function oauthError(error, description, uri) {
  const oauth = { error };
  if (description !== "") oauth.error_description = description;
  if (uri !== "") oauth.error_uri = uri;
  return oauth;
}
