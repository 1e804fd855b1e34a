// How the installed package is loaded: import, require(), gatepass/init, on each runtime.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { equal, fail } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { startWorker } from "../runtimes/worker.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** What the project consists of, besides the package. */
export const PROGRAMS = [[join(here, "programs"), "."], [join(here, "..", "runtimes", "assert.mjs"), "assert.mjs"]];

// Without a permission, Deno shows that importing needs none; the programs that read the wasm file need one.
export const COMMANDS = {
  node: [],
  node24: [],
  deno: ["run", "--no-prompt", "--cached-only"],
  bun: ["run"],
};
const ALLOWED = { deno: ["--allow-read"] };
const HOSTS = Object.keys(COMMANDS);
export const STORES = ["cache-api", "deno-kv", "durable-object", "redis", "workers-kv"];

const BYTES = ["Uint8Array", "Uint8Array of a part", "Buffer", "ArrayBuffer", "DataView", "DataView of a part"];
const SOURCES = [...BYTES, "WebAssembly.Module", "Response", "Response of another type", "data URL", "data URL as a string"];
// Node's fetch reads no file: URLs.
const FILE_SOURCES = ["file URL", "file URL as a string"];
const READS_FILE_URLS = ["deno", "bun"];

/**
 * @param {(what: string, body: () => Promise<void>) => Promise<boolean>} test
 * @param {string} project where the package and the programs are
 */
export async function checkLoading(test, project) {
  for (const host of HOSTS) {
    const runs = (file, args = [], flags = []) => expectOk(host, [...COMMANDS[host], ...flags, file, ...args], project);
    const reads = (file, args) => runs(file, args, ALLOWED[host]);

    await test(`${host}: import works`, () => runs("import.mjs"));
    await test(`${host}: require() works and gives what import gives`, () => runs("require.cjs", [], ALLOWED[host]));
    await test(`${host}: both entries are one library, the wasm file can be resolved, and nothing else`, () => reads("init-paths.mjs"));
    await test(`${host}: import of the stores works, and they use the same library`, () => runs("stores.mjs"));
    await test(`${host}: require() of the stores works and gives what import gives`, () => runs("stores.cjs", [], ALLOWED[host]));
    for (const entry of ["gatepass", "gatepass/init", ...STORES.map((store) => `gatepass/stores/${store}`)]) {
      await test(`${host}: importing ${entry} does nothing observable`, () => reads("quiet.mjs", [entry]));
    }
    await test(`${host}: before init everything is one clear TypeError, and a failed init changes nothing`, () => reads("before-init.mjs"));
    await test(`${host}: init refuses somebody else's wasm, and the right one can still be given`, () => reads("init-foreign.mjs"));
    for (const source of SOURCES) {
      await test(`${host}: init takes: ${source}, and a promise of it; a second init does nothing`, async () => {
        await Promise.all(["value", "promise"].map((way) => reads("init.mjs", [source, way])));
      });
    }
    for (const source of FILE_SOURCES) {
      const takes = READS_FILE_URLS.includes(host);
      await test(`${host}: init ${takes ? "takes" : "refuses, as the host's fetch does"}: ${source}`, async () => {
        if (takes) await Promise.all(["value", "promise"].map((way) => reads("init.mjs", [source, way])));
        else await expectFailure(host, [...COMMANDS[host], "init.mjs", source, "value"], project, "fetch failed");
      });
    }
  }

  await test("workerd: init takes: WebAssembly.Module", async () => {
    const worker = await startWorker({ entry: join(project, "init-worker.mjs"), directory: join(project, ".init-worker") });
    try {
      equal(await (await fetch(worker.origin)).text(), "ok", "its answer");
    } finally {
      await worker.end();
    }
  });
}

/** The program ends by itself, well, and prints "ok" and nothing else: no warning either. */
export async function expectOk(host, args, cwd) {
  const lines = await run(findBinary(host), args, { cwd, timeout: 30_000 });
  equal(lines.join("\n"), "ok", "output");
}

async function expectFailure(host, args, cwd, message) {
  let lines;
  try {
    lines = await run(findBinary(host), args, { cwd, timeout: 30_000 });
  } catch (error) {
    if (error.message.includes(message)) return;
    throw error;
  }
  fail(`expected an end with ${message}, got: ${lines.join("\n")}`);
}
