// Cold bursts within one process, on Node.js, Deno and Bun.

import { join } from "node:path";
import { equal, ok, same, skip } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { start } from "../runtimes/launch.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { clientOf } from "./setting.mjs";

const SIZES = [1, 20, 200, 1_000];
const LATENCY = 200;
/** Milliseconds that a process may take to end when it has nothing left to do. */
const END = 1_500;
const COMMANDS = {
  node: [],
  node24: [],
  deno: ["run", "--no-prompt", "--allow-net=127.0.0.1"],
  bun: ["run"],
};

export const runtimeTests = (project, note) => Object.entries(COMMANDS).map(([runtime, args]) => ({
  what: `${runtime}: of ${SIZES.join(", ")} callers one asks for the token`,
  async body() {
    const binary = orSkip(() => findBinary(runtime));
    const endpoint = await startTokenEndpoint({ latency: LATENCY });
    try {
      const lines = [];
      const noise = [];
      let last = 0;
      const config = JSON.stringify({ sizes: SIZES, options: clientOf(endpoint) });
      const program = start(binary, [...args, "burst.mjs", config], {
        cwd: join(project),
        onLine(line) {
          lines.push(JSON.parse(line));
          last = performance.now();
        },
        onErrorLine: (line) => noise.push(line),
      });
      const { status } = await program.exited;
      const lingered = performance.now() - last;
      equal(status, 0, `exit status (${noise.slice(-10).join("\n")})`);
      note(`${runtime}: longest waits ${lines.map(({ size, longest }) => `${size}: ${longest.toFixed(0)}`).join(", ")} ms with a latency of ${LATENCY}; ended after ${lingered.toFixed(0)} ms`);
      same(lines.map(({ size, tokens }) => [size, tokens.length]), SIZES.map((size) => [size, 1]), "tokens of each burst");
      equal(endpoint.requests.length, SIZES.length, "token requests");
      ok(lingered < END, `the process lingered for ${lingered.toFixed(0)} ms`);
    } finally {
      await endpoint.close();
    }
  },
}));

function orSkip(find) {
  try {
    return find();
  } catch (error) {
    return skip(error.message);
  }
}
