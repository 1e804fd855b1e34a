// Tests that look at time, on a machine that may have no time for them.

import { Skipped } from "./assert.mjs";

const ATTEMPTS = 3;
const LOOK_EVERY = 20;
/** Milliseconds. A timer of this process that is later says that others on this machine got as little. */
const STALL = 250;

/**
 * Runs a test again that has failed while this machine stood still, and says so. What fails on a machine that has time fails.
 * @param {(what: string) => void} tell
 */
export async function unlessStalled(body, tell) {
  for (let attempt = 1; ; attempt += 1) {
    const watch = watchStalls();
    try {
      return await body();
    } catch (error) {
      if (error instanceof Skipped || attempt === ATTEMPTS || watch.longest() < STALL) throw error;
      tell(`again, because this machine stood still for ${watch.longest().toFixed(0)} ms: ${error.message}`);
    } finally {
      watch.end();
    }
  }
}

function watchStalls() {
  let last = performance.now();
  let longest = 0;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last - LOOK_EVERY);
    last = now;
  };
  const timer = setInterval(look, LOOK_EVERY);
  return {
    longest() {
      look();
      return longest;
    },
    end: () => clearInterval(timer),
  };
}
