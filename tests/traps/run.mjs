// What happens when memory or stack end in the middle of a call into wasm, on each runtime from the packed package: the
// next call works. The package's wasm is given a maximum of memory here, or its end would be hours away.
//
//   node tests/traps/run.mjs [node node24 deno bun workerd workerd-2024] [--verbose]
//
// GATEPASS_TARBALL names the package; without it, the newest in pkg/ is taken.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startApi } from "../servers/api.mjs";
import { startHostile } from "../servers/hostile.mjs";
import { makeKeys } from "../runtimes/keys.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { readArguments, runOnRuntimes } from "../runtimes/runner.mjs";
import { startSuite } from "../package/counted.mjs";
import { testIsolates } from "./isolate.mjs";
import { limitedFiles } from "./limited.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const MEMORY = 4 * 2 ** 20;

let allPassed = false;
const folder = mkdtempSync(join(tmpdir(), "gatepass-traps-"));
try {
  const keys = await makeKeys();
  const tarball = findTarball();
  const limited = limitedFiles(tarball, MEMORY, folder).map(([written, name]) => [written, join("node_modules", "gatepass", name)]);
  const { verbose, runtimes } = readArguments(process.argv.slice(2));
  allPassed = await runOnRuntimes({
    verbose,
    runtimes,
    title: "traps",
    folder: "traps",
    entry: join(here, "suite.mjs"),
    files: [...["memory.mjs", "stack.mjs"].map((name) => [join(here, name), join("traps", name)]), ...limited],
    startServers: () => startServers(keys),
  });
  if (runtimes.includes("workerd")) {
    const { test, end } = startSuite("traps in isolates");
    await testIsolates(test, await createProject({ name: "traps-isolates", tarball, files: [[join(here, "worker.mjs"), "worker.mjs"], ...limited] }));
    allPassed = end() && allPassed;
  }
} catch (error) {
  console.error(error.message);
} finally {
  await endAll();
  rmSync(folder, { recursive: true });
}
process.exitCode = allPassed ? 0 : 1;

async function startServers(keys) {
  const hostile = await startHostile();
  const api = await startApi({ elsewhere: hostile.elsewhere });
  return {
    close: () => Promise.all([hostile.close(), api.close()]),
    config: { keys, hostile: hostile.origin, resources: hostile.resources, elsewhere: hostile.elsewhere, api: api.origin },
  };
}
