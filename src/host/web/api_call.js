// A call to an API: the caller's own `fetch` arguments, with the token added at the last moment. What
// becomes of an answer is decided elsewhere, at once; here is what takes time, because what JavaScript
// awaits by itself leaves nothing in wasm memory when workerd cancels a request.

/**
 * Sends what `apiRequest` has prepared, and sends it on or again, until there is a response for the caller. A `client` has
 *
 * - `fetch`: a replacement, or undefined.
 * - `check(facts)`: throws if the call must not be made; gives its deadline in milliseconds, if any.
 * - `token(keep, request)`: an AccessToken, or a promise of one; `renew(token, keep, request)`: a promise of another one
 *   than this. `keep` is handed through.
 * - `next(facts)`: what becomes of it: a word, the milliseconds after which it is sent again, or what it throws.
 * - `prove(method, destination, token)`, if tokens are bound to a key: the proof for the token, undefined if it needs none, or
 *   a promise of that. `noteNonce(origin, nonce)` is then told each nonce.
 * - `mayDiscover(request)`: whether the API may name its authorization server; `discover(challenge, keep, request)`: a
 *   promise of a token from there.
 */
export async function sendApiRequest(client, request, keep) {
  const { retry, redirect, signal, destination } = request;
  const deadline = client.check({ retry, redirect, origin: destination.origin });
  if (signal?.aborted) throw signal.reason;
  const began = Date.now();
  const token = client.token(keep, request);
  let answer;
  // What nearly every call is: nothing to wait for but the API, whose answer is the caller's.
  if (!signal && deadline === undefined && !client.prove && typeof token.then !== "function") {
    try {
      const response = await sent(client, request, token);
      if (response?.status < 300) return response;
      answer = { response };
    } catch (cause) {
      answer = { cause };
    }
  }
  const patience = new Patience(signal, deadline, began);
  const call = new ApiCall(client, request, keep, patience);
  try {
    return await call.response(token, answer);
  } catch (error) {
    if (patience.isOver) call.next({});
    throw signal?.aborted ? signal.reason : error;
  } finally {
    patience.end();
  }
}

/** What the host's fetch gives for a request with a token, with a proof and with members of init beside its own. */
function sent(client, request, token, proof, init) {
  const headers = { ...request.headers };
  if (token !== undefined) headers.authorization = token.authorization;
  if (proof !== undefined) headers.dpop = proof;
  // Looked up at use and called unbound.
  const fetch = client.fetch ?? globalThis.fetch;
  return fetch(request.input ?? request.destination.href, { ...request.init, ...init, headers, redirect: "manual" });
}

class ApiCall {
  #client;
  #request;
  #keep;
  #patience;
  #token;
  /** Whether the token was there before this call. */
  #isReused;
  #hops = 0;
  #attempts = 1;
  #canProve;
  #canDiscover;

  constructor(client, request, keep, patience) {
    this.#client = client;
    this.#request = request;
    this.#keep = keep;
    this.#patience = patience;
    this.#canProve = client.prove !== undefined;
    this.#canDiscover = client.mayDiscover(request);
  }

