// Test vectors: Wycheproof and the examples of the RFCs. They are read where they are, in `shared/vectors` beside the
// repository; without that folder the suite says so and counts as skipped, but for the examples that are in here.
//
//   node tests/vectors/run.mjs [node node24 deno bun workerd]
//
// Signed texts (JWS) are read by the core, natively (tests/vectors.rs); what is left of them goes to each host's
// cryptography through `src/host/web/crypto.js`, which is what ships: once with node:crypto where the host has it, once
// with Web Cryptography alone. The raw vectors of the primitives go to the hosts directly.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../runtimes/binaries.mjs";
import { endAll, run } from "../runtimes/launch.mjs";
import { startWorker } from "../runtimes/worker.mjs";
import { jwsCases, rawCases } from "./cases.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const repository = dirname(dirname(here));
const work = join(repository, "tests", ".work", "vectors");
const COMMANDS = { node: [], node24: [], deno: ["run", "--no-prompt", "--allow-read", "--allow-env"], bun: ["run"] };
const HOSTS = [...Object.keys(COMMANDS), "workerd"];

const folder = [join(repository, "..", "shared", "vectors"), join(repository, "..", "..", "shared", "vectors")].find(existsSync);
const hosts = process.argv.length > 2 ? process.argv.slice(2) : HOSTS;
const total = { passed: 0, failed: 0, skipped: 0 };

try {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  if (folder === undefined) {
    console.log("SKIPPED: there is no folder shared/vectors beside the repository; only the examples of the RFCs are checked");
    total.skipped += hosts.length;
  }
  const cases = [...checkedByCore(jwsCases(folder)), ...rawCases(folder)];
  writeFileSync(join(work, "cases.mjs"), `export default ${JSON.stringify(cases)};\n`);
  cpSync(join(here, "program.mjs"), join(work, "program.mjs"));
  cpSync(join(here, "worker.mjs"), join(work, "worker.mjs"));
  cpSync(join(repository, "src", "host", "web", "crypto.js"), join(work, "crypto.js"));
  for (const host of hosts) judge(host, cases, await verdicts(host));
} catch (error) {
  console.error(error);
  total.failed += 1;
} finally {
  await endAll();
}
if (total.failed > 0) process.exitCode = 1;
console.log(`suite vectors: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

/** Each case, with what the core refuses it for or what it asks the host. */
function checkedByCore(cases) {
  const file = join(work, "jws.json");
  writeFileSync(file, JSON.stringify({ cases }));
  execFileSync("cargo", ["test", "--locked", "--quiet", "--test", "vectors"], { cwd: repository, env: { ...process.env, GATEPASS_VECTORS: file }, stdio: ["ignore", "ignore", "inherit"] });
  return JSON.parse(readFileSync(join(work, "jws.checked"), "utf8")).cases;
}

/** For each way a host can check, and each case, whether it is accepted; `null` where the host does not know the algorithm. */
async function verdicts(host) {
  if (host !== "workerd") {
    const lines = await run(findBinary(host), [...COMMANDS[host], "program.mjs"], { cwd: work, timeout: 300_000 });
    return JSON.parse(lines.at(-1));
  }
  const worker = await startWorker({ entry: join(work, "worker.mjs"), directory: join(work, "worker") });
  try {
    return await (await fetch(worker.origin)).json();
  } finally {
    await worker.end();
  }
}

function judge(host, cases, found) {
  for (const [way, accepted] of Object.entries(found)) {
    const sets = {};
    for (const [place, { set, id, expected }] of cases.entries()) {
      const row = (sets[set] ??= { passed: 0, failed: 0, skipped: 0 });
      if (accepted[place] === null) row.skipped += 1;
      else if (accepted[place] === expected) row.passed += 1;
      else {
        row.failed += 1;
        console.log(`FAILED ${host} (${way}): ${set} ${id}: expected to be ${expected ? "accepted" : "refused"}`);
      }
    }
    for (const [set, row] of Object.entries(sets)) {
      for (const key of Object.keys(total)) total[key] += row[key];
      const skipped = row.skipped > 0 ? `, ${row.skipped} SKIPPED: unknown to this host` : "";
      console.log(`  ${host} (${way}) ${set}: ${row.passed} of ${row.passed + row.failed}${skipped}`);
    }
  }
}
