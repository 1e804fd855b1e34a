// Requests that are cancelled while they wait: nothing of them may stay in wasm memory.
//
// Memory never shrinks, so its pages tell the most that was ever in use: when the lifetime of what one wave left behind
// has ended before the next one begins, all waves together need no more than one.

import { setTimeout as sleep } from "node:timers/promises";
import { equal, ok } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { withIsolate } from "./isolate.mjs";
import { clientOf, startServer, verifierOf } from "./server.mjs";

const RESETS = 500; // in each wave
const WAVES = 10;
/** After so many waves the allocator has found its places. */
const WARM_UP = 4;
/** In pages. The smallest thing that a task consists of, 100 bytes for each reset of the other waves, is 4.6. */
const TOLERANCE = 2;
/** Where only JavaScript waits, wasm has nothing to find places for: fewer waves show as much. */
const SHORT = { waves: 6, warmUp: 1 };
const CONTROL = { waves: 3 };
/** So many at once, that all of them have begun before the first one is answered with `timeout`. */
const BATCH = 50;
const TIMEOUT = 300;
// At least as long as src/js/client.rs and src/js/verifier.rs say.
const TOKEN_LIFETIME = 2 * (30_000 + 60_000);
const CLIENT_LIFETIME = 6 * TIMEOUT;
const VERIFIER_LIFETIME = 6 * TIMEOUT + 180_000;
const NOTHING_ENDS = 600_000;
/** The isolates that have a wave at the same time: one for each of two processors. The others have their pauses. */
const AT_ONCE = 2;

// Most tasks live for more than a minute: the worker's clock is put forward instead.
/** @type {(test: Function, settings: object, note: (text: string) => void) => Promise<void>[]} */
export const cancelledTests = (test, { name, ...settings }, note) => [
  test(`${name}: ${WAVES * RESETS} requests reset while getToken waits leave nothing in wasm memory`, () =>
    withServer({ hanging: "token" }, async (server) => {
      const client = clientOf(server, { timeout: TIMEOUT });
      const waves = await measured(settings, server, ["getToken", { client }], {
        pause: (isolate) => isolate.ask("clock", { forward: TOKEN_LIFETIME + 1_000 }),
        after: (isolate) => isolate.ask("getToken", { client }),
      });
      note(`${name}: getToken ${show(waves)}`);
      flat(waves);
    })),

  test(`${name}: ${SHORT.waves * RESETS} requests reset while callApi waits leave nothing in wasm memory`, () =>
    withServer({ hanging: "api" }, async (server) => {
      let asked;
      const parameters = { client: clientOf(server, { timeout: TIMEOUT }), url: `${server.origin}/api/orders` };
      const waves = await measured(settings, server, ["callApi", parameters], {
        ...SHORT,
        // The token is there before the first wave: these requests wait for nothing but the API.
        async before(isolate) {
          await isolate.ask("getToken", parameters);
          asked = server.counts.token;
        },
        pause: () => sleep(CLIENT_LIFETIME + 200),
        after: async (isolate) => equal((await isolate.ask("callApi", parameters)).text, "/api/orders", "the API's answer"),
      });
      note(`${name}: callApi ${show(waves)}`);
      flat(waves, SHORT);
      equal(server.counts.token, asked, "token requests");
    })),

  test(`${name}: ${WAVES * RESETS} requests reset while verifyAccessToken waits leave nothing in wasm memory`, () =>
    withServer({ hanging: "keys" }, async (server) => {
      const parameters = verifierOf(server, { timeout: TIMEOUT });
      const waves = await measured(settings, server, ["verify", parameters], {
        pause: (isolate) => isolate.ask("clock", { forward: VERIFIER_LIFETIME + 1_000 }),
        after: async (isolate) => equal((await isolate.ask("verify", parameters)).sub, "somebody", "the subject"),
      });
      note(`${name}: verifyAccessToken ${show(waves)}`);
      flat(waves);
    })),
];

/** The same waves where no lifetime ends: were these flat too, the tests above would prove nothing. */
export const controls = (test, { name, ...settings }, note) => [
  test(`${name}: control: memory grows while the lifetime of getToken's tasks has not ended`, () =>
    withServer({ hanging: "token" }, async (server) => {
      const client = clientOf(server, { timeout: NOTHING_ENDS });
      const waves = await measured(settings, server, ["getToken", { client }], CONTROL);
      note(`${name}: control: getToken ${show(waves)}`);
      growing(waves);
    })),

  test(`${name}: control: memory grows while the lifetime of verifyAccessToken's tasks has not ended`, () =>
    withServer({ hanging: "keys" }, async (server) => {
      const parameters = verifierOf(server, { timeout: NOTHING_ENDS });
      const waves = await measured(settings, server, ["verify", parameters], CONTROL);
      note(`${name}: control: verifyAccessToken ${show(waves)}`);
      growing(waves);
    })),
];

async function withServer({ hanging }, action) {
  const server = await startServer();
  server.hang(hanging);
  try {
    await action(server);
  } finally {
    await server.close();
  }
}

/** What the isolate measures after each wave. In the end the server answers again, and so must the worker. */
async function measured(settings, server, [action, parameters], { waves = WAVES, before, pause, after }) {
  const sizes = [];
  await withIsolate(settings, async (isolate) => {
    await before?.(isolate);
    for (let wave = 0; wave < waves; wave += 1) {
      await inTurn(() => resetWave(isolate, server, action, parameters));
      sizes.push(await isolate.ask("memory"));
      await pause?.(isolate);
    }
    server.hang(undefined);
    await after?.(isolate);
  });
  return sizes;
}

async function resetWave(isolate, server, action, parameters) {
  let answered = 0;
  for (let done = 0; done < RESETS; done += BATCH) {
    const { begun } = await isolate.ask("begun");
    const calls = Array.from({ length: BATCH }, () => isolate.open(action, parameters));
    await until(async () => (await isolate.ask("begun")).begun === begun + BATCH, "all calls have begun");
    // One waits for the server and the others for that one, if they want the same.
    // Where this machine is busy, some have ended before.
    await until(() => server.waiting.size > 0 || calls.some(({ answer }) => answer), "the server is asked");
    answered += calls.filter(({ answer }) => answer).length;
    for (const call of calls) call.reset();
    // workerd hangs up when it cancels a request, and that is how one knows that it did.
    await until(() => server.waiting.size === 0, "all calls are cancelled");
  }
  ok(answered < RESETS / 10, `${answered} of ${RESETS} calls were answered before they were reset`);
}

const free = Array.from({ length: AT_ONCE }, () => Promise.resolve());
async function inTurn(action) {
  const result = free.shift().then(action);
  free.push(result.catch(() => {}));
  return result;
}

function flat(waves, { warmUp = WARM_UP } = {}) {
  const [warm, end] = [waves[warmUp - 1], waves.at(-1)];
  ok(end.pages <= warm.pages + TOLERANCE, `the memory grew from wave to wave: ${show(waves)}`);
  equal(end.references, warm.references, "room for references");
}

function growing(waves) {
  ok(waves.at(-1).pages > waves[0].pages + 10, `the memory did not grow: ${show(waves)}`);
}

function show(waves) {
  return `${waves.map(({ pages }) => pages).join(" ")} pages, ${waves.map(({ references }) => references).join(" ")} references`;
}
