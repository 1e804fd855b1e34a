// A steady load over several lifetimes of a token, while the endpoint works, fails now and then, and fails altogether.

import { setTimeout as sleep } from "node:timers/promises";
import { between, equal, fail, ok } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { start, within } from "../runtimes/launch.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { connect } from "./connections.mjs";
import { answerOf, clientOf, longest, pathOf, withEngine } from "./setting.mjs";

const RATE = 200; // requests in a second
/** Beside them, requests that need no token: what they wait is this machine's doing. */
const CONTROL_RATE = 50;
const LIFETIME = 6_000;
const LIFETIMES = 3;
/** Long enough to tell a call that waits for the endpoint from one that this machine keeps waiting. */
const LATENCY = 500;
/** Where the endpoint fails there has to be time for a second attempt before a token of six seconds ends. */
const SHORT_LATENCY = 50;
/** A token is renewed when less than a fifth of its lifetime is left, or a bit sooner. */
const LEAST_BETWEEN = 0.6 * LIFETIME;
/** It is used until a tenth of its lifetime is left. The outage ends before that, also on a machine that is late. */
const OUTAGE = { from: 0.33 * LIFETIME, to: 0.83 * LIFETIME };
const RECOVERY = 2_000;

/** Each begins when the first token is there. */
const SCENARIOS = [
  {
    what: "in which the endpoint works: it is asked once a lifetime, and nobody waits for it",
    latency: LATENCY,
    async run({ name, endpoint, load, control, note }) {
      await sleep(LIFETIMES * LIFETIME);
      const answers = load.takeAnswers();
      const others = control.takeAnswers();
      const times = endpoint.requests.map(({ at }) => at);
      const least = Math.min(...times.slice(1).map((at, index) => at - times[index]));
      note(`${name}: ${answers.length} calls in ${LIFETIMES} lifetimes: ${times.length} token requests, at least ${least.toFixed(0)} ms apart, longest wait ${longest(answers).toFixed(0)} ms`);
      noErrors(answers);
      ok(answers.length > (0.8 * RATE * LIFETIMES * LIFETIME) / 1000, `only ${answers.length} calls were made`);
      between(times.length, LIFETIMES, LIFETIMES + 2, "token requests");
      ok(least >= LEAST_BETWEEN, `two token requests within ${least.toFixed(0)} ms`);
      equal(answers.filter((answer) => answerOf(answer).source === "network").length, 0, "calls that waited for the token they renewed");
      // All that come while a token is renewed are a twelfth, and most of them would wait as long.
      const isLate = ({ milliseconds }) => milliseconds > 0.75 * LATENCY;
      const [late, lateOthers] = [answers, others].map((some) => some.filter(isLate).length / some.length);
      note(`${name}: ${percent(late)} of the calls waited as long as the endpoint takes, and ${percent(lateOthers)} of ${others.length} requests that need no token`);
      ok(late <= 0.01 + 2 * lateOthers, `${percent(late)} of the calls waited as long as the endpoint takes, and ${percent(lateOthers)} of requests that need no token`);
    },
  },
  {
    what: "in which every other token request fails: no call does",
    latency: SHORT_LATENCY,
    async run({ name, endpoint, load, note }) {
      endpoint.always("500", 0.5);
      await sleep(LIFETIMES * LIFETIME);
      const answers = load.takeAnswers();
      const failed = endpoint.requests.filter(({ outcome }) => outcome === "500").length;
      note(`${name}: ${failed} of ${endpoint.requests.length} token requests failed, and ${failures(answers).length} of ${answers.length} calls; longest wait ${longest(answers).toFixed(0)} ms`);
      ok(failed > 0, "no token request failed");
      noErrors(answers);
    },
  },
  {
    what: "with an outage of half a lifetime: no call fails while there is a token",
    latency: SHORT_LATENCY,
    async run({ name, endpoint, load, note }) {
      const issued = endpoint.requests[0].at + SHORT_LATENCY;
      await sleep(issued + OUTAGE.from - performance.now());
      endpoint.always("500");
      await sleep(issued + OUTAGE.to - performance.now());
      endpoint.always("token");
      const answers = load.takeAnswers();
      note(`${name}: ${endpoint.requests.length - 1} token requests in an outage of half a lifetime failed, longest wait ${longest(answers).toFixed(0)} ms`);
      ok(endpoint.requests.length > 1, "nobody tried to renew the token during the outage");
      noErrors(answers);

      // The token ends meanwhile: what a failed renewal leaves behind may not keep callers from the next one.
      await sleep(RECOVERY);
      const after = load.takeAnswers();
      note(`${name}: in ${RECOVERY / 1000} s after the outage ${failures(after).length} of ${after.length} calls failed, longest wait ${longest(after).toFixed(0)} ms`);
      noErrors(after);
    },
  },
];

export const loadTests = (configuration, project, note) => SCENARIOS.flatMap(({ what, latency, run }) => [
  {
    what: `Node.js: ${RATE} requests a second ${what}`,
    async body() {
      const endpoint = await startTokenEndpoint({ latency, lifetime: LIFETIME / 1000 });
      try {
        await withServer(project, clientOf(endpoint), (connections) =>
          underLoad({ name: "Node.js", endpoint, connections, paths: { token: "/", control: "/control" }, note }, run));
      } finally {
        await endpoint.close();
      }
    },
  },
  {
    what: `${configuration.name}: ${RATE} requests a second ${what}`,
    body: () => withEngine(configuration, { latency, lifetime: LIFETIME / 1000 }, async ({ endpoint, connect: connectTo }) => {
      const connections = await connectTo(RATE + CONTROL_RATE);
      const paths = { token: pathOf("token", { client: clientOf(endpoint), waitUntil: "ctx" }), control: pathOf("entered", {}) };
      await underLoad({ name: configuration.name, endpoint, connections, paths, note }, run);
    }),
  },
]);

async function withServer(project, options, action) {
  let listening;
  const port = new Promise((resolve) => (listening = resolve));
  const noise = [];
  const program = start(findBinary("node"), ["serve.mjs", JSON.stringify(options)], {
    cwd: project, onLine: listening, onErrorLine: (line) => noise.push(line),
  });
  let connections = [];
  try {
    const started = await within(10_000, Promise.race([port, program.exited.then(() => undefined)]));
    if (started === undefined) fail(`the server did not start: ${noise.join("\n")}`);
    connections = await connect(Number(started), RATE + CONTROL_RATE);
    await action(connections);
  } finally {
    for (const connection of connections) connection.close();
    await program.end();
  }
}

async function underLoad({ connections, paths, ...context }, run) {
  answerOf(await connections[0].post(paths.token));
  const load = startLoad(connections.slice(CONTROL_RATE), paths.token, RATE);
  const control = startLoad(connections.slice(0, CONTROL_RATE), paths.control, CONTROL_RATE);
  try {
    await run({ load, control, ...context });
  } finally {
    await Promise.all([load.end(), control.end()]);
  }
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const failures = (answers) => answers.filter(({ status }) => status !== 200);

function noErrors(answers) {
  const failed = failures(answers);
  equal(failed.length, 0, `calls of ${answers.length} that failed, one with ${failed[0]?.status} ${failed[0]?.text}`);
}

/** Posts at the rate, each time on a connection that is free, until it is ended. */
function startLoad(connections, path, rate) {
  const free = [...connections];
  let answers = [];
  let running = true;
  let pending = 0;
  const done = (async () => {
    const began = performance.now();
    for (let number = 0; running; number += 1) {
      const early = began + (number * 1000) / rate - performance.now();
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
