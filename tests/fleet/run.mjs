// Fleets of clients that share a store: processes and isolates, with the real things behind them; from the packed package:
//
//   node tests/fleet/run.mjs [--verbose] [TEXT...]
//
// With --verbose also passing tests, and what was measured. With texts only the tests whose names contain all of them. What
// needs a `redis-server` is skipped where there is none. GATEPASS_TARBALL names the package; without it, the newest in pkg/
// is taken.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { same } from "../runtimes/assert.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { brokerTests } from "./brokers.mjs";
import { fleetTests } from "./fleets.mjs";
import { startMembers } from "./start.mjs";
import { troubleTests } from "./troubles.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const texts = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const note = process.argv.includes("--verbose") ? (text) => console.log(`  measured: ${text}`) : () => {};
const { test, end } = startSuite("fleet", { looksAtTime: true });

/** Runs tests, so many at the same time. */
async function runAll(tests, { atOnce }) {
  const left = tests.filter(({ what }) => texts.every((text) => what.includes(text)));
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let one = left.shift(); one; one = left.shift()) await test(one.what, one.body);
  }));
}

const folder = mkdtempSync(join(tmpdir(), "gatepass-fleet-"));
try {
  let project;
  const installed = await test("the tarball can be installed", async () => {
    project = await createProject({ name: "fleet", tarball: findTarball(), files: [[join(here, "programs"), "."]] });
  });
  if (installed) {
    const members = await startMembers(project, folder);
    const parts = { ...members, folder, note };
    // The members mostly wait, but not when a test begins.
    await Promise.all([
      runAll(fleetTests(parts), { atOnce: 10 }),
      runAll([...brokerTests(parts), ...troubleTests(parts)], { atOnce: 4 }),
    ]);
    for (const { compatibilityDate, log } of members.fleets) {
      await test(`workerd (${compatibilityDate}): it printed no complaint`, () => same(log, [], "lines"));
    }
    await members.end();
  }
} finally {
  await endAll();
  rmSync(folder, { recursive: true, force: true });
  end();
}
