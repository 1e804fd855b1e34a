// One isolate that lives long enough for V8 to optimise it, and followers that come while the first request waits: after
// about a thousand awaits, workerd ends requests that wait for another one's promise.

import { setTimeout as sleep } from "node:timers/promises";
import { equal, ok } from "../runtimes/assert.mjs";
import { burst, clientOf, oneToken, pathOf, withEngine } from "./setting.mjs";

const ROUNDS = 200;
const FOLLOWERS = 50;
const HEAD_START = 20;
const LATENCY = 60;

export const hotTests = (settings) => [
  {
    what: `${settings.name}: ${ROUNDS} rounds of a cold request and ${FOLLOWERS} that follow it, and none fails`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      await eachRound({ endpoint, connect, action: "token" }, (answers) => oneToken(answers));
      equal(endpoint.requests.length, ROUNDS, "token requests");
    }),
  },
];

/** Were these to pass, the test above could not see the problem. */
export const hotControls = (settings, note) => [
  {
    what: `${settings.name}: control: the same rounds with a shared promise fail`,
    body: () => withEngine({ ...settings, complains: true }, { latency: LATENCY }, async ({ endpoint, connect }) => {
      let failed = 0;
      await eachRound({ endpoint, connect, action: "sharedPromise" }, (answers) => {
        failed += answers.filter(({ status }) => status !== 200).length;
      });
      note(`${settings.name}: control: ${failed} of ${ROUNDS * (1 + FOLLOWERS)} requests with a shared promise failed`);
      ok(failed > 0, "a shared promise never failed");
    }),
  },
];

async function eachRound({ endpoint, connect, action }, check) {
  let connections = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // workerd may have closed those that it answered with an error of its own.
    if (connections.some(({ closed }) => closed) || connections.length === 0) connections = await connect(1 + FOLLOWERS);
    const [leader, ...followers] = connections;
    const parameters = { client: clientOf(endpoint, { audience: `https://api-${round}.example` }) };
    const first = leader.post(pathOf(action, parameters));
    await sleep(HEAD_START);
    const following = await burst(followers, action, parameters);
    check([await first, ...following]);
  }
}
