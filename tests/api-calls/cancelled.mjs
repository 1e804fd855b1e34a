// Requests that workerd cancels while callApi waits, for the API, within a pause or for another token: nothing of them stays
// in wasm memory.

import { createConnection } from "node:net";
import { equal, fail, ok } from "../runtimes/assert.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { startServer, sendJson } from "./server.mjs";
import { WORKERS, withWorker } from "./hosts.mjs";
import { clientOf } from "./setting.mjs";

const WAVES = 8;
const RESETS = 2_500; // in each wave; 20 000 in all
const BATCH = 100;
/** After so many waves the allocator has found its places. */
const WARM_UP = 2;
/** In pages of 64 KiB: 100 bytes for each reset of the other waves are 22. */
const TOLERANCE = 2;
const ENOUGH = 20_000;

/** What the calls wait for, in turn. */
const PLACES = {
  answer: () => {},
  pause: ({ response }) => sendJson(response, 503, {}, { "retry-after": "10" }),
};

export const cancelledTests = (project, note) => Object.keys(WORKERS).map((host) => ({
  what: `${host}: ${WAVES * RESETS} requests reset while callApi waits leave nothing in wasm memory`,
  async body() {
    const endpoint = await startTokenEndpoint();
    const waiting = new Set();
    const api = await startServer((exchange) => {
      const place = exchange.url.pathname.slice(1);
      if (!(place in PLACES)) return sendJson(exchange.response, 200, {});
      waiting.add(exchange.response);
      exchange.response.once("close", () => waiting.delete(exchange.response));
      return PLACES[place](exchange);
    });
    try {
      await withWorker(host, project, "cancelled-worker.mjs", async ({ origin }) => {
        const query = new URLSearchParams({ client: JSON.stringify(clientOf(endpoint)), api: api.origin });
        const ask = async (action) => (await fetch(`${origin}/${action}?${query}`)).json();
        equal((await ask("call/fine")).status, 200, "status");
        const sizes = [];
        for (let wave = 0; wave < WAVES; wave += 1) {
          for (let done = 0; done < RESETS; done += BATCH) await resetBatch(origin, query, done % 200 === 0 ? "answer" : "pause", { ask, waiting });
          sizes.push(await ask("memory"));
        }
        note(`${host}: ${sizes.map(({ pages }) => pages).join(" ")} pages, ${sizes.map(({ references }) => references).join(" ")} references`);
        const [warm, end] = [sizes[WARM_UP - 1], sizes.at(-1)];
        ok(end.pages <= warm.pages + TOLERANCE, `the memory grew from ${warm.pages} to ${end.pages} pages`);
        equal(end.references, warm.references, "room for references");
        equal((await ask("call/fine")).status, 200, "status in the end");
        equal(endpoint.requests.length, 1, "token requests");
      });
    } finally {
      await Promise.all([endpoint.close(), api.close()]);
    }
  },
}));

/** Calls that have begun to wait, and are reset then. */
async function resetBatch(origin, query, place, { ask, waiting }) {
  const { begun, ended } = await ask("counts");
  const sockets = Array.from({ length: BATCH }, () => {
    const socket = createConnection(new URL(origin).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`GET /call/${place}?${query} HTTP/1.1\r\nhost: worker\r\n\r\n`);
    return socket;
  });
  // Within a pause the answer has come: the API's side knows nothing of it.
  await until(async () => (await ask("counts")).begun === begun + BATCH, "all calls have begun");
  if (place === "answer") await until(() => waiting.size === BATCH, "all calls wait for the API");
  for (const socket of sockets) socket.resetAndDestroy();
  await until(() => waiting.size === 0, "all calls are cancelled");
  const counts = await ask("counts");
  ok(counts.ended - ended <= BATCH / 10, `${counts.ended - ended} of ${BATCH} calls ended before they were reset`);
}

async function until(condition, what) {
  const end = performance.now() + ENOUGH;
  while (!(await condition())) {
    if (performance.now() > end) fail(`it took too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
