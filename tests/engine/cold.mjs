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
/** So many bursts of each kind, in turn; of the differences the median counts. */
const ROUNDS = 5;
/** What is looked at. The answer also takes its place among as many others, that of a token or none. */
const READINGS = { waits: "the wait for the token", answers: "the answer" };

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
        const rounds = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          rounds.push(await measureRound(await connect(size), endpoint, `https://api-${size}-${round}.example`, round % 2 === 0));
        }
        const middle = (value) => quantile(rounds.map(value), 0.5);
        const tell = (kind, reading) => [0.5, 0.99].map((share) => middle((round) => quantile(round[kind][reading], share)).toFixed(0)).join(" and ");
        for (const [reading, what] of Object.entries(READINGS)) {
          const [added, control] = [middle((round) => addedTo(round, reading)), middle((round) => quantile(round.control[reading], 0.5))];
          const each = rounds.map((round) => addedTo(round, reading).toFixed(0)).join(", ");
          note(`${settings.name}: ${size} cold, ${what}, ms at p50 and p99: ${tell("cold", reading)}, without a token: ${tell("control", reading)}, added ${added.toFixed(1)} (${each})`);
          const allowed = Math.max(GOAL, (LIMITS[settings.workerd] ?? LIMITS.older) * control);
          ok(added <= allowed, `${size} callers: ${what} is ${added.toFixed(1)} ms longer at the median than without a token, allowed are ${allowed.toFixed(1)}`);
        }
      }
    }),
  },
];

/** One burst for a token, and one in which the first asks the endpoint by itself and the others sleep for as long. */
async function measureRound(connections, endpoint, audience, controlFirst) {
  const client = clientOf(endpoint, { audience });
  /** How long each client waited for its answer, and each handler for the token. */
  const readings = (answers) => ({ answers: answers.map(({ milliseconds }) => milliseconds), waits: answers.map((answer) => answerOf(answer).waited) });
  const kinds = {
    control: async () => {
      const [first, ...others] = connections;
      const asking = burst([first], "exchange", { client });
      return readings((await Promise.all([asking, burst(others, "sleep", { milliseconds: LATENCY, client })])).flat());
    },
    cold: async () => {
      const before = endpoint.requests.length;
      const answers = await burst(connections, "token", { client });
      equal(endpoint.requests.length - before, 1, "token requests");
      return readings(answers);
    },
  };
  // Neither the connections nor the worker's code are to be new.
  await burst(connections, "sleep", { milliseconds: 1, client });
  const measured = {};
  for (const kind of controlFirst ? ["control", "cold"] : ["cold", "control"]) measured[kind] = await kinds[kind]();
  return measured;
}

/** Older versions end a sleep too soon where very many begin one. */
const addedTo = ({ cold, control }, reading) => quantile(cold[reading], 0.5) - Math.max(LATENCY, quantile(control[reading], 0.5));
