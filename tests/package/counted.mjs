// Counts what a suite finds: failing tests by name, the others silently, and in the end the one line tests/all.mjs reads.

import { readFileSync } from "node:fs";
import { Skipped } from "../runtimes/assert.mjs";
import { unlessStalled } from "../runtimes/stalls.mjs";

/**
 * @param {string} name of the suite
 * @param {object} [options]
 * @param {boolean} [options.looksAtTime] a test that fails while this machine stands still is then run again, and must be able to
 */
export function startSuite(name, { looksAtTime = false } = {}) {
  const verbose = process.argv.includes("--verbose");
  const counts = { passed: 0, failed: 0, skipped: 0 };

  return {
    /** Runs one test; a failure is reported and does not end the suite. Resolves to whether it passed. */
    async test(what, body) {
      const began = performance.now();
      try {
        if (looksAtTime) await unlessStalled(body, (why) => console.log(`  ${what}: ${why}`), waited);
        else await body();
        counts.passed += 1;
        if (verbose) console.log(`  passed: ${what} (${Math.round(performance.now() - began)} ms)`);
        return true;
      } catch (error) {
        if (error instanceof Skipped) {
          counts.skipped += 1;
          console.log(`  skipped: ${what}: ${error.message}`);
          return false;
        }
        counts.failed += 1;
        console.log(`  FAILED ${what}: ${describe(error)}`);
        return false;
      }
    },

    /** Ends the suite; whether it has passed. */
    end() {
      const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
      console.log(`suite ${name}: ${counts.passed} passed, ${counts.failed} failed${skipped}`);
      // A suite in which nothing ran has not passed.
      const passed = counts.failed === 0 && counts.passed > 0;
      process.exitCode = passed ? 0 : 1;
      return passed;
    },
  };
}

/** For how many milliseconds some program has waited for a processor, as Linux counts it (Documentation/accounting/psi.rst). */
function waited() {
  try {
    return Number(/^some .*total=(\d+)/.exec(readFileSync("/proc/pressure/cpu", "utf8"))[1]) / 1000;
  } catch {
    return 0;
  }
}

/** What went wrong and, where it can be told, the line of the suite. */
function describe(error) {
  const place = /tests\/((?!package\/counted)[\w-]+\/[\w-]+\.mjs:\d+)/.exec(error?.stack?.replace(error.message, "") ?? "")?.[1];
  return `${error?.name === "AssertionError" ? error.message : String(error)}${place ? ` (${place})` : ""}`;
}
