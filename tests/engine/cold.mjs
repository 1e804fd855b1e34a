// Many requests want a token that nobody has yet: one of them asks for it.

import { equal, ok } from "../runtimes/assert.mjs";
import { startApi } from "../servers/api.mjs";
import { answerOf, burst, clientOf, oneToken, pathOf, quantile, withEngine } from "./setting.mjs";

const LATENCY = 200;
const SIZES = [1, 20, 200, 1_000];
/** More subrequests at once say no more. */
const MOST_SUBREQUESTS = 200;
/** What a wait should add at the median. */
const GOAL = 25;
/**
 * What it must not exceed, in relation to what as many plain sleeps take, also where something else runs on this machine.
 * Older versions measure a sleep from a time that lags behind when they are busy: very many sleepers then keep them busy.
 */
const LIMITS = { workerd: 0.75, older: 3 };
/** Rounds end when the goal is reached, and the best one counts. */
const ROUNDS = 5;

export const coldTests = (settings) => [
  {
    what: `${settings.name}: of ${SIZES.join(", ")} cold requests one asks for the token, and all can still use what is theirs`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      const api = await startApi({ elsewhere: "" });
      try {
        for (const size of SIZES) {
          const audience = `https://api-${size}.example`;
          const client = clientOf(endpoint, { audience });
          const before = endpoint.requests.length;
          const connections = await connect(size);
          const answers = await Promise.all(connections.map((connection, number) => {
            const own = number < MOST_SUBREQUESTS ? `${api.origin}/echo/${size}-${number}` : undefined;
            return connection.post(pathOf("token", { client, own }), `body ${number}`);
          }));
          oneToken(answers);
          for (const [number, answer] of answers.entries()) {
            const { body, own } = answerOf(answer);
            equal(body, `body ${number}`, "the request's body, read after the wait");
            if (number < MOST_SUBREQUESTS) equal(own, `/echo/${size}-${number}`, "the subrequest's body, read after the wait");
          }
          equal(endpoint.requests.length - before, 1, `token requests of ${size} callers`);
        }
      } finally {
        await api.close();
      }
    }),
  },
];

/** To be run alone. */
export const coldTimes = (settings, note) => [
  {
    what: `${settings.name}: ${SIZES.join(", ")} cold requests wait hardly longer than the endpoint takes`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      for (const size of SIZES) {
        const connections = await connect(size);
        // Neither the connections nor the worker's code are to be new.
        await burst(connections, "sleep", { milliseconds: 1, client: clientOf(endpoint) });
        let best;
        for (let round = 0; round < ROUNDS && !(best?.added <= GOAL); round += 1) {
          const measured = await measureRound(connections, endpoint, `https://api-${size}-${round}.example`);
          if (!best || measured.added < best.added) best = measured;
        }
        const { added, control, cold } = best;
        note(`${settings.name}: ${size} cold: p50 ${show(cold, 0.5)} p99 ${show(cold, 0.99)}, sleep: p50 ${show(control, 0.5)} p99 ${show(control, 0.99)}, added ${added.toFixed(1)} ms`);
        const allowed = Math.max(GOAL, (LIMITS[settings.workerd] ?? LIMITS.older) * quantile(control, 0.5));
        ok(added <= allowed, `${size} callers wait ${added.toFixed(1)} ms longer at the median than without a token, allowed are ${allowed.toFixed(1)}`);
      }
    }),
  },
];

async function measureRound(connections, endpoint, audience) {
  const times = async (...what) => {
    const answers = await burst(connections, ...what);
    for (const answer of answers) answerOf(answer);
    return answers.map(({ milliseconds }) => milliseconds);
  };
  const client = clientOf(endpoint, { audience });
  const control = await times("sleep", { milliseconds: LATENCY, client });
  const before = endpoint.requests.length;
  const cold = await times("token", { client });
  equal(endpoint.requests.length - before, 1, "token requests");
  // Older versions end a sleep too soon where very many begin one.
  return { control, cold, added: quantile(cold, 0.5) - Math.max(LATENCY, quantile(control, 0.5)) };
}

const show = (values, share) => quantile(values, share).toFixed(0);
