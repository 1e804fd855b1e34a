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
 *   promise of that.
 *   `noteNonce(url, nonce)` is then told each nonce.
 * - `discover(challenge, url)`, if the API may name its authorization server: a promise of a token from there.
 */
export async function sendApiRequest(client, call) {
  const { retry, redirect } = call;
  const deadline = client.check({ retry, redirect, origin: call.url.origin });
  const { signal } = call;
  if (signal?.aborted) throw signal.reason;
  const began = Date.now();
  const patience = patienceOf(signal, deadline);
  if (deadline !== undefined) call.init.signal = patience.signal;

  let { url, headers, method } = call;
  let hops = 0;
  let attempts = 1;
  let token;
  let isReused;
  let canProve = client.prove !== undefined;
  let canDiscover = client.discover !== undefined;

  /** What becomes of the call, by what has come of it. */
  const next = (answer) => client.next({
    ...{ retry, redirect, origin: url.origin, method, hops, attempts, canDiscover },
    canResend: call.canResend(),
    hasKey: headers.has("idempotency-key"),
    isReused: token && isReused,
    // Clocks can be set back, and timers fire early.
    elapsed: patience.isOver() ? deadline : Math.max(0, Date.now() - began),
    ...answer,
  });

  async function send() {
    if (token !== undefined) {
      headers.set("authorization", token.authorization);
      const proof = client.prove && (await patience.until(client.prove(method, url.href, token)));
      if (proof !== undefined) headers.set("dpop", proof);
    }
    let response;
    try {
      // Looked up at use and called unbound.
      const fetch = client.fetch ?? globalThis.fetch;
      response = await patience.until(fetch(call.request ?? url.href, { ...call.init, headers, redirect: "manual" }));
      if (typeof response?.status !== "number") throw new TypeError("fetch resolved to something that is no Response");
    } catch (cause) {
      if (patience.isOver() || signal?.aborted) throw cause;
      return { cause };
    }
    return { response };
  }

  try {
    token = await patience.until(client.token());
    isReused = token.source !== "network";
    for (;;) {
      const { response, cause } = await send();
      // What nearly every call comes to.
      if (response?.status < 300 && !client.noteNonce) return response;
      const header = (name) => response?.headers?.get(name) ?? undefined;
      const nonce = client.noteNonce && header("dpop-nonce");
      if (nonce) client.noteNonce(url.href, nonce);
      const target = targetOf(header("location"), url);
      const challenge = header("www-authenticate");
      const step = next({ status: response?.status, target: target?.origin, challenge, retryAfter: header("retry-after"), canProve: canProve && Boolean(nonce), cause });
      if (step === "respond") return response;
      headers = new Headers(headers);
      if (step === "renew" || step === "discover") {
        const other = await another(step === "renew" ? client.renew(token) : client.discover(challenge, url.href));
        if (step === "discover") canDiscover = false;
        if (other === undefined) return response;
        token = other;
        isReused = false;
      } else if (step === "prove") {
        canProve = false;
      } else if (typeof step === "number") {
        await patience.pause(step);
        attempts += 1;
      } else {
        const [how, , as] = step.split(" ");
        if (how === "leave") {
          token = undefined;
          for (const name of ["authorization", "cookie", "dpop", "proxy-authorization"]) headers.delete(name);
        }
        if (as) {
          method = "GET";
          for (const name of [...headers.keys()]) if (name.startsWith("content-")) headers.delete(name);
        }
        call.follow(method, as);
        url = target;
        hops += 1;
      }
      discard(response);
    }
  } catch (error) {
    if (patience.isOver()) next({});
    throw signal?.aborted ? signal.reason : error;
  } finally {
    patience.end();
  }

  /** Another token than the one that was refused; undefined where there is none: the answer stands. */
  async function another(promise) {
    try {
      const other = await patience.until(promise);
      return other?.accessToken === token.accessToken ? undefined : other;
    } catch (error) {
      if (patience.isOver() || signal?.aborted) throw error;
      return undefined;
    }
  }
}

/** How long a caller waits: until its signal or its deadline says so. */
function patienceOf(signal, deadline) {
  let isOver = false;
  let timer;
  let pausing;
  let onAbort;
  const patience = {
    signal,
    isOver: () => isOver,
    until: (promise) => promise,
    pause: (millis) => patience.until(new Promise((resolve) => (pausing = setTimeout(resolve, millis)))),
    end() {
      clearTimeout(timer);
      clearTimeout(pausing);
      signal?.removeEventListener("abort", onAbort);
    },
  };
  if (!signal && deadline === undefined) return patience;
  const interrupted = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal?.addEventListener("abort", onAbort);
    if (deadline === undefined) return;
    const own = new AbortController();
    patience.signal = signal ? AbortSignal.any([signal, own.signal]) : own.signal;
    timer = setTimeout(() => {
      isOver = true;
      own.abort();
      reject();
    }, deadline);
  });
  patience.until = (promise) => Promise.race([promise, interrupted]);
  return patience;
}

/** Where a response leads, by the host's own URL parser; credentials are for no URL to bring. */
function targetOf(location, url) {
  try {
    const target = new URL(location, url);
    return location === undefined || target.username || target.password ? undefined : target;
  } catch {
    return undefined;
  }
}

/** Lets go of a response that the caller does not get, and of its connection. */
function discard(response) {
  response?.body?.cancel().catch(() => {});
}
