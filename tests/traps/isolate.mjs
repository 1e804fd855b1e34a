// Requests that are under way in an isolate of workerd when another request meets the end of its memory: each has its answer,
// and none is touched by another.

import { setTimeout as sleep } from "node:timers/promises";
import { equal, ok } from "../runtimes/assert.mjs";
import { newestCompatibilityDate, WORKERD_VERSIONS } from "../runtimes/binaries.mjs";
import { withIsolate } from "../workerd/isolate.mjs";
import { startServer } from "../workerd/server.mjs";

const LATENCY = 500;
/** For an answer, and for whoever waits for one that never comes to take over. */
const SOON = 4_000;

export async function testIsolates(test, project) {
  // They mostly wait.
  await Promise.all(WORKERD_VERSIONS.flatMap((workerd) => ["2024-01-01", newestCompatibilityDate(workerd)].map((compatibilityDate) =>
    test(`each request of an isolate has its answer when memory ends in one: ${workerd}, ${compatibilityDate}`, () =>
      withIsolate({ project, workerd, compatibilityDate, compatibilityFlags: [] }, answered)))));
}

async function answered(isolate) {
  const server = await startServer({ latency: LATENCY });
  const ask = (audience, more) => isolate.ask("token", { server: `${server.origin}/token`, audience, ...more });
  try {
    for (let round = 0; round < 3; round += 1) {
      // Many for one token, of which one asks and the others wait; with something to keep them alive and without; and some for others.
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      const shared = `shared-${round}`;
      const answers = Promise.all(numbers.flatMap((number) => [ask(shared), ask(shared, { ctx: true }), ask(`own-${round}-${number}`)]));
      await sleep(LATENCY / 2);
      equal(await isolate.ask("exhaust"), "interrupted", "what met the end of memory");
      const began = performance.now();
      for (const answer of await answers) equal(answer, "interrupted", "an answer");
      ok(performance.now() - began < SOON, "they have come soon");
      equal(await ask(shared), `token-for-${shared}`, "the next token");
    }
  } finally {
    await server.close();
  }
}
