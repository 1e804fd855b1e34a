// The request that asks for the token vanishes, does not care, or is starved: the others get the token all the same.

import { setTimeout as sleep } from "node:timers/promises";
import { between, equal, ok } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { answerOf, burst, clientOf, longest, oneToken, pathOf, withEngine } from "./setting.mjs";

const LATENCY = 300;
const FOLLOWERS = 20;
/** From the start of the first request to its end. */
const RESET_AFTER = 60;
/** Until another one asks instead: a lease of 250 ms, a poll, and what this machine adds. */
const TAKEN_OVER_WITHIN = 400;
/** Something else may run on this machine meanwhile: of so many rounds the best one counts. */
const ROUNDS = 4;
/** What this machine may add where the time is not what a test is about. */
const SLACK = 400;
const STALL = 400;
const EVERYBODY = 60;

export const leaderTests = (settings, note) => [
  {
    what: `${settings.name}: the first of many requests is reset, and another one asks instead of it`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      const takeovers = [];
      for (let round = 0; round < ROUNDS && !(Math.min(...takeovers) <= TAKEN_OVER_WITHIN); round += 1) {
        const before = endpoint.requests.length;
        const { reset, answers, ended } = await resetFirst({ endpoint, connect, audience: `https://api-${round}.example` });
        oneToken(answers);
        equal(endpoint.requests.length - before, 2, "token requests");
        takeovers.push(endpoint.requests.at(-1).at - reset);
        note(`${settings.name}: leader reset: taken over after ${takeovers.at(-1).toFixed(0)} ms, all answered ${(ended - reset).toFixed(0)} ms after the reset`);
      }
      const soonest = Math.min(...takeovers);
      ok(soonest <= TAKEN_OVER_WITHIN, `the next request came ${soonest.toFixed(0)} ms after the reset`);
    }),
  },
  {
    what: `${settings.name}: the first of many requests is reset, and what it asked for outlives it by waitUntil`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      const { answers, ended } = await resetFirst({ endpoint, connect, waitUntil: "ctx" });
      oneToken(answers);
      equal(endpoint.requests.length, 1, "token requests");
      const late = ended - endpoint.requests[0].at - LATENCY;
      note(`${settings.name}: leader reset, waitUntil: all answered ${late.toFixed(0)} ms after the endpoint`);
      ok(late <= SLACK, `the others waited ${late.toFixed(0)} ms longer than the token request took`);
    }),
  },
  {
    what: `${settings.name}: a request that ends without waiting for the token it asked for costs the others one takeover`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      const [leader, ...followers] = await connect(1 + FOLLOWERS);
      const parameters = { client: clientOf(endpoint) };
      answerOf(await leader.post(pathOf("careless", parameters)));
      const answers = await burst(followers, "token", parameters);
      oneToken(answers);
      note(`${settings.name}: leader returns at once: ${endpoint.requests.length} requests, others waited ${longest(answers).toFixed(0)} ms`);
      between(endpoint.requests.length, 1, 2, "token requests");
      between(longest(answers), 0, TAKEN_OVER_WITHIN + LATENCY + SLACK, "the longest wait");
    }),
  },
  {
    what: `${settings.name}: a request that goes on without waiting for the token it asked for gets it for the others`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      const [leader, ...followers] = await connect(1 + FOLLOWERS);
      const parameters = { client: clientOf(endpoint) };
      const first = leader.post(pathOf("careless", { ...parameters, linger: 2 * LATENCY }));
      await until(() => endpoint.waiting.size === 1, "the token is asked for");
      oneToken(await burst(followers, "token", parameters));
      answerOf(await first);
      equal(endpoint.requests.length, 1, "token requests");
    }),
  },
  ...[{ when: "while", latency: 2 * STALL }, { when: "until after", latency: 150 }].map(({ when, latency }) => ({
    what: `${settings.name}: an isolate that computes for ${STALL} ms ${when} the endpoint answers still sends one token request`,
    body: () => withEngine(settings, { latency }, async ({ endpoint, connect }) => {
      const [spinner, leader, ...followers] = await connect(2 + FOLLOWERS);
      const parameters = { client: clientOf(endpoint) };
      const first = leader.post(pathOf("token", parameters));
      await until(() => endpoint.waiting.size === 1, "the token is asked for");
      const others = burst(followers, "token", parameters);
      await sleep(50);
      const stall = await spinner.post(pathOf("spin", { milliseconds: STALL }));
      answerOf(stall);
      oneToken([await first, ...(await others)]);
      note(`${settings.name}: stalled for ${stall.milliseconds.toFixed(0)} ms ${when} the endpoint answered`);
      ok(stall.milliseconds >= 0.95 * STALL, `the isolate was busy for ${stall.milliseconds.toFixed(0)} ms only`);
      equal(endpoint.requests.length, 1, "token requests");
    }),
  })),
  {
    what: `${settings.name}: all ${EVERYBODY} requests that wait are reset, and the next burst gets its token`,
    body: () => withEngine(settings, { latency: LATENCY }, async ({ endpoint, connect }) => {
      const parameters = { client: clientOf(endpoint) };
      const everybody = await connect(EVERYBODY);
      for (const connection of everybody) connection.post(pathOf("token", parameters));
      await until(() => endpoint.waiting.size === 1, "the token is asked for");
      await sleep(50);
      for (const connection of everybody) connection.reset();
      const answers = await burst(await connect(FOLLOWERS), "token", parameters);
      oneToken(answers);
      note(`${settings.name}: after ${EVERYBODY} resets: ${endpoint.requests.length} requests, waited ${longest(answers).toFixed(0)} ms`);
      equal(endpoint.requests.length, 2, "token requests");
      between(longest(answers), 0, TAKEN_OVER_WITHIN + LATENCY + SLACK, "the longest wait");
    }),
  },
];

async function resetFirst({ endpoint, connect, waitUntil, audience = "https://api.example" }) {
  const [leader, ...followers] = await connect(1 + FOLLOWERS);
  const parameters = { client: clientOf(endpoint, { audience }), waitUntil };
  leader.post(pathOf("token", parameters));
  await until(() => endpoint.waiting.size === 1, "the token is asked for");
  const others = burst(followers, "token", parameters);
  await sleep(RESET_AFTER);
  leader.reset();
  const reset = performance.now();
  const answers = await others;
  return { reset, answers, ended: performance.now() };
}
