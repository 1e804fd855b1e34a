// The same calls on each host: in a process of Node.js, Deno or Bun, or each as a request of its own to a worker.

import { join } from "node:path";
import { fail, skip } from "../runtimes/assert.mjs";
import { findBinary, newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { startWorker } from "../runtimes/worker.mjs";

export const COMMANDS = {
  node: [],
  node24: [],
  deno: ["run", "--no-prompt", "--allow-net=127.0.0.1"],
  bun: ["run"],
};
export const WORKERS = { "workerd": newestCompatibilityDate(), "workerd as of 2024-01-01": "2024-01-01" };
export const HOSTS = [...Object.keys(COMMANDS), ...Object.keys(WORKERS)];

/** The binary of a host, or the end of a test that cannot do without it. */
export function binaryOf(host) {
  try {
    return findBinary(host.split(" ")[0]);
  } catch (error) {
    return skip(error.message);
  }
}

/** Runs a program of this suite and gives the JSON lines that it prints. */
export async function runProgram(host, project, program, config, { timeout = 120_000 } = {}) {
  const lines = await run(binaryOf(host), [...COMMANDS[host], program, JSON.stringify(config)], { cwd: project, timeout });
  return lines.filter((line) => line.startsWith("{") || line.startsWith("[")).map((line) => JSON.parse(line));
}

let workers = 0;

/** Lets `action` use a worker that answers `POST /` with what its module makes of a JSON body. */
export async function withWorker(host, project, entry, action) {
  binaryOf(host);
  const log = [];
  const worker = await startWorker({
    entry: join(project, entry),
    directory: join(project, `.worker-${(workers += 1)}`),
    compatibilityDate: WORKERS[host],
    onLog: (line) => log.push(line),
  });
  try {
    await action(worker);
  } finally {
    await worker.end();
  }
  const complaint = log.find((line) => COMPLAINTS.some((message) => line.includes(message)));
  if (complaint) fail(`workerd complained: ${complaint}`);
}

// What workerd writes when one request touches what another one made, or waits for what never comes.
const COMPLAINTS = [
  "This promise was created by a request that has since ended",
  "detected that your Worker's code had hung",
  "A promise was resolved or rejected from a different request context",
  "Cannot perform I/O on behalf of a different request",
];

/**
 * Makes `count` calls of a module's `one(config, number)`, so many at a time, and gives what each came to.
 * @returns {Promise<object[]>}
 */
export async function makeCalls(host, project, module, config, { count, atOnce, timeout }) {
  if (host in COMMANDS) {
    const [results] = await runProgram(host, project, "many.mjs", { module, config, count, atOnce }, { timeout });
    return results;
  }
  const results = new Array(count);
  await withWorker(host, project, "many-worker.mjs", async ({ origin }) => {
    let next = 0;
    const post = async (number) => {
      const response = await fetch(origin, { method: "POST", body: JSON.stringify({ module, config, number }) });
      const text = await response.text();
      results[number] = response.ok ? JSON.parse(text) : fail(`workerd answered ${response.status}: ${text}`);
    };
    await post(0);
    next = 1;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (next < count) await post(next++);
    }));
  });
  return results;
}
