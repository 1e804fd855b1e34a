// Time from import to first call, each time in a process of its own.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { HOSTS, spread, versionOf } from "./hosts.mjs";

const jose = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules", "jose");
/** Both libraries are found at the same place, so that looking for them costs the same. */
export const YARDSTICK = [jose, "node_modules/jose"];

export const RUNS = 21;
// Not counted: they bring files into the disk cache, and code into Deno's code cache, where they are on a second start.
const WARM_UP = 2;

const PROGRAMS = [
  { key: "gatepass", args: ["gatepass.mjs", "ready"] },
  { key: "firstFetch", args: ["gatepass.mjs", "first-fetch"] },
  { key: "jose", args: ["jose.mjs"] },
];

/**
 * @param {string} project where both libraries are installed beside the programs
 * @returns {Promise<{ joseVersion: string, rows: object[] }>} milliseconds: per runtime `imported` and `done` of each program
 */
export async function measureStartUp(project) {
  const rows = [];
  for (const { host, name, args } of HOSTS) {
    const runtime = `${name} ${await versionOf(host)}`;
    console.log(`  ${runtime}: ${PROGRAMS.length} programs, ${RUNS} runs of each`);
    const times = Object.fromEntries(PROGRAMS.map(({ key }) => [key, []]));
    for (let round = -WARM_UP; round < RUNS; round += 1) {
      // In turn, so that what slows the machine down for a while slows all of them down.
      for (const program of PROGRAMS) {
        const [line] = await run(findBinary(host), [...args, ...program.args], { cwd: project, timeout: 30_000 });
        if (round >= 0) times[program.key].push(JSON.parse(line));
      }
    }
    rows.push({ runtime, ...Object.fromEntries(Object.entries(times).map(([key, samples]) => [key, summary(samples)])) });
  }
  return { joseVersion: JSON.parse(readFileSync(join(jose, "package.json"), "utf8")).version, rows };
}

function summary(samples) {
  return { imported: spread(samples.map(({ imported }) => imported)), done: spread(samples.map(({ done }) => done)) };
}
