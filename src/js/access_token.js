// A token that keeps its value to itself: private fields and prototype getters are invisible to
// console.log, JSON.stringify, structuredClone and inspection.

// Tokens come from servers, not from callers.
const KEY = Symbol("AccessToken");

/** The object for a token that was received. */
export function accessToken(...fields) {
  return new AccessToken(KEY, ...fields);
}

export class AccessToken {
  #value;
  /** Made once: the host then need not join the parts of it anew for each call. */
  #authorization;
  #expiresAt;

  constructor(key, value, tokenType, expiresAtMillis, scope, source) {
    if (key !== KEY) throw new TypeError("gatepass: an AccessToken cannot be made, only received");
    this.#value = value;
    this.#authorization = `${tokenType} ${value}`;
    this.#expiresAt = expiresAtMillis;
    this.tokenType = tokenType;
    this.scope = scope;
    this.source = source;
    // One object may serve many callers.
    Object.freeze(this);
  }

  get accessToken() {
    return this.#value;
  }

  get authorization() {
    return this.#authorization;
  }

  get expiresAt() {
    return new Date(this.#expiresAt);
  }

  toJSON() {
    const { tokenType, expiresAt, scope, source } = this;
    return { tokenType, expiresAt, scope, source };
  }

  // Node's and Bun's inspect can be told to run getters.
  [Symbol.for("nodejs.util.inspect.custom")](_depth, options, inspect) {
    return `AccessToken ${inspect(this.toJSON(), options)}`;
  }
}
