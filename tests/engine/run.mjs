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
import { byDefault, configurations, oneOfEach } from "./configurations.mjs";
import { crowdTests } from "./crowds.mjs";
import { failureTests } from "./failures.mjs";
import { hotControls, hotTests } from "./hot.mjs";
import { leaderTests } from "./leaders.mjs";
import { loadTests } from "./load.mjs";
import { memoryTests } from "./memory.mjs";
import { renewalTests } from "./renewal.mjs";
import { resetTests } from "./resets.mjs";
import { runtimeTests } from "./runtimes.mjs";
import { soakTests } from "./soak.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const texts = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const note = process.argv.includes("--verbose") ? (text) => console.log(`  measured: ${text}`) : () => {};
const { test, end } = startSuite("engine", { looksAtTime: true });

/** Runs tests, so many at the same time. */
async function runAll(tests, { atOnce }) {
  const left = tests.filter(({ what }) => texts.every((text) => what.includes(text)));
  await Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, async () => {
    for (let one = left.shift(); one; one = left.shift()) await test(one.what, one.body);
  }));
}

try {
  const { found, missing } = configurations();
  for (const { workerd, reason } of missing) await test(workerd, () => skip(reason));
  let project;
  let settings;
  const ready = await test("the tarball can be installed", async () => {
    const files = ["worker.mjs", "soak-worker.mjs", "ask.mjs", "programs"].map((name) => [join(here, name), name === "programs" ? "." : name]);
    files.push([join(here, "..", "workerd", "instruments.mjs"), "instruments.mjs"]);
    project = await createProject({ name: "engine", tarball: findTarball(), files });
    settings = found.map((configuration) => ({ ...configuration, project }));
  });
  if (ready) {
    const [newest] = settings;
    // The isolates mostly wait for each other and for the endpoint.
    await runAll([
      ...oneOfEach(settings).flatMap((one) => resetTests(one, note)),
      ...settings.flatMap((one) => hotTests(one)),
      ...hotControls(newest, note),
      ...settings.flatMap((one) => [...soakTests(one, note), ...coldTests(one)]),
    ], { atOnce: 5 });
    // These do so even more, and it is looked at how long.
    await Promise.all([
      runAll(loadTests(newest, project, note), { atOnce: Infinity }),
      runAll(settings.flatMap((one) => [...leaderTests(one, note), ...failureTests(one, note), ...renewalTests(one, note)]), { atOnce: 4 }),
    ]);
    await runAll(byDefault(settings).flatMap((one) => crowdTests(one, note)), { atOnce: 2 });
    await runAll([...runtimeTests(project, note), ...memoryTests(project, note), ...byDefault(settings).flatMap((one) => coldTimes(one, note))], { atOnce: 1 });
  }
} finally {
  await endAll();
  end();
}
