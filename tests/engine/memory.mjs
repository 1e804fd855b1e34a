// Memory on Node.js: flat, whatever is called how often.

import { equal, ok } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";

/** Bytes by which the process may grow. Its heap is hardly ever the same; what it keeps of the system's memory varies more. */
const GROWTH = { rss: 40_000_000, heapUsed: 8_000_000 };
/** In pages of wasm memory: where nothing is given back, the allocator still finds better and worse places. */
const TOLERANCE = 2;
/** What 20 000 distinct audiences may take in wasm memory; only 1 000 are kept. */
const MOST_PAGES = 64;

export const memoryTests = (project, note) => [
  {
    what: "Node.js: a million calls, 20 000 audiences and 200 000 distinct tokens leave nothing in memory that grows",
    async body() {
      const lines = await run(findBinary("node"), ["--expose-gc", "memory.mjs"], { cwd: project, timeout: 300_000 });
      const [calls, audiences, tokens] = lines.map((line) => JSON.parse(line));
      for (const { name, count, microseconds, warm, end } of [calls, audiences, tokens]) {
        note(`Node.js: ${count} ${name}: ${microseconds.toFixed(2)} us each, ${warm.pages} -> ${end.pages} pages, RSS ${megabytes(warm.rss)} -> ${megabytes(end.rss)}, heap ${megabytes(warm.heapUsed)} -> ${megabytes(end.heapUsed)}`);
        ok(end.pages <= warm.pages + TOLERANCE, `wasm memory grew from ${warm.pages} to ${end.pages} pages in ${count} ${name}`);
        equal(end.references, warm.references, "room for references");
        for (const [kind, allowed] of Object.entries(GROWTH)) {
          ok(end[kind] - warm[kind] <= allowed, `${kind} grew from ${megabytes(warm[kind])} to ${megabytes(end[kind])} in ${count} ${name}`);
        }
      }
      ok(audiences.end.pages <= MOST_PAGES, `${audiences.end.pages} pages of wasm memory`);
      equal(calls.requests, 1, "token requests of a million calls");
      equal(tokens.requests, 0, "requests for the sake of tokens");
      equal(audiences.requests, audiences.count, "token requests, one for each audience");
    },
  },
];

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
