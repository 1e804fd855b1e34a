// The one error class callers meet. Every property is safe to print; `cause` is the host's or the
// caller's own error object, kept as it is.

export class GatepassError extends Error {
  constructor(code, message, retryable, cause, status, retryAfter, oauth, hint, claim, reason) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    if (status !== undefined) this.status = status;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
    if (oauth !== undefined) this.oauth = oauthError(...oauth);
    if (hint !== undefined) this.hint = hint;
    if (claim !== undefined) this.claim = claim;
    if (reason !== undefined) this.reason = reason;
  }

  toJSON() {
    const { name, message, code, retryable, status, retryAfter, oauth, hint, claim, reason } = this;
    return { name, message, code, retryable, status, retryAfter, oauth, hint, claim, reason };
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
