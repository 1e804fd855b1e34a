// The token engine where requests come at once, vanish and fail, on three versions of workerd under each of four settings,
// and on Node.js, Deno and Bun; from the packed package:
//
//   node tests/engine/run.mjs [--verbose] [TEXT...]
//
// With --verbose also passing tests, and what was measured. With texts only the tests whose names contain all of them.
// GATEPASS_TARBALL names the package; without it, the newest in pkg/ is taken.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { skip } from "../runtimes/assert.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { coldTests, coldTimes } from "./cold.mjs";
import { asDeployed, configurations } from "./configurations.mjs";
import { failureTests } from "./failures.mjs";
import { hotControls, hotTests } from "./hot.mjs";
import { leaderTests } from "./leaders.mjs";
import { renewalTests } from "./renewal.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const texts = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const note = process.argv.includes("--verbose") ? (text) => console.log(`  measured: ${text}`) : () => {};
const { test, end } = startSuite("engine");

/** Runs tests, so many at the same time. */
async function runAll(tests, { atOnce }) {
  const left = tests.filter(({ what }) => texts.every((text) => what.includes(text)));
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let one = left.shift(); one; one = left.shift()) await test(one.what, one.body);
  }));
}

try {
  const { found, missing } = configurations();
  for (const { workerd, reason } of missing) await test(workerd, () => skip(reason));
  let settings;
  const ready = await test("the tarball can be installed", async () => {
    const files = ["worker.mjs", "ask.mjs"].map((name) => [join(here, name), name]);
    files.push([join(here, "..", "workerd", "instruments.mjs"), "instruments.mjs"]);
    const project = await createProject({ name: "engine", tarball: findTarball(), files });
    settings = found.map((configuration) => ({ ...configuration, project }));
  });
  if (ready) {
    const [newest] = asDeployed(settings);
    // The isolates mostly wait for each other and for the endpoint.
    await runAll([
      ...settings.flatMap((one) => hotTests(one)),
      ...hotControls(newest, note),
      ...settings.flatMap((one) => coldTests(one, note)),
    ], { atOnce: 6 });
    // Of these the time is looked at.
    await runAll(settings.flatMap((one) => [...leaderTests(one, note), ...failureTests(one, note), ...renewalTests(one, note)]), { atOnce: 4 });
    await runAll(settings.flatMap((one) => coldTimes(one, note)), { atOnce: 1 });
  }
} finally {
  await endAll();
  end();
}
