// Calls to APIs, by the packed package: libraries that take a fetch, a thousand calls whose token is revoked, ten thousand with
// faults, large bodies, and requests that workerd cancels.
//
//   node tests/api-calls/run.mjs [--verbose] [--full] [TEXT...]
//
// With --verbose also passing tests, and what was measured; with --full a gigabyte down and up in place of half of it.
// With texts only the tests whose names contain all of them. GATEPASS_TARBALL names the package; without it, the newest in
// pkg/ is taken.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { cancelledTests } from "./cancelled.mjs";
import { faultTests } from "./faults.mjs";
import { libraryTests } from "./libraries.mjs";
import { revokedTests } from "./revoked.mjs";
import { streamTests } from "./streams.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const texts = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const note = process.argv.includes("--verbose") ? (text) => console.log(`  measured: ${text}`) : () => {};
const { test: run, end } = startSuite("api-calls", { looksAtTime: true });
const isWanted = (what) => texts.every((text) => what.includes(text));

try {
  let project;
  const ready = await run("the tarball can be installed", async () => {
    const files = [[join(here, "programs"), "."], [join(here, "..", "workerd", "instruments.mjs"), "instruments.mjs"]];
    project = await createProject({ name: "api-calls", tarball: findTarball(), files });
  });
  if (ready) {
    if (texts.length === 0 || texts.includes("client.fetch")) for (const runTests of libraryTests(run, project)) await runTests();
    const tests = [...faultTests(project, note), ...revokedTests(project, note), ...cancelledTests(project, note), ...streamTests(project, note)];
    for (const { what, body } of tests.filter(({ what: name }) => isWanted(name))) await run(what, body);
  }
} finally {
  await endAll();
  end();
}
