// A token endpoint that is steered while it is used: how long it takes, how long its tokens live, how it fails; and that
// remembers when each request came. It gives every request another token.

import { setTimeout as sleep } from "node:timers/promises";
import { sendJson, startRecording } from "./recording.mjs";

/**
 * What a request can meet. `retryAfter` is in seconds.
 * @typedef {"token" | "500" | "429" | "401" | "hang" | "reset"} Outcome
 */
const OUTCOMES = {
  token: ({ response, audience, number }, { lifetime }) =>
    sendJson(response, 200, { access_token: `token-${number}-for-${audience}`, token_type: "Bearer", expires_in: lifetime }),
  500: ({ response }) => sendJson(response, 500, { error: "server_error" }),
  429: ({ response }, { retryAfter }) => sendJson(response, 429, { error: "too_many_requests" }, { "retry-after": `${retryAfter}` }),
  401: ({ response }) => sendJson(response, 401, { error: "invalid_client", error_description: "Unauthorized" }),
  hang() {},
  reset: ({ request }) => request.socket.resetAndDestroy(),
};

/** @param {object} [settings] milliseconds before each answer, and the `expires_in` of each token */
export async function startTokenEndpoint({ latency = 0, lifetime = 3600, retryAfter = 1 } = {}) {
  const settings = { latency, lifetime, retryAfter };
  const requests = [];
  const waiting = new Set();
  /** Outcomes of the next requests; and of all after them: a share of failures, the rest tokens. */
  let script = [];
  let failing = { outcome: "token", share: 1 };
  // The first failure of a share comes at once, and they are spread evenly: no luck is involved.
  let due = 1;

  function outcomeOfNext() {
    if (script.length > 0) return script.shift();
    due += failing.share;
    if (due < 1) return "token";
    due -= 1;
    return failing.outcome;
  }

  const server = await startRecording(async ({ request, response, url, body }) => {
    if (url.pathname !== "/token" || request.method !== "POST") return sendJson(response, 404, { error: "not_found" });
    const audience = new URLSearchParams(body).get("audience");
    const outcome = outcomeOfNext();
    const number = requests.push({ at: performance.now(), audience, outcome });
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
    await sleep(settings.latency);
    return OUTCOMES[outcome]({ request, response, audience, number }, settings);
  });

  return {
    ...server,
    url: `${server.origin}/token`,
    /** Every request so far: when it came by `performance.now()`, for which audience, and what it met. */
    requests,
    /** The requests that are not answered yet. */
    waiting,
    /** Changes latency, lifetime or retryAfter from now on. */
    set(changes) {
      Object.assign(settings, changes);
    },
    /** @param {Outcome[]} outcomes of the next requests, before what `always` says */
    next(...outcomes) {
      script = outcomes;
    },
    /** @param {Outcome} outcome from now on, of this share of the requests */
    always(outcome, share = 1) {
      failing = { outcome, share };
      due = 1 - share;
    },
  };
}
