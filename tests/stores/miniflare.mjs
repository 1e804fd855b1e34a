// A worker in workerd with Cloudflare's bindings. Miniflare needs a newer Node.js than the library, so it runs in a program
// of its own; the workerd that it runs is the pinned one (see "overrides" in ../package.json).

import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { forgetGroup, signalGroup, startGroup } from "../demo/process-group.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { within } from "../runtimes/launch.mjs";
import { bundle } from "../runtimes/worker.mjs";

const START_TIMEOUT = 30_000;
const END_TIMEOUT = 5_000;
const LISTENING = "listening on ";

/** @returns {Promise<{ origin: string, log: string[], end: () => Promise<void> }>} what it printed is in `log` */
export async function startMiniflare({ project, entry, directory, ...settings }) {
  const wasmModules = await bundle(join(project, entry), directory);
  // A group, because a workerd whose Miniflare was killed would live on.
  const program = startGroup(findBinary("node24"), ["miniflare.mjs", JSON.stringify({ directory, wasmModules, ...settings })], {
    cwd: project,
    // Where Miniflare keeps its files.
    env: { ...process.env, TMPDIR: directory },
  });
  const closed = once(program, "close");
  const end = async () => {
    signalGroup(program.pid, "SIGTERM");
    await within(END_TIMEOUT, closed);
    signalGroup(program.pid, "SIGKILL");
    await closed;
    forgetGroup(program.pid);
  };

  const log = [];
  const listening = new Promise((resolve) => {
    for (const stream of [program.stdout, program.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (line.startsWith(LISTENING)) resolve(line.slice(LISTENING.length));
        else log.push(line);
      });
    }
  });
  const origin = await within(START_TIMEOUT, Promise.race([listening, closed.then(() => undefined)]));
  if (origin !== undefined) return { origin, log, end };
  await end();
  throw new Error(`Miniflare did not start:\n${log.slice(-10).join("\n")}`);
}
