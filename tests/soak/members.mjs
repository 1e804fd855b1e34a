// The members: a process each of Node.js, Deno and Bun, and a workerd.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findBinary } from "../runtimes/binaries.mjs";
import { start, within } from "../runtimes/launch.mjs";
import { startWorker } from "../runtimes/worker.mjs";

const START_TIMEOUT = 30_000;

const COMMANDS = {
  node: ["process.mjs"],
  deno: ["run", "--no-prompt", "--cached-only", "--allow-net=127.0.0.1", "process.mjs"],
  bun: ["run", "process.mjs"],
};
export const MEMBERS = [...Object.keys(COMMANDS), "workerd"];

/** @returns {Promise<{ name: string, port: number, log: string[], rss: () => number, end: () => Promise<void> }>} */
export async function startMember(project, name) {
  const log = [];
  if (name === "workerd") {
    const worker = await startWorker({ entry: join(project, "worker.mjs"), directory: join(project, ".worker"), onLog: (line) => log.push(line) });
    return { name, port: Number(new URL(worker.origin).port), log, rss: () => rssOf(worker.pid), end: worker.end };
  }
  let listening;
  const port = new Promise((resolve) => (listening = resolve));
  const note = (line) => (/^\d+$/.test(line) ? listening(Number(line)) : log.push(line));
  const program = start(findBinary(name), COMMANDS[name], { cwd: project, onLine: note, onErrorLine: note });
  const started = await within(START_TIMEOUT, Promise.race([port, program.exited.then(() => undefined)]));
  if (started === undefined) {
    await program.end();
    throw new Error(`${name} did not start:\n${log.slice(-10).join("\n")}`);
  }
  return { name, port: started, log, rss: () => rssOf(program.child.pid), end: program.end };
}

/** Bytes of memory that a process holds, as Linux tells; 0 where it does not. */
function rssOf(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
  } catch {
    return 0;
  }
}
