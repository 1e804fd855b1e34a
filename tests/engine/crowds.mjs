// Many requests want a token that nobody has yet, and the first of them vanishes, does not care, or meets a failure: as many as
// a cold burst has, and the others get the token all the same. (leaders.mjs and failures.mjs look closer, at fewer.)

import { setTimeout as sleep } from "node:timers/promises";
import { between } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { answerOf, burst, clientOf, oneToken, pathOf, quantile, withEngine } from "./setting.mjs";

const SIZES = [1, 20, 200, 1_000];
const LATENCY = 200;
/** Of a request that hangs; so long that no other one meets it, also where something else runs on this machine. */
const TIMEOUT = 3_000;

/**
 * What happens to the first request, when the others have come, and how many token requests there are in the end; `own`
 * is whether the first request gets the token as well.
 */
const TROUBLES = [
  // Not answered before it is reset, however long it takes until all others are there.
  { what: "is reset half way", outcome: "hang", reset: true, requests: [2, 2] },
  { what: "is reset half way, with waitUntil", reset: true, waitUntil: "ctx", requests: [1, 1] },
  { what: "ends without waiting for it", action: "careless", requests: [1, 2] },
  { what: "ends without waiting for it, with waitUntil", action: "careless", waitUntil: "ctx", requests: [1, 1] },
  { what: "meets a 500", outcome: "500", requests: [2, 2], own: true },
  { what: "meets an endpoint that hangs", outcome: "hang", requests: [2, 2], own: true },
];

export const crowdTests = (settings, note) => TROUBLES.map(({ what, outcome, action = "token", waitUntil, reset, requests, own }) => ({
  what: `${settings.name}: of ${SIZES.join(", ")} cold requests the first ${what}, and all others get the token`,
  body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
    const waits = [];
    for (const size of SIZES) {
      const before = endpoint.requests.length;
      if (outcome) endpoint.next(outcome);
      const parameters = { client: clientOf(endpoint, { audience: `https://api-${size}.example`, timeout: outcome === "hang" ? TIMEOUT : undefined }), waitUntil };
      const [leader, ...followers] = await connect(1 + size);
      const first = leader.post(pathOf(action, parameters));
      // On the newest version nothing is asked for by a request that has ended.
      if (action === "careless") answerOf(await first);
      else await until(() => endpoint.requests.length > before, "the token is asked for");
      const others = burst(followers, "token", { ...parameters, waitUntil: undefined });
      await sleep(LATENCY / 2);
      if (reset) leader.reset();
      const answers = await others;
      oneToken(own ? [await first, ...answers] : answers);
      waits.push(`${size}: ${quantile(answers.map(({ milliseconds }) => milliseconds), 0.5).toFixed(0)}`);
      between(endpoint.requests.length - before, ...requests, `token requests of ${size} callers and the first`);
    }
    note(`${settings.name}: the first ${what}: median waits ${waits.join(", ")} ms with a latency of ${LATENCY}`);
  }),
}));
