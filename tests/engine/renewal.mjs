// A token that is about to end is renewed by one request, while the others go on with the old one.

import { between, equal, ok } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { answerOf, burst, clientOf, longest, oneToken, pathOf, withEngine } from "./setting.mjs";

const LIFETIME = 3600;
/** Past the point where a token is renewed, 300 s before its end or a tenth more, and long before it must not be used. */
const FORWARD = (LIFETIME - 200) * 1000;
const LATENCY = 500;
/** Who does not wait for the endpoint is answered much sooner than it answers. */
const AT_ONCE = LATENCY / 2;
const OTHERS = 20;
const TIMEOUT = 800;

export const renewalTests = (settings, note) => [
  {
    what: `${settings.name}: without waitUntil one request waits for the new token, and the others are served the old one`,
    body: () => withOldToken(settings, {}, async ({ endpoint, oldToken, askWhileRenewing }) => {
      const { first, others } = await askWhileRenewing();
      note(`${settings.name}: renewal awaited: first ${first.milliseconds.toFixed(0)} ms, others at most ${longest(others).toFixed(0)} ms`);
      equal(oneToken(others), oldToken, "the token of the others");
      ok(longest(others) < AT_ONCE, `one of the others waited for ${longest(others).toFixed(0)} ms`);
      ok(answerOf(first).accessToken !== oldToken, "the token of the one that renewed");
      equal(endpoint.requests.length, 2, "token requests");
    }),
  },

  ...["option", "call", "ctx"].map((waitUntil) => ({
    what: `${settings.name}: with waitUntil (${waitUntil}) nobody waits for the new token`,
    body: () => withOldToken(settings, { waitUntil }, async ({ endpoint, oldToken, askOnce, askWhileRenewing }) => {
      const { first, others } = await askWhileRenewing();
      note(`${settings.name}: renewal by waitUntil (${waitUntil}): at most ${longest([first, ...others]).toFixed(0)} ms`);
      equal(oneToken([first, ...others]), oldToken, "the token while the new one is on its way");
      ok(longest([first, ...others]) < AT_ONCE, `one waited for ${longest([first, ...others]).toFixed(0)} ms`);
      await until(() => endpoint.waiting.size === 0, "the endpoint has answered");
      await until(async () => (await askOnce()) !== oldToken, "the new token is there");
      equal(endpoint.requests.length, 2, "token requests");
    }),
  })),

  ...["500", "401"].flatMap((outcome) => [undefined, "ctx"].map((waitUntil) => ({
    what: `${settings.name}: a renewal that fails (${outcome}${waitUntil ? ", with waitUntil" : ""}) costs nobody the old token`,
    body: () => withOldToken(settings, { waitUntil }, async ({ endpoint, oldToken, ask, askWhileRenewing }) => {
      endpoint.always(outcome);
      const { first, others } = await askWhileRenewing();
      equal(oneToken([first, ...others]), oldToken, "the token");
      ok(longest(others) < AT_ONCE, `one of the others waited for ${longest(others).toFixed(0)} ms`);
      if (waitUntil) ok(first.milliseconds < AT_ONCE, `the first one waited for ${first.milliseconds.toFixed(0)} ms`);
      await until(() => endpoint.waiting.size === 0, "the endpoint has answered");
      // And so it goes on: no more than one at a time asks again.
      equal(oneToken(await ask()), oldToken, "the token after the failure");
      between(endpoint.requests.length, 2, 4, "token requests");
    }),
  }))),

  {
    what: `${settings.name}: an endpoint that hangs keeps one request until its timeout, and the others not at all`,
    body: () => withOldToken(settings, { timeout: TIMEOUT }, async ({ endpoint, oldToken, askWhileRenewing }) => {
      endpoint.always("hang");
      const { first, others } = await askWhileRenewing();
      note(`${settings.name}: renewal hangs: first ${first.milliseconds.toFixed(0)} ms with a timeout of ${TIMEOUT}, others at most ${longest(others).toFixed(0)} ms`);
      equal(oneToken([first, ...others]), oldToken, "the token");
      ok(longest(others) < AT_ONCE, `one of the others waited for ${longest(others).toFixed(0)} ms`);
      ok(first.milliseconds < TIMEOUT + AT_ONCE, `the one that renews waited for ${first.milliseconds.toFixed(0)} ms`);
    }),
  },
];

async function withOldToken(settings, { waitUntil, ...options }, action) {
  await withEngine(settings, { lifetime: LIFETIME }, async ({ endpoint, ask, connect }) => {
    const parameters = { client: clientOf(endpoint, options), waitUntil };
    const [leader, ...others] = await connect(1 + OTHERS);
    const oldToken = oneToken([await leader.post(pathOf("token", parameters))]);
    endpoint.set({ latency: LATENCY });
    await ask("clock", { forward: FORWARD });
    await action({
      endpoint,
      oldToken,
      ask: () => burst(others, "token", parameters),
      askOnce: async () => oneToken([await leader.post(pathOf("token", parameters))]),
      /** One request that finds that it is time to renew, and the others as soon as the endpoint knows. */
      async askWhileRenewing() {
        const first = leader.post(pathOf("token", parameters));
        await until(() => endpoint.waiting.size === 1, "the new token is asked for");
        const answers = await burst(others, "token", parameters);
        return { first: await first, others: answers };
      },
    });
  });
}
