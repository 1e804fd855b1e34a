// Tests that look at time, on a machine that may have no time for them. For every runtime: nothing of a host is imported.

import { Skipped } from "./assert.mjs";

// As they are before a test replaces one.
const { setInterval, clearInterval, performance } = globalThis;

const ATTEMPTS = 3;
const LOOK_EVERY = 20;
/** Milliseconds. A timer of this process that is later says that others on this machine got as little. */
const STALL = 250;
/** The share of the time in which some program waited for a processor, from which the machine is too busy. */
const BUSY = 0.7;

/**
 * Runs a test again that has failed while this machine stood still or was too busy, and says so. What fails on a machine that
 * has time fails.
 * @param {(what: string) => void} tell
 * @param {() => number} [waited] for how many milliseconds some program has waited for a processor
 */
export async function unlessStalled(body, tell, waited = () => 0) {
  for (let attempt = 1; ; attempt += 1) {
    const watch = watchStalls(waited);
    try {
      return await body();
    } catch (error) {
      const [longest, busy] = [watch.longest(), watch.busy()];
      if (error instanceof Skipped || attempt === ATTEMPTS || (longest < STALL && busy < BUSY)) throw error;
      tell(`again, because this machine stood still for ${longest.toFixed(0)} ms and was short of processors for ${(busy * 100).toFixed(0)} % of the time: ${error.message}`);
    } finally {
      watch.end();
    }
  }
}

function watchStalls(waited) {
  const begun = { at: performance.now(), waited: waited() };
  let last = begun.at;
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
    busy: () => (waited() - begun.waited) / (performance.now() - begun.at),
    end: () => clearInterval(timer),
  };
}
