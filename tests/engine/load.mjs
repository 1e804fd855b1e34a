// A steady load over several lifetimes of a token, while the endpoint works, fails now and then, and fails altogether.

import { setTimeout as sleep } from "node:timers/promises";
import { between, equal, fail, ok } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { start, within } from "../runtimes/launch.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { connect } from "./connections.mjs";
import { answerOf, clientOf, longest, pathOf, withEngine } from "./setting.mjs";

const RATE = 200; // requests in a second
const LIFETIME = 6_000;
const LIFETIMES = 3;
/** Long enough to tell a call that waits for the endpoint from one that this machine keeps waiting. */
const LATENCY = 500;
/** Where the endpoint fails there has to be time for a second attempt before a token of six seconds ends. */
const SHORT_LATENCY = 50;
/** A token is renewed when less than a fifth of its lifetime is left, or a bit sooner. */
const LEAST_BETWEEN = 0.6 * LIFETIME;
/** It is used until a tenth of its lifetime is left. The outage is to end before that. */
const OUTAGE = { from: 0.36 * LIFETIME, to: 0.86 * LIFETIME };
const RECOVERY = 2_000;

export const loadTests = (configuration, project, note) => [
  {
    what: `Node.js: ${RATE} requests a second over the lifetimes of several tokens`,
    async body() {
      const endpoint = await startTokenEndpoint({ latency: LATENCY, lifetime: LIFETIME / 1000 });
      try {
        let listening;
        const port = new Promise((resolve) => (listening = resolve));
        const noise = [];
        const program = start(findBinary("node"), ["serve.mjs", JSON.stringify(clientOf(endpoint))], {
          cwd: project, onLine: listening, onErrorLine: (line) => noise.push(line),
        });
        const started = await within(10_000, Promise.race([port, program.exited.then(() => undefined)]));
        if (started === undefined) fail(`the server did not start: ${noise.join("\n")}`);
        const connections = await connect(Number(started), RATE);
        try {
          await underLoad({ name: "Node.js", endpoint, connections, path: "/", note });
        } finally {
          for (const connection of connections) connection.close();
          await program.end();
        }
      } finally {
        await endpoint.close();
      }
    },
  },
  {
    what: `${configuration.name}: ${RATE} requests a second over the lifetimes of several tokens`,
    body: () => withEngine(configuration, { latency: LATENCY, lifetime: LIFETIME / 1000 }, async ({ endpoint, connect: connectTo }) => {
      const connections = await connectTo(RATE);
      const path = pathOf("token", { client: clientOf(endpoint), waitUntil: "ctx" });
      await underLoad({ name: configuration.name, endpoint, connections, path, note });
    }),
  },
];

async function underLoad({ name, endpoint, connections, path, note }) {
  answerOf(await connections[0].post(path));
  const load = startLoad(connections, path);
  try {
    await sleep(LIFETIMES * LIFETIME);
    const calm = load.takeAnswers();
    const times = endpoint.requests.map(({ at }) => at);
    const least = Math.min(...times.slice(1).map((at, index) => at - times[index]));
    note(`${name}: ${calm.length} calls in ${LIFETIMES} lifetimes: ${times.length} token requests, at least ${least.toFixed(0)} ms apart, longest wait ${longest(calm).toFixed(0)} ms`);
    noErrors(calm);
    ok(calm.length > 0.8 * RATE * LIFETIMES * LIFETIME / 1000, `only ${calm.length} calls were made`);
    between(times.length, LIFETIMES, LIFETIMES + 2, "token requests");
    ok(least >= LEAST_BETWEEN, `two token requests within ${least.toFixed(0)} ms`);
    ok(longest(calm) < 0.75 * LATENCY, `a call waited for ${longest(calm).toFixed(0)} ms`);

    endpoint.set({ latency: SHORT_LATENCY });
    endpoint.always("500", 0.5);
    const before = endpoint.requests.length;
    await sleep(2 * LIFETIME);
    const halfFailing = load.takeAnswers();
    const failed = endpoint.requests.slice(before).filter(({ outcome }) => outcome === "500").length;
    note(`${name}: half of the token requests fail: ${failed} of ${endpoint.requests.length - before}, longest wait ${longest(halfFailing).toFixed(0)} ms`);
    ok(failed > 0, "no token request failed");
    noErrors(halfFailing);

    endpoint.always("token");
    const issued = await nextToken(endpoint);
    await sleep(issued + OUTAGE.from - performance.now());
    endpoint.always("500");
    const first = endpoint.requests.length;
    await sleep(issued + OUTAGE.to - performance.now());
    endpoint.always("token");
    const outage = load.takeAnswers();
    note(`${name}: an outage of half a lifetime: ${endpoint.requests.length - first} token requests failed, longest wait ${longest(outage).toFixed(0)} ms`);
    ok(endpoint.requests.length > first, "nobody tried to renew the token during the outage");
    noErrors(outage);

    await sleep(RECOVERY);
    const recovering = load.takeAnswers();
    note(`${name}: in ${RECOVERY / 1000} s after it ${recovering.filter(({ status }) => status !== 200).length} of ${recovering.length} calls failed, longest wait ${longest(recovering).toFixed(0)} ms`);
    await sleep(1_000);
    noErrors(load.takeAnswers());
  } finally {
    await load.end();
  }
}

/** Resolves when the endpoint has given out a token: to when that was. */
async function nextToken(endpoint) {
  const before = endpoint.requests.length;
  const end = performance.now() + 2 * LIFETIME;
  for (;;) {
    const request = endpoint.requests.slice(before).find(({ outcome }) => outcome === "token");
    if (request) return request.at + SHORT_LATENCY;
    if (performance.now() > end) fail("nobody renewed the token");
    await sleep(10);
  }
}

function noErrors(answers) {
  const failed = answers.filter(({ status }) => status !== 200);
  equal(failed.length, 0, `calls of ${answers.length} that failed, one with ${failed[0]?.status} ${failed[0]?.text}`);
}

/** Posts at the rate, each time on a connection that is free, until it is ended. */
function startLoad(connections, path) {
  const free = [...connections];
  let answers = [];
  let running = true;
  let pending = 0;
  const done = (async () => {
    const began = performance.now();
    for (let number = 0; running; number += 1) {
      const early = began + (number * 1000) / RATE - performance.now();
      if (early > 1) await sleep(early);
      const connection = free.shift();
      if (!connection) continue; // all wait: this is said by how long they do
      pending += 1;
      connection.post(path).then((answer) => {
        pending -= 1;
        answers.push(answer);
        free.push(connection);
      });
    }
    while (pending > 0) await sleep(5);
  })();
  return {
    /** Those that came since it was last called. */
    takeAnswers() {
      const taken = answers;
      answers = [];
      return taken;
    },
    end() {
      running = false;
      return done;
    },
  };
}
