// Events and outcomes, in words.

export function milliseconds(ms) {
  if (ms < 1) return "under 1 ms";
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 9.95 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
}
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

const CODES = {
  network_error: "no answer from the server",
  server_error: "the server has an error",
  timeout: "no answer in time",
  invalid_client: "the client is not accepted",
  rate_limited: "the server asks to wait",
};
export const why = (code) => CODES[code] ?? code;

/** What the log says of an event: its text and tone; nothing for events that it leaves out. */
export function wordsFor(event) {
  switch (event.type) {
    case "token_requested":
      return ["move", event.renewal ? "renewal begins: the token is nearly over" : `asks for a token${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`];
    case "token_received":
      return ["good", `a token comes after ${milliseconds(event.durationMs)}, good for ${Math.round(event.expiresIn)} s`];
    case "token_served":
      return event.source === "network" ? undefined : ["", `token from ${event.source === "store" ? "the store" : "memory"}`];
    case "token_failed":
      return ["bad", `no token: ${why(event.code)}`];
    case "renewal_failed":
      return ["due", `renewal fails: ${why(event.code)}; the old token goes on`];
    case "token_refused":
      return ["bad", `not even asked: the server is left alone${event.retryAfter ? ` for ${event.retryAfter.toFixed(1)} s` : ""}`];
    case "token_unverified":
      return ["due", `nobody can tell whether the token is good: ${event.reason}`];
    case "keys_requested":
      return ["move", "asks for the issuer's keys"];
    case "keys_received":
      return ["good", `${plural(event.keys, "key")} after ${milliseconds(event.durationMs)}`];
    case "keys_failed":
      return ["bad", `no keys: ${why(event.code)}`];
    case "taken_over":
      return ["due", "the call that asked is gone; another one goes on"];
    case "store_failed":
      return ["due", `the store fails at ${event.operation}`];
    case "refused":
      return ["due", `the API refuses the token: ${event.status}`];
    case "burst":
      return [event.failed > 0 ? "bad" : "good", `${event.calls} calls at once: ${event.failed > 0 ? `${event.failed} failed` : "all good"}${event.waited > 0 ? `, ${event.waited} waited for the token` : ""}`];
    case "server":
      return ["due", { revoke: "the server revokes the token", rotate: `the server signs with ${event.server.kid} from now on`, down: event.server.down ? "the token endpoint goes down" : "the token endpoint is back" }[event.action]];
    case "step":
      return event.step === "api" && !event.failed ? [event.status < 400 ? "good" : "bad", `the API answers ${event.status} after ${milliseconds(event.ms)}`] : undefined;
    default:
      return undefined;
  }
}

const short = (text) => (text ? `${text.slice(0, 6)}…` : "none");

/** What an action's answer means: its tone, and a sentence or two. */
export const outcomes = {
  call: (result) => (result.ok ? ["good", `The API answered ${result.status}. The token came from ${result.source === "network" ? "the server" : result.source}.`] : failure(result)),
  burst: ({ calls, failed, requests, waited, ms }) => [
    failed > 0 ? "bad" : "good",
    `${calls} calls, and the token was forgotten before: ${plural(requests, "token request")}. ${waited} calls waited for it, ${failed === 0 ? "none failed" : `${failed} failed`}. All was over after ${milliseconds(ms)}.`,
  ],
  revoke: (result) => {
    if (!result.ok) return failure(result);
    const end = `its caller saw ${result.status}.`;
    return ["good", result.refused
      ? `The API refused ${short(result.before)}. gatepass got ${short(result.after)} and sent the call again: ${end}`
      : `${short(result.before)} was being replaced when it was revoked. The call went with ${short(result.after)}: ${end}`];
  },
  rotate: (result) => (result.ok
    ? ["good", `Signed with ${result.after}, before with ${result.before ?? "another key"}. The new token was verified, and the API answered ${result.status}.`]
    : failure(result)),
  restart: (result) => (result.ok
    ? ["good", `The worker is back, with an empty memory. ${result.source === "store" ? "The store had its token: no token request." : "It asked the server for another token: nothing here had kept the old one."}`]
    : failure(result)),
  down: ({ server }, seconds) => (server.down
    ? ["bad", `The endpoint is down.${seconds > 0 ? ` The token at hand goes on for ${Math.ceil(seconds)} s; calls fail after that.` : " There is no token to go on with."}`]
    : ["good", "The endpoint is back. gatepass asks again by itself, after a pause of its own."]),
};

export function failure({ failed, heldUntil }) {
  const pause = heldUntil === undefined ? 0 : new Date(heldUntil) - Date.now();
  return ["bad", `The call failed: ${why(failed?.code)}.${pause > 200 ? ` gatepass leaves the server alone for another ${Math.ceil(pause / 1000)} s.` : ""}`];
}
