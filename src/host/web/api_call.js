// A call to an API: the caller's own `fetch` arguments, with the token added at the last moment. What
// becomes of an answer is decided elsewhere, at once; here is what takes time, because what JavaScript
// awaits by itself leaves nothing in wasm memory when workerd cancels a request.

/**
 * Sends what `apiRequest` has prepared, and sends it on or again, until there is a response for the caller. A `client` has
 *
 * - `fetch`: a replacement, or undefined.
 * - `check(facts)`: throws if the call must not be made; gives its deadline in milliseconds, if any.
 * - `token()`: an AccessToken, or a promise of one; `renew(token)`: a promise of another one than this.
 * - `next(facts)`: what becomes of it: a word, the milliseconds after which it is sent again, or what it throws.
 * - `prove(method, url, token)`, if tokens are bound to a key: the proof for the token, undefined if it needs none, or a
 *   promise of that. `noteNonce(url, nonce)` is then told each nonce.
 * - `discover(challenge, url)`, if the API may name its authorization server: a promise of a token from there.
 */
export async function sendApiRequest(client, request) {
  const { retry, redirect, signal, url } = request;
  const deadline = client.check({ retry, redirect, origin: url.origin });
  if (signal?.aborted) throw signal.reason;
  const patience = new Patience(signal, deadline);
  const call = new ApiCall(client, request, patience);
  try {
    return await call.response();
  } catch (error) {
    if (patience.isOver) call.next({});
    throw signal?.aborted ? signal.reason : error;
  } finally {
    patience.end();
  }
}

class ApiCall {
  #client;
  #request;
  #patience;
  #token;
  /** Whether the token was there before this call. */
  #isReused;
  #hops = 0;
  #attempts = 1;
  #canProve;
  #canDiscover;

  constructor(client, request, patience) {
    this.#client = client;
    this.#request = request;
    this.#patience = patience;
    this.#canProve = client.prove !== undefined;
    this.#canDiscover = client.discover !== undefined;
  }

  async response() {
    const client = this.#client;
    const token = client.token();
    this.#token = typeof token.then === "function" ? await this.#patience.until(token) : token;
    this.#isReused = this.#token.source !== "network";
    for (;;) {
      const { response, cause } = await this.#send();
      // What nearly every call comes to.
      if (response?.status < 300 && !client.noteNonce) return response;
      const header = (name) => response?.headers?.get(name) ?? undefined;
      const { url } = this.#request;
      const nonce = client.noteNonce && header("dpop-nonce");
      if (nonce) client.noteNonce(url.href, nonce);
      const target = targetOf(header("location"), url);
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
    const { retry, redirect, url, method, headers } = this.#request;
    return this.#client.next({
      ...{ retry, redirect, origin: url.origin, method, hops: this.#hops, attempts: this.#attempts, canDiscover: this.#canDiscover },
      canResend: this.#request.canResend(),
      hasKey: "idempotency-key" in headers,
      isReused: this.#token && this.#isReused,
      elapsed: this.#patience.elapsed(),
      ...answer,
    });
  }

  async #send() {
    const [request, client, token] = [this.#request, this.#client, this.#token];
    const headers = { ...request.headers };
    if (token !== undefined) {
      headers.authorization = token.authorization;
      const proof = client.prove && (await this.#patience.until(client.prove(request.method, request.url.href, token)));
      if (proof !== undefined) headers.dpop = proof;
    }
    try {
      // Looked up at use and called unbound.
      const fetch = client.fetch ?? globalThis.fetch;
      const init = { ...request.init, headers, redirect: "manual" };
      if (this.#patience.signal) init.signal = this.#patience.signal;
      const response = await this.#patience.until(fetch(request.input ?? request.url.href, init));
      if (typeof response?.status !== "number") throw new TypeError("fetch resolved to something that is no Response");
      return { response };
    } catch (cause) {
      if (this.#patience.isOver || request.signal?.aborted) throw cause;
      return { cause };
    }
  }

  /** Does what is next; false when there is nothing that could be done. */
  async #take(step, target, challenge) {
    if (step === "renew") return this.#takeToken(this.#client.renew(this.#token));
    if (step === "discover") {
      this.#canDiscover = false;
      return this.#takeToken(this.#client.discover(challenge, this.#request.url.href));
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
  /** What ends a fetch, too, if not the caller's own signal alone. */
  signal;
  #began = Date.now();
  #deadline;
  #interrupted;
  #end;
  #pausing;

  constructor(signal, deadline) {
    this.#deadline = deadline;
    if (!signal && deadline === undefined) return;
    this.#interrupted = new Promise((_, reject) => {
      const onAbort = () => reject(signal.reason);
      signal?.addEventListener("abort", onAbort);
      let timer;
      if (deadline !== undefined) {
        const own = new AbortController();
        this.signal = signal ? AbortSignal.any([signal, own.signal]) : own.signal;
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
