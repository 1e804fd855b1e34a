// The endpoint fails while many wait for a token that nobody has: it is asked twice, not once for each of them.

import { between, equal } from "../runtimes/assert.mjs";
import { allFailedWith, burst, clientOf, longest, oneToken, withEngine } from "./setting.mjs";

const CALLERS = 50;
const LATENCY = 100;
const TIMEOUT = 500;
/** The pause before the second attempt (`retry.maxDelay` is 1 s by default), and what this machine adds. */
const PAUSE = 1_200;

const failure = (settings, what, endpointSettings, options, check) => ({
  what: `${settings.name}: ${what}`,
  body: () => withEngine(settings, { latency: LATENCY, ...endpointSettings }, async ({ endpoint, connect }) => {
    const connections = await connect(CALLERS);
    await check({ endpoint, ask: () => burst(connections, "token", { client: clientOf(endpoint, options) }) });
  }),
});

export const failureTests = (settings, note) => [
  ...["500", "reset"].map((outcome) =>
    failure(settings, `${CALLERS} cold requests where the endpoint fails once (${outcome}) all get the token of the second request`, {}, {}, async ({ endpoint, ask }) => {
      endpoint.next(outcome);
      oneToken(await ask());
      equal(endpoint.requests.length, 2, "token requests");
    })),

  failure(settings, `${CALLERS} cold requests where the endpoint always answers 500 all get that error after two requests`, {}, {}, async ({ endpoint, ask }) => {
    endpoint.always("500");
    const answers = await ask();
    note(`${settings.name}: always 500: ${endpoint.requests.length} requests, longest wait ${longest(answers).toFixed(0)} ms`);
    allFailedWith(answers, "server_error", 500);
    equal(endpoint.requests.length, 2, "token requests");
    between(longest(answers), 2 * LATENCY, 2 * LATENCY + PAUSE, "the longest wait");
  }),

  failure(settings, `${CALLERS} cold requests that the endpoint refuses all get that error after one request`, {}, {}, async ({ endpoint, ask }) => {
    endpoint.always("401");
    const answers = await ask();
    allFailedWith(answers, "invalid_client", 401);
    equal(endpoint.requests.length, 1, "token requests");
    between(longest(answers), LATENCY, LATENCY + PAUSE, "the longest wait");
  }),

  failure(settings, `${CALLERS} cold requests where the endpoint hangs once all get the token of the second request`, {}, { timeout: TIMEOUT }, async ({ endpoint, ask }) => {
    endpoint.next("hang");
    const answers = await ask();
    note(`${settings.name}: hangs once: longest wait ${longest(answers).toFixed(0)} ms with a timeout of ${TIMEOUT} and a latency of ${LATENCY}`);
    oneToken(answers);
    equal(endpoint.requests.length, 2, "token requests");
    between(longest(answers), TIMEOUT + LATENCY, TIMEOUT + LATENCY + PAUSE, "the longest wait");
  }),

  failure(settings, `${CALLERS} cold requests that the endpoint asks to come back later get that error, and do not come back at once`, { retryAfter: 30 }, {}, async ({ endpoint, ask }) => {
    endpoint.always("429");
    allFailedWith(await ask(), "rate_limited", 429);
    allFailedWith(await ask(), "rate_limited", 429);
    equal(endpoint.requests.length, 1, "token requests");
  }),
];
