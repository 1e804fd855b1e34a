// What other requests find where one was cancelled, or was only taken for cancelled.

import { equal } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { withIsolate } from "./isolate.mjs";
import { clientOf, startServer, verifierOf } from "./server.mjs";

const TIMEOUT = 2_000;
/** Longer than the lifetime of any task. */
const LONG = 10 * 60_000;
/** Longer than the time between two searches for unknown keys, shorter than a key set is fresh. */
const BETWEEN_SEARCHES = 31_000;

/** @type {(test: Function, settings: object) => Promise<void>[]} */
export const givenUpTests = (test, { name, ...settings }) => [
  // A clock that is set, a machine that slept, an isolate so busy that timers come late: the caller still waits.
  test(`${name}: a call whose lifetime ends by the clock while its caller waits is answered all the same`, () =>
    withBoth(settings, async (server, isolate) => {
      server.hang("token");
      const ask = (audience) => isolate.ask("getToken", { client: clientOf(server, { audience, timeout: TIMEOUT }) }, 500);
      const first = ask("https://first.example");
      await until(() => server.waiting.size === 1, "the first call waits for the server");
      await isolate.ask("clock", { forward: LONG });
      const answers = await Promise.all([first, ask("https://second.example")]);
      equal(answers.map(({ code }) => code).join(), "timeout,timeout", "how the calls ended");
    })),

  test(`${name}: a request that is reset while it looks for a new key keeps no other from finding it after its timeout`, () =>
    withBoth(settings, async (server, isolate) => {
      const options = { timeout: TIMEOUT };
      await isolate.ask("verify", verifierOf(server, options));
      server.addKey("new");
      await isolate.ask("clock", { forward: BETWEEN_SEARCHES });

      server.hang("keys");
      const call = isolate.open("verify", verifierOf(server, options, "unknown"));
      await until(() => server.waiting.size === 1, "the call waits for the keys");
      call.reset();
      await until(() => server.waiting.size === 0, "the call is cancelled");
      server.hang(undefined);

      await isolate.ask("clock", { forward: TIMEOUT + 1_000 });
      equal((await isolate.ask("verify", verifierOf(server, options, "new"))).sub, "somebody", "the subject");
    })),
];

async function withBoth(settings, action) {
  const server = await startServer();
  try {
    await withIsolate(settings, (isolate) => action(server, isolate));
  } finally {
    await server.close();
  }
}
