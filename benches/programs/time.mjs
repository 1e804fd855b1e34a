// Times what another program here offers: time.mjs '{ "program": "verify", "settings": {}, "pace": { "rounds": 15, "turns": 8, "milliseconds": 1 } }'
// One line of JSON: `found`, by block and way microseconds of each round, and `failing`, what does not run here and why.

import * as verifiers from "./node-verifiers.mjs";
import { NODE_TOKEN_CLIENTS as clients } from "./node-token-clients.mjs";
import { takeOutFailing, timeWays } from "./timing.mjs";

const { program, settings, pace } = JSON.parse(globalThis.Deno?.args[0] ?? globalThis.process.argv[2]);
const { blocksOf } = await import(`./${program}.mjs`);
const blocks = await blocksOf(settings, { clients, verifiers });
const failing = await takeOutFailing(blocks);
const found = {};
for (const [block, ways] of Object.entries(blocks)) found[block] = await timeWays(ways, pace);
console.log(JSON.stringify({ found, failing }));
// A peer's timers are of no interest.
globalThis.process.exit(0);
