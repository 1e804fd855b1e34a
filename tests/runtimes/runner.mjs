// Runs a suite on each runtime against the packed package, as a user would install it. One line per failing test (with
// --verbose, per test) and one summary line per runtime.

import { cpSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary, newestCompatibilityDate } from "./binaries.mjs";
import { start, within } from "./launch.mjs";
import { createProject, findTarball } from "./project.mjs";
import { PRINTED, PRINTED_ALL } from "./suite/printed.mjs";
import { startWorker } from "./worker.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const SUITE_TIMEOUT = 300_000;
// A run mostly waits: for time to pass, and for the servers.
const AT_ONCE = 2;
// A process that has nothing left to do but does not end has something left behind by the library.
const EXIT_TIMEOUT = 10_000;

const COMMANDS = {
  node: ["run-node.mjs"],
  node24: ["run-node.mjs"],
  // 127.0.0.1 is where the servers are. Nothing else is allowed: no file, no environment variable, no other host.
  deno: ["run", "--no-prompt", "--allow-net=127.0.0.1", "run-deno.mjs"],
  bun: ["run", "run-bun.mjs"],
};
const COMPATIBILITY_DATES = { workerd: newestCompatibilityDate(), "workerd-2024": "2024-01-01" };
export const RUNTIMES = [...Object.keys(COMMANDS), ...Object.keys(COMPATIBILITY_DATES)];

/**
 * @param {object} suite
 * @param {string} suite.title what its summary lines call it; nothing for the main suite
 * @param {string} suite.folder where its project is made, below tests/.work/
 * @param {string} suite.entry the module that exports `tests`, `runTest` and `runAll`
 * @param {[from: string, to: string][]} [suite.files] what the entry imports besides suite/
 * @param {() => Promise<{ config: object, close: () => Promise<unknown>, unplayed?: () => string[], certified?: object }>} suite.startServers once
 *   for each runtime; `certified` is for workers (worker.mjs)
 * @param {string[]} [suite.runtimes] all by default
 * @param {boolean} [suite.verbose]
 * @param {(project: string) => Promise<boolean>} [suite.check] of the project, before any runtime; resolves to whether all is well
 * @returns {Promise<boolean>} whether all passed
 */
export async function runOnRuntimes({ title, folder, entry, files = [], startServers, runtimes = RUNTIMES, verbose = false, check = async () => true }) {
  const project = await createProject({
    name: folder,
    tarball: findTarball(),
    files: [
      ...["suite", "assert.mjs", "stalls.mjs", "run-node.mjs", "run-deno.mjs", "run-bun.mjs", "run-workerd.mjs"].map((name) => [join(here, name), name]),
      [entry, "suite.mjs"],
      ...files,
    ],
  });
  let allPassed = await check(project);
  const left = [...runtimes.entries()];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, runtime] = next;
      allPassed = (await runSuite({ title, runtime, project, run: index, startServers, verbose })) && allPassed;
    }
  }));
  return allPassed;
}

/** The runtimes and flags of a command line; ends the program when a runtime is unknown. */
export function readArguments(args) {
  const verbose = args.includes("--verbose");
  const wanted = args.filter((arg) => arg !== "--verbose");
  const unknown = wanted.filter((runtime) => !RUNTIMES.includes(runtime));
  if (unknown.length > 0) {
    console.error(`unknown runtime ${unknown.join(", ")}: there are ${RUNTIMES.join(", ")}`);
    process.exit(2);
  }
  return { verbose, runtimes: wanted.length > 0 ? wanted : RUNTIMES };
}

