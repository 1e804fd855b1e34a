// Starts the worker and its API from the packed package, as `make www` and the tests need them.

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../tests/runtimes/binaries.mjs";
import { run, start, within } from "../tests/runtimes/launch.mjs";
import { createProject, findTarball } from "../tests/runtimes/project.mjs";
import { startWorker } from "../tests/runtimes/worker.mjs";

const worker = join(dirname(fileURLToPath(import.meta.url)), "worker");
const START_TIMEOUT = 20_000;

export const RUNTIMES = ["workerd", "deno", "bun", "node"];

/** A folder with the package installed and the worker's files beside it, as a user has it. */
export function installed(name = "www") {
  return createProject({ name, tarball: findTarball(), files: [[worker, "."]] });
}

/**
 * @param {string} project of `installed`
 * @param {Record<string, string>} env
 * @returns {Promise<{ origin: string, exited: Promise<object>, end: () => Promise<void> }>}
 */
export function startApi(project, { GATEPASS_DOMAIN, GATEPASS_AUDIENCE, ...rest }) {
  const bindings = { GATEPASS_DOMAIN, GATEPASS_AUDIENCE, ...(rest.REVOKED_URL ? { REVOKED_URL: rest.REVOKED_URL } : {}) };
  return startWorker({ entry: join(project, "api.mjs"), directory: join(project, ".api"), bindings });
}

/**
 * The same for the worker with the page, which can be restarted at its port: its memory is gone then, its store is not.
 * @param {string} runtime
 * @param {string} project of `installed`
 * @param {Record<string, string>} env
 * @param {object} [settings]
 * @param {string} [settings.store] the folder of its store, where the runtime has one
 * @param {(line: string) => void} [settings.onLog] hears what it prints
 * @returns {Promise<{ origin: string, exited: Promise<object>, restart: () => Promise<void>, end: () => Promise<void> }>}
 *   `exited` settles when it has ended by itself
 */
export async function startApp(runtime, project, env, { store = join(project, ".store"), onLog } = {}) {
  const named = { ...env, RUNTIME: await versionOf(runtime) };
  mkdirSync(store, { recursive: true });
  const startAt = (port) => startOnce(runtime, project, named, { port, store, onLog });
  let ended;
  const exited = new Promise((resolve) => (ended = resolve));
  let program;
  const use = (started) => {
    program = started;
    started.exited.then((how) => program === started && ended(how));
  };
  use(await startAt(0));
  const { origin } = program;
  return {
    origin,
    exited,
    async restart() {
      const before = program;
      if (before === undefined) return; // it is being restarted
      program = undefined;
      await before.end();
      try {
        use(await startAt(Number(new URL(origin).port)));
      } catch (error) {
        ended({ error });
      }
    },
    end: async () => program?.end(),
  };
}

async function startOnce(runtime, project, named, { port, store, onLog }) {
  if (runtime === "workerd") {
    return startWorker({
      entry: join(project, "run-workers.mjs"),
      directory: join(project, ".app"),
      bindings: named,
      folders: { ASSETS: join(project, "page") },
      objects: { folder: store, classes: { TOKENS: "TokenBroker" } },
      port,
      onLog,
    });
  }
  const commands = {
    node: ["run-node.mjs"],
    bun: ["run", "run-bun.mjs"],
    deno: ["run", "--no-prompt", "--unstable-kv", `--allow-net=127.0.0.1,${named.GATEPASS_DOMAIN}`, "--allow-env", `--allow-read=.,${store}`, `--allow-write=${store}`, "run-deno.mjs"],
  };
  // Nothing of our own environment but what a program needs to start.
  const { PATH, HOME } = process.env;
  let started;
  const printed = new Promise((resolve) => (started = resolve));
  const program = start(findBinary(runtime), commands[runtime], {
    cwd: project,
    env: { PATH, HOME, NO_COLOR: "1", PORT: String(port), KV_PATH: join(store, "tokens.sqlite"), ...named },
    onLine: (line) => (line.startsWith("http://") ? started(line) : onLog?.(line)),
    onErrorLine: onLog,
  });
  const origin = await within(START_TIMEOUT, Promise.race([printed, program.exited.then(() => undefined)]));
  if (origin === undefined) {
    await program.end();
    throw new Error(`${runtime} did not start`);
  }
  return { origin, exited: program.exited, end: program.end };
}

async function versionOf(runtime) {
  const [line] = await run(findBinary(runtime), ["--version"]);
  const names = { workerd: "workerd", deno: "Deno", bun: "Bun", node: "Node.js" };
  return `${names[runtime]} ${/\d[\w.-]*/.exec(line)?.[0] ?? ""}`.trim();
}
