// Waiting for what has to happen, not for a time in which it should.

import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "./assert.mjs";

/** Waits for a condition that only what runs meanwhile can make true. */
export async function until(condition, what, milliseconds = 15_000) {
  const end = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > end) fail(`it took too long until ${what}`);
    await sleep(5);
  }
}

/** Waits until a time of this machine's clock is over. */
export async function past(milliseconds) {
  while (Date.now() <= milliseconds) await sleep(milliseconds - Date.now() + 1);
}
