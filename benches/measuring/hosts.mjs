// Where it is measured: processes of the pinned runtimes, and workers.

import { join } from "node:path";
import { builtinModules } from "node:module";
import { findBinary } from "../../tests/runtimes/binaries.mjs";
import { run } from "../../tests/runtimes/launch.mjs";
import { startWorker } from "../../tests/runtimes/worker.mjs";
import { timeWays } from "../programs/timing.mjs";
import { kindByName, rowsOf } from "./statistics.mjs";

const HOSTS = [
  { host: "node", name: "Node.js", args: [] },
  { host: "node24", name: "Node.js", args: [] },
  { host: "deno", name: "Deno", args: ["run", "--no-prompt", "--cached-only", "--allow-all"] },
  { host: "bun", name: "Bun", args: ["run"] },
];
const TIMEOUT = 240_000;
/** What it takes to ask a worker varies by a part of a millisecond: longer turns, and fewer of them. */
const [LONGEST_TURN, ASKED_TURNS] = [20, 2];

/** @returns {Promise<{ host: string, label: string, run: (...args: string[]) => Promise<any> }[]>} `run` resolves to what the last line says, as JSON */
export async function processHosts(project, only) {
  return Promise.all(HOSTS.filter(({ host }) => !only || only.includes(host)).map(async ({ host, name, args }) => ({
    host,
    label: `${name} ${await versionOf(host)}`,
    async run(...more) {
      const lines = await run(findBinary(host), [...args, ...more], { cwd: project, timeout: TIMEOUT });
      return JSON.parse(lines.at(-1));
    },
  })));
}

export async function versionOf(host) {
  const [line] = await run(findBinary(host), ["--version"]);
  return /\d+[.-]\d+[.-]\d+\S*/.exec(line)[0];
}

export const workerdLabel = async () => `workerd ${await versionOf("workerd")}`;

/** What time.mjs times, on every runtime, as blocks with a column for each runtime. */
export async function timeEverywhere({ project, pace, note, only }, program, settings, { unit = "µs" } = {}) {
  const blocks = new Map();
  const add = (column, { found, failing }) => {
    for (const [name, samples] of Object.entries(found)) {
      if (!blocks.has(name)) blocks.set(name, { name, unit, columns: [] });
      const absent = Object.entries(failing[name]).map(([way, why]) => ({ name: way, kind: kindByName(way), absent: why }));
      blocks.get(name).columns.push({ name: column, rows: [...rowsOf(samples), ...absent] });
    }
  };
  for (const { label, run: runThere } of await processHosts(project, only)) {
    note(label);
    add(label, await runThere("time.mjs", JSON.stringify({ program, settings, pace })));
  }
  if (!only || only.includes("workerd")) {
    const label = await workerdLabel();
    note(label);
    add(label, await timeInWorkerd(project, pace, program, settings));
  }
  return [...blocks.values()];
}

/** What needs Node.js's modules is in a worker of its own, and has its turn all the same. */
async function timeInWorkerd(project, pace, program, settings) {
  const workers = await startWorkers(project, { needNode: program !== "api-call" });
  try {
    const ask = async ({ origin, settings: its }, more) => {
      const response = await fetch(origin, { method: "POST", body: JSON.stringify({ program, settings: { ...settings, ...its }, ...more }) });
      if (!response.ok) throw new Error(`${program} failed in workerd: ${await response.text()}`);
      return response.text();
    };
    const blocks = {};
    const failing = {};
    for (const worker of workers) {
      const offered = JSON.parse(await ask(worker));
      for (const [block, names] of Object.entries(offered.names)) {
        const ways = (blocks[block] ??= {});
        for (const way of names) ways[way] = (count) => ask(worker, { block, way, count });
        failing[block] = { ...failing[block], ...offered.failing[block] };
      }
    }
    const found = {};
    for (const [block, ways] of Object.entries(blocks)) {
      // What it takes to ask, without anything to do, is taken off.
      const clock = async (way, count) => {
        const took = [];
        for (const times of [0, 0, 0, count]) {
          const began = performance.now();
          await way(times);
          took.push(performance.now() - began);
        }
        return Math.max(0.001, took.pop() - Math.min(...took));
      };
      const asked = { rounds: pace.rounds, turns: Math.min(pace.turns, ASKED_TURNS), milliseconds: Math.min(pace.turns * pace.milliseconds * 2, LONGEST_TURN) };
      found[block] = await timeWays(ways, asked, clock);
    }
    return { found, failing };
  } finally {
    for (const { end } of workers) await end();
  }
}

export async function startWorkers(project, { needNode = true, bindings = {} } = {}) {
  const plain = await startWorker({ entry: join(project, "plain-worker.mjs"), directory: join(project, ".plain-worker"), bindings });
  if (!needNode) return [{ ...plain, settings: {} }];
  const node = await startWorker({
    entry: join(project, "node-worker.mjs"), directory: join(project, ".node-worker"), bindings, compatibilityFlags: ["nodejs_compat"], plugins: [nodeModules],
  });
  return [{ ...plain, settings: {} }, { ...node, settings: { onlyNode: true } }];
}

/** CommonJS modules `require` what workerd only lets them `import`. */
const nodeModules = {
  name: "node-modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${builtinModules.join("|")})$`) }, ({ path, kind }) => {
      const name = path.replace(/^(node:)?/, "node:");
      return kind === "require-call" ? { path: name, namespace: "required" } : { path: name, external: true };
    });
    onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({ contents: `import all from ${JSON.stringify(path)};\nmodule.exports = all;\n` }));
  },
};
