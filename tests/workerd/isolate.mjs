// The worker under test in a workerd of its own, under a given compatibility date and flags, and ways to call it.

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { equal, fail } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { start, within } from "../runtimes/launch.mjs";

const START_TIMEOUT = 20_000;
/** A request that takes longer hangs. */
const ANSWER_TIMEOUT = 15_000;

// What workerd writes when one request touches what another one made, or waits for what never comes.
const COMPLAINTS = [
  "This promise was created by a request that has since ended",
  "detected that your Worker's code had hung",
  "A promise was resolved or rejected from a different request context",
  "Cannot perform I/O on behalf of a different request",
];

/** Bundles the worker once for all isolates; returns the folder. */
export async function bundleWorker(project) {
  const directory = join(project, ".bundle");
  mkdirSync(directory, { recursive: true });
  await build({
    entryPoints: [join(project, "worker.mjs")],
    outfile: join(directory, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "import"],
    logLevel: "silent",
    plugins: [{
      name: "wasm-stays-a-module",
      setup({ onResolve }) {
        onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
          copyFileSync(join(resolveDir, path), join(directory, basename(path)));
          return { path: `./${basename(path)}`, external: true };
        });
      },
    }],
  });
  return directory;
}

/**
 * Starts an isolate, lets `action` use it, ends it, and fails when workerd has complained meanwhile.
 * @param {{ directory: string, compatibilityDate: string, compatibilityFlags: string[] }} settings
 */
export async function withIsolate(settings, action) {
  const log = [];
  const program = await startWorkerd(settings, log);
  try {
    await action(isolateAt(program.port));
  } finally {
    await program.end();
  }
  const complaint = log.find((line) => COMPLAINTS.some((message) => line.includes(message)));
  if (complaint) fail(`workerd complained: ${complaint}`);
}

/** Waits for a condition that only what runs meanwhile can make true. */
export async function until(condition, what) {
  const end = performance.now() + ANSWER_TIMEOUT;
  while (!condition()) {
    if (performance.now() > end) fail(`it took too long until ${what}`);
    await sleep(1);
  }
}

let started = 0;

async function startWorkerd({ directory, compatibilityDate, compatibilityFlags }, log) {
  const config = join(directory, `config-${(started += 1)}.capnp`);
  writeFileSync(config, configuration(compatibilityDate, compatibilityFlags));
  let listening;
  const port = new Promise((resolve) => (listening = resolve));
  const program = start(findBinary("workerd"), ["serve", basename(config), "--control-fd=3"], {
    cwd: directory,
    env: {},
    onLine: (line) => log.push(line),
    onErrorLine: (line) => log.push(line),
    onControlLine: (line) => {
      const message = JSON.parse(line);
      if (message.event === "listen") listening(message.port);
    },
  });
  const found = await within(START_TIMEOUT, Promise.race([port, program.exited.then(() => undefined)]));
  if (found === undefined) {
    await program.end();
    throw new Error(`workerd did not start:\n${log.slice(-10).join("\n")}`);
  }
  return { port: found, end: program.end };
}

function isolateAt(port) {
  const pathOf = (action, parameters) => `/${action}?${new URLSearchParams(texts(parameters))}`;
  return {
    /** Calls the worker and resolves to its answer; another status, or none within the time, is a failure. */
    async ask(action, parameters = {}, status = 200) {
      let response;
      try {
        response = await fetch(`http://127.0.0.1:${port}${pathOf(action, parameters)}`, {
          signal: AbortSignal.timeout(ANSWER_TIMEOUT),
        });
      } catch (error) {
        return fail(`${action}: ${error.name === "TimeoutError" ? "hangs" : error.cause ?? error}`);
      }
      const text = await response.text();
      equal(response.status, status, `status of ${action} (${text})`);
      try {
        return JSON.parse(text);
      } catch {
        return fail(`${action}: workerd itself answered: ${text}`);
      }
    },

    /** A call on a connection of its own, that can be reset: workerd does not notice a plain end. */
    open(action, parameters) {
      const socket = createConnection(port, "127.0.0.1");
      const call = { answer: "", reset: () => socket.resetAndDestroy() };
      socket.on("error", () => {}); // an answer to the reset is of no interest
      socket.on("data", (chunk) => (call.answer += chunk));
      socket.write(`GET ${pathOf(action, parameters)} HTTP/1.1\r\nhost: worker\r\n\r\n`);
      return call;
    },
  };
}

function texts(parameters) {
  return Object.entries(parameters).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

// The format is workerd.capnp of the workerd repository. `private` lets the worker reach loopback.
function configuration(compatibilityDate, compatibilityFlags) {
  const text = JSON.stringify; // a Cap'n Proto text literal is escaped as JSON is, for the names used here
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "./gatepass_bg.wasm", wasm = embed "gatepass_bg.wasm"),
  ],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(text).join(", ")}],
);
`;
}