async function runSuite({ title, runtime, project: common, run, startServers, verbose }) {
  const project = `${common}-${runtime}`;
  rmSync(project, { recursive: true, force: true });
  cpSync(common, project, { recursive: true });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const report = ({ name, outcome, message, again = [], milliseconds }) => {
    counts[outcome] += 1;
    for (const why of again) console.log(`  ${runtime}: ${name}: ${why}`);
    if (outcome === "failed") console.log(`  ${runtime}: FAILED ${name}: ${message}`);
    else if (verbose) console.log(`  ${runtime}: ${outcome} ${name} (${milliseconds} ms)${message ? `: ${message}` : ""}`);
  };
  const printed = watchPrinted();
  const trouble = (message) => report({ name: "the suite runs to its end", outcome: "failed", message });

  const servers = await startServers();
  let running;
  try {
    // A module, because every runtime can import one without being allowed anything.
    writeFileSync(join(project, "config.mjs"), `export default ${JSON.stringify({ run, ...servers.config })};\n`);
    running = runtime in COMMANDS
      ? startProgram(findBinary(runtime), COMMANDS[runtime], project, report, printed.isOne)
      : await startInWorker(COMPATIBILITY_DATES[runtime], join(project, ".worker"), project, report, servers.certified, printed.isOne);
    const problem = await within(SUITE_TIMEOUT, running.ended.then((found) => found ?? ""));
    if (problem === undefined) trouble(`it did not within ${SUITE_TIMEOUT / 1000} s`);
    else if (problem) trouble(problem);
    else if (counts.passed === 0) trouble("no test ran");
    else if (printed.leaks.length > 0) trouble(`the console shows a secret or a token: ${printed.leaks[0]}`);
    else if (printed.count === 0) trouble("the console shows nothing of what the tests met");
    else if (servers.unplayed?.().length > 0) trouble(`no test asks for ${servers.unplayed().join(", ")}`);
  } catch (error) {
    trouble(error.message);
  } finally {
    await running?.end();
    await servers.close();
  }
  console.log(`suite ${title ? `${title} on ` : ""}${runtime}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0;
}

/**
 * Tells the lines of errors and events that a suite prints on purpose (suite/printed.mjs) from others, and looks through them:
 * what a runtime's own console makes of an error must not show a secret or a token.
 */
function watchPrinted() {
  let isWithin = false;
  const found = { count: 0, leaks: [], isOne };
  return found;

  function isOne(line) {
    const begins = line.includes(PRINTED);
    const ends = line.includes(PRINTED_ALL);
    if (isWithin && !begins && !ends) {
      found.count += 1;
      if (/canary-(?:secret|token)/.test(line)) found.leaks.push(line);
    }
    const isPrinted = isWithin || begins;
    isWithin = (isWithin || begins) && !ends;
    return isPrinted;
  }
}

/** `ended` resolves to what went wrong besides failing tests, if anything did. */
function startProgram(command, args, project, report, isPrinted) {
  const noise = [];
  let results = 0;
  let lastResult = performance.now();
  const program = start(command, args, {
    cwd: project,
    onLine(line) {
      if (!line.startsWith("{")) return noise.push(line);
      results += 1;
      lastResult = performance.now();
      return report(JSON.parse(line));
    },
    onErrorLine: (line) => isPrinted(line) || noise.push(line),
  });
  return { ended: program.exited.then(complaint), end: program.end };

  function complaint({ status, signal, error }) {
    if (error || status !== 0) {
      return `ended with ${error?.message ?? signal ?? status} after ${results} tests: ${noise.slice(-15).join("\n")}`;
    }
    const lingered = performance.now() - lastResult;
    if (lingered > EXIT_TIMEOUT) return `the process lingered for ${Math.round(lingered)} ms after its last test`;
    return undefined;
  }
}

async function startInWorker(compatibilityDate, directory, project, report, certified, isPrinted) {
  const log = [];
  const worker = await startWorker({
    entry: join(project, "run-workerd.mjs"),
    directory,
    compatibilityDate,
    certified,
    onLog: (line) => isPrinted(line) || log.push(line),
  });
  return { ended: runTests(), end: worker.end };

  async function runTests() {
    const { tests } = await (await fetch(worker.origin)).json();
    for (let number = 0; number < tests; number += 1) {
      const response = await fetch(`${worker.origin}/?test=${number}`);
      if (!response.ok) {
        report({
          name: `test ${number}`, outcome: "failed", message: `workerd answered ${response.status}: ${log.slice(-5).join("\n")}`,
        });
        continue;
      }
      report(await response.json());
    }
    const complaint = log.find((line) => WORKERD_COMPLAINTS.some((message) => line.includes(message)));
    return complaint && `workerd complained: ${complaint}`;
  }
}

// What workerd writes when one request touches what another one made.
const WORKERD_COMPLAINTS = [
  "This promise was created by a request that has since ended",
  "detected that your Worker's code had hung",
  "A promise was resolved or rejected from a different request context",
  "Cannot perform I/O on behalf of a different request",
];
