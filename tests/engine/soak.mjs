// Requests without end, some for a token that others want too, some reset half-way: each stays in its own context.

import { setTimeout as sleep } from "node:timers/promises";
import { equal, ok } from "../runtimes/assert.mjs";
import { startApi } from "../servers/api.mjs";
import { answerOf, clientOf, withEngine } from "./setting.mjs";

/** At least so long, and until there is something to see; at most as long as any test may take. */
const DURATION = 5_000;
const LONGEST = 60_000;
const ENOUGH = { answered: 100, reset: 5 };
const CLIENTS = 24;
const LATENCY = 30;
/** So often everybody wants another token. */
const CHANGE = 50;
/** One in so many requests is reset after up to twice the latency. */
const RESET_EVERY = 15;

export const soakTests = ({ name, ...configuration }, note) => [
  {
    what: `${name}: of requests without end, some of them reset, every one stays in its own context`,
    body: () => {
      const settings = { ...configuration, entry: "soak-worker.mjs", compatibilityFlags: [...configuration.compatibilityFlags, "nodejs_als"] };
      return withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
        const api = await startApi({ elsewhere: "" });
        try {
          const counts = { answered: 0, reset: 0 };
          const begun = performance.now();
          const isEnough = () => counts.answered >= ENOUGH.answered && counts.reset >= ENOUGH.reset;
          const goesOn = () => performance.now() - begun < (isEnough() ? DURATION : LONGEST);
          await Promise.all(Array.from({ length: CLIENTS }, (_, number) => soak({ number, goesOn, endpoint, api, connect, counts })));
          note(`${name}: soak: ${counts.answered} answered, ${counts.reset} reset, ${endpoint.requests.length} token requests`);
          ok(isEnough(), `${counts.answered} answered, ${counts.reset} reset`);
        } finally {
          await api.close();
        }
      });
    },
  },
];

async function soak({ number, goesOn, endpoint, api, connect, counts }) {
  let connection;
  for (let turn = 0; goesOn(); turn += 1) {
    if (!connection) [connection] = await connect(1);
    const id = `${number}-${turn}`;
    const period = Math.floor(performance.now() / CHANGE);
    const audiences = [`https://shared-${period}.example`, `https://shared-${period + 1}.example`, `https://own-${id}.example`];
    const parameters = {
      id,
      api: api.origin,
      clients: audiences.map((audience) => clientOf(endpoint, { audience })),
      waitUntil: turn % 2 === 0 ? "ctx" : undefined,
    };
    const answer = connection.post("/", JSON.stringify(parameters));
    if ((number + turn) % RESET_EVERY === 0) {
      await sleep((turn * 7) % (2 * LATENCY));
      connection.reset();
      connection = undefined;
      counts.reset += 1;
    } else {
      check(answerOf(await answer), id, audiences);
      counts.answered += 1;
    }
  }
}

function check({ seen, begun, ...answer }, id, audiences) {
  equal(begun, `/echo/${id}/begun`, "what was begun before the waits");
  equal(answer.id, id, "the request's id in the end");
  for (const [turn, { accessToken, own, ...after }] of seen.entries()) {
    equal(after.id, id, "the request's id after a wait");
    equal(own, `/echo/${id}/${turn}`, "what was fetched after a wait");
    ok(accessToken.endsWith(`-for-${audiences[turn]}`), `a token for ${audiences[turn]}, not ${accessToken}`);
  }
}
