// Time from import to first call, each time in a process of its own.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { createProject } from "../runtimes/project.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const jose = join(dirname(here), "node_modules", "jose");

export const RUNS = 21;
// Not counted: they bring files into the disk cache, and code into Deno's code cache, where they are on a second start.
const WARM_UP = 2;

const HOSTS = [
  { host: "node", name: "Node.js", args: [] },
  { host: "node24", name: "Node.js", args: [] },
  { host: "deno", name: "Deno", args: ["run", "--no-prompt", "--cached-only"] },
  { host: "bun", name: "Bun", args: ["run"] },
];
const PROGRAMS = [
  { key: "gatepass", args: ["gatepass.mjs", "ready"] },
  { key: "firstFetch", args: ["gatepass.mjs", "first-fetch"] },
  { key: "jose", args: ["jose.mjs"] },
];

/**
 * @param {string} tarball
 * @returns {Promise<{ joseVersion: string, rows: object[] }>} milliseconds: per runtime `imported` and `done` of each program
 */
export async function measureStartUp(tarball) {
  // Both libraries are found at the same place, so that looking for them costs the same.
  const project = await createProject({ name: "measure", tarball, files: [[join(here, "programs"), "."], [jose, "node_modules/jose"]] });
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

async function versionOf(host) {
  const [line] = await run(findBinary(host), ["--version"]);
  return /\d+\.\d+\.\d+\S*/.exec(line)[0];
}

function summary(samples) {
  return { imported: spread(samples.map(({ imported }) => imported)), done: spread(samples.map(({ done }) => done)) };
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return { fastest: at(0), quarter: at(0.25), median: at(0.5), threeQuarters: at(0.75), slowest: at(1) };
}
