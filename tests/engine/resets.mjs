// Requests that are reset while they wait, for the endpoint or for each other: nothing of them may stay in wasm memory.
// tests/workerd/cancelled.mjs has the same for requests that wait alone.

import { setTimeout as sleep } from "node:timers/promises";
import { equal, ok } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { burst, clientOf, oneToken, pathOf, withEngine } from "./setting.mjs";

const RESETS = 20_000;
const WAVES = 10;
const BATCH = 250;
/** After so many waves the allocator has found its places. */
const WARM_UP = 4;
/** In pages. 100 bytes for each reset of the other waves would be 18. */
const TOLERANCE = 2;
/** Longer than any caller waits: what a wave left behind has ended before the next one begins. */
const LONG = 10 * 60_000;

export const resetTests = (settings, note) => [
  {
    what: `${settings.name}: ${RESETS} requests reset while they wait for one token leave nothing in wasm memory`,
    body: () => withEngine(settings, {}, async ({ endpoint, ask, connect }) => {
      endpoint.always("hang");
      const parameters = { client: clientOf(endpoint) };
      const sizes = [];
      for (let wave = 0; wave < WAVES; wave += 1) {
        for (let done = 0; done < RESETS / WAVES; done += BATCH) await resetBatch({ ask, connect, parameters });
        sizes.push(await ask("memory"));
        await ask("clock", { forward: LONG });
      }
      const { started, ended } = await ask("entered");
      note(`${settings.name}: ${started} resets: ${sizes.map(({ pages }) => pages).join(" ")} pages, ${endpoint.requests.length} token requests`);
      equal(started, RESETS, "requests");
      ok(ended < RESETS / 10, `${ended} of ${RESETS} requests ended before they were reset`);
      const [warm, last] = [sizes[WARM_UP - 1], sizes.at(-1)];
      ok(last.pages <= warm.pages + TOLERANCE, `the memory grew from wave to wave: ${sizes.map(({ pages }) => pages).join(" ")} pages`);
      equal(last.references, warm.references, "room for references");

      endpoint.always("token");
      oneToken(await burst(await connect(20), "token", parameters));
    }),
  },
];

async function resetBatch({ ask, connect, parameters }) {
  const before = (await ask("entered")).started;
  const connections = await connect(BATCH);
  for (const connection of connections) connection.post(pathOf("token", parameters));
  await until(async () => (await ask("entered")).started === before + BATCH, "all requests have begun");
  await sleep(10);
  for (const connection of connections) connection.reset();
}
