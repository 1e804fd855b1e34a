// What workerd does to requests, and what may not come of it: requests that are cancelled, that want the same at the same
// time, that make everything anew. On the pinned workerd, what wants the same at the same time on older ones too; from the
// packed package:
//
//   node tests/workerd/run.mjs [--verbose]
//
// With --verbose also passing tests, and what was measured. GATEPASS_TARBALL names the package; without it, the newest in
// pkg/ is taken.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { configurations } from "../engine/configurations.mjs";
import { startSuite } from "../package/counted.mjs";
import { skip } from "../runtimes/assert.mjs";
import { newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { cancelledTests, controls } from "./cancelled.mjs";
import { resetTests, testBursts, testKeyBursts } from "./concurrent.mjs";
import { testConstructions } from "./constructed.mjs";
import { givenUpTests } from "./given-up.mjs";
import { testModuleScope } from "./module-scope.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const newest = newestCompatibilityDate();
// The default since 2024-10-14: a promise that one request settles continues in the request that made it, or not at all.
const FLAG = "no_handle_cross_request_promise_resolution";
const CONFIGURATIONS = [
  { compatibilityDate: "2024-01-01", compatibilityFlags: [] },
  { compatibilityDate: newest, compatibilityFlags: [] },
  { compatibilityDate: newest, compatibilityFlags: [FLAG] },
].map((configuration) => ({
  ...configuration, name: [configuration.compatibilityDate, ...configuration.compatibilityFlags].join(" "),
}));

const note = process.argv.includes("--verbose") ? (text) => console.log(`  measured: ${text}`) : () => {};
const { test, end } = startSuite("workerd-isolate", { looksAtTime: true });
try {
  const { found, missing } = configurations();
  for (const { workerd, reason } of missing) await test(workerd, () => skip(reason));
  let settings;
  let everywhere;
  const ready = await test("the tarball can be installed", async () => {
    const files = ["worker.mjs", "instruments.mjs"].map((name) => [join(here, name), name]);
    const project = await createProject({ name: "workerd", tarball: findTarball(), files });
    settings = CONFIGURATIONS.map((configuration) => ({ ...configuration, project }));
    everywhere = found.map((configuration) => ({ ...configuration, project }));
  });
  if (ready) {
    // The isolates of these mostly wait.
    await Promise.all([...settings.flatMap((one) => cancelledTests(test, one, note)), ...controls(test, settings[1], note)]);
    await Promise.all(settings.flatMap((one) => givenUpTests(test, one)));
    for (const one of everywhere) await Promise.all(resetTests(test, one));
    // These do not.
    await Promise.all(settings.map((one) => testModuleScope(test, one)));
    await Promise.all(settings.map((one) => testBursts(test, one)));
    for (let at = 0; at < everywhere.length; at += 4) await Promise.all(everywhere.slice(at, at + 4).map((one) => testKeyBursts(test, one)));
    await Promise.all(settings.map((one) => testConstructions(test, one, note)));
  }
} finally {
  await endAll();
  end();
}
