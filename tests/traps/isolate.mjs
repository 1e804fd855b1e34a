// Requests that are under way in an isolate of workerd when another request meets the end of its memory: each has its answer,
// and none is touched by another.

import { equal, ok } from "../runtimes/assert.mjs";
import { newestCompatibilityDate, WORKERD_VERSIONS } from "../runtimes/binaries.mjs";
import { until } from "../runtimes/waiting.mjs";
import { sendJson } from "../servers/recording.mjs";
import { withIsolate } from "../workerd/isolate.mjs";
import { startServer } from "../workerd/server.mjs";

/** For one token, in each of two ways; and each for a token of its own. */
const CALLERS = 20;
/** For an answer, and for whoever waits for one that never comes to take over. */
const SOON = 4_000;

export async function testIsolates(test, project) {
  // They mostly wait.
  await Promise.all(WORKERD_VERSIONS.flatMap((workerd) => ["2024-01-01", newestCompatibilityDate(workerd)].map((compatibilityDate) =>
    test(`each request of an isolate has its answer when memory ends in one: ${workerd}, ${compatibilityDate}`, () =>
      withIsolate({ project, workerd, compatibilityDate, compatibilityFlags: [] }, answered)))));
}

async function answered(isolate) {
  const server = await startServer();
  const ask = (audience, more) => isolate.ask("token", { server: `${server.origin}/token`, audience, ...more });
  try {
    for (let round = 0; round < 3; round += 1) {
      // Many for one token, of which one asks and the others wait; with something to keep them alive and without; and some for others.
      const numbers = Array.from({ length: CALLERS }, (_, number) => number);
      const shared = `shared-${round}`;
      const begun = await isolate.ask("begun");
      server.hang("token");
      const answers = Promise.all(numbers.flatMap((number) => [ask(shared), ask(shared, { ctx: true }), ask(`own-${round}-${number}`)]));
      await until(async () => server.waiting.size > CALLERS && (await isolate.ask("begun")) === begun + 3 * CALLERS, "all have begun");
      equal(await isolate.ask("exhaust"), "interrupted", "what met the end of memory");
      server.hang(undefined);
      for (const response of server.waiting) sendJson(response, 200, { access_token: "late", token_type: "Bearer", expires_in: 3600 });
      const began = performance.now();
      for (const answer of await answers) equal(answer, "interrupted", "an answer");
      ok(performance.now() - began < SOON, "they have come soon");
      equal(await ask(shared), `token-for-${shared}`, "the next token");
    }
  } finally {
    await server.close();
  }
}