  /** The response for the caller. `answer` is what has come of the call so far. */
  async response(token, answer) {
    const client = this.#client;
    this.#token = await this.#patience.until(token);
    this.#isReused = this.#token.source !== "network";
    for (let now = answer; ; now = undefined) {
      const { response, cause } = this.#checked(now ?? (await this.#send()));
      const header = (name) => response?.headers?.get(name) ?? undefined;
      const { destination } = this.#request;
      const nonce = client.noteNonce && header("dpop-nonce");
      if (nonce) client.noteNonce(destination.origin, nonce);
      if (response?.status < 300) return response;
      const target = targetOf(header("location"), destination.url);
      const challenge = header("www-authenticate");
      const step = this.next({
        ...{ status: response?.status, target: target?.origin, challenge, retryAfter: header("retry-after"), cause },
        canProve: this.#canProve && Boolean(nonce),
      });
      if (step === "respond" || !(await this.#take(step, target, challenge))) return response;
      // Let go of it, and of its connection.
      response?.body?.cancel().catch(() => {});
    }
  }

  /** What becomes of the call, by what has come of it. */
  next(answer) {
    const { retry, redirect, destination, method, headers } = this.#request;
    return this.#client.next({
      ...{ retry, redirect, origin: destination.origin, method, hops: this.#hops, attempts: this.#attempts, canDiscover: this.#canDiscover },
      canResend: this.#request.canResend(),
      hasKey: "idempotency-key" in headers,
      isReused: this.#token && this.#isReused,
      elapsed: this.#patience.elapsed(),
      ...answer,
    });
  }

  async #send() {
    const { method, destination, signal } = this.#request;
    const { prove } = this.#client;
    const patience = this.#patience;
    const proof = prove && this.#token && (await patience.until(this.#client.prove(method, destination, this.#token)));
    try {
      return { response: await patience.until(sent(this.#client, this.#request, this.#token, proof, patience.init)) };
    } catch (cause) {
      if (patience.isOver || signal?.aborted) throw cause;
      return { cause };
    }
  }

  /** A replacement of fetch can give anything. */
  #checked(answer) {
    if (!("response" in answer) || typeof answer.response?.status === "number") return answer;
    return { cause: new TypeError("fetch resolved to something that is no Response") };
  }

  /** Does what is next; false when there is nothing that could be done. */
  async #take(step, target, challenge) {
    if (step === "renew") return this.#takeToken(this.#client.renew(this.#token, this.#keep, this.#request));
    if (step === "discover") {
      this.#canDiscover = false;
      return this.#takeToken(this.#client.discover(challenge, this.#keep, this.#request));
    }
    if (step === "prove") {
      this.#canProve = false;
    } else if (typeof step === "number") {
      this.#attempts += 1;
      await this.#patience.pause(step);
    } else {
      const leaves = step.startsWith("leave");
      if (leaves) this.#token = undefined;
      this.#request.follow(target, leaves, step.endsWith("GET"));
      this.#hops += 1;
    }
    return true;
  }

  /** Takes another token than the one that was refused. Where there is none, the answer stands. */
  async #takeToken(promise) {
    try {
      const token = await this.#patience.until(promise);
      if (!token || token.accessToken === this.#token.accessToken) return false;
      this.#token = token;
      this.#isReused = false;
      return true;
    } catch (error) {
      if (this.#patience.isOver || this.#request.signal?.aborted) throw error;
      return false;
    }
  }
}

/** How long a caller waits: until its signal or its deadline says so. */
class Patience {
  /** Whether the deadline has passed. */
  isOver = false;
  /** What a fetch is given to end with it: where the caller's own signal is not enough. */
  init;
  #began;
  #deadline;
  #interrupted;
  #end;
  #pausing;

  constructor(signal, deadline, began) {
    this.#deadline = deadline;
    this.#began = began;
    if (!signal && deadline === undefined) return;
    this.#interrupted = new Promise((_, reject) => {
      const onAbort = () => reject(signal.reason);
      signal?.addEventListener("abort", onAbort);
      let timer;
      if (deadline !== undefined) {
        const own = new AbortController();
        this.init = { signal: signal ? AbortSignal.any([signal, own.signal]) : own.signal };
        timer = setTimeout(() => {
          this.isOver = true;
          own.abort();
          reject();
        }, deadline);
      }
      this.#end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
    });
  }

  until(promise) {
    return this.#interrupted ? Promise.race([promise, this.#interrupted]) : promise;
  }

  pause(millis) {
    return this.until(new Promise((resolve) => (this.#pausing = setTimeout(resolve, millis))));
  }

  /** Clocks can be set back, and timers fire early. */
  elapsed() {
    return this.isOver ? this.#deadline : Math.max(0, Date.now() - this.#began);
  }

  end() {
    clearTimeout(this.#pausing);
    this.#end?.();
  }
}

/** Where a response leads, by the host's own URL parser; credentials are for no URL to bring. */
function targetOf(location, url) {
  if (location === undefined) return undefined;
  try {
    const target = new URL(location, url);
    return target.username || target.password ? undefined : target;
  } catch {
    return undefined;
  }
}
