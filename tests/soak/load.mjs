// Steady load on one member: so many callers, each with a connection of its own and a pause between its requests. Some
// vanish while they wait.

import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../engine/connections.mjs";
import { isExplained } from "./judge.mjs";

const CALLERS = 6;
/** Milliseconds, at the mean. */
const PAUSE = 200;
/** One request in so many is reset, after at most so many milliseconds. */
const RESET_EVERY = 40;
const RESET_AFTER = 40;

/** How it went so far; `milliseconds` of each answered request. */
export const newTally = () => ({ requests: 0, resets: 0, milliseconds: [], errors: {}, unexplained: {} });

/**
 * @param {object} member as members.mjs starts it
 * @param {{ goesOn: () => boolean, faults: object[], tally: ReturnType<typeof newTally> }} settings `faults` so far, with their times
 */
export async function load(member, { goesOn, faults, tally }) {
  await Promise.all(Array.from({ length: CALLERS }, async (_, caller) => {
    let connection;
    await sleep(Math.random() * PAUSE);
    for (let turn = 0; goesOn(); turn += 1) {
      if (!connection || connection.closed) [connection] = await connect(member.port, 1);
      const began = performance.now();
      const answer = connection.post(`/call/${caller}-${turn}`);
      if ((caller * 7 + turn) % RESET_EVERY === RESET_EVERY - 1) {
        await sleep(Math.random() * RESET_AFTER);
        connection.reset();
        connection = undefined;
        tally.resets += 1;
      } else {
        note(await answer, { began, faults, tally });
      }
      await sleep(PAUSE * (0.5 + Math.random()));
    }
    connection?.close();
  }));
}

function note({ status, text, milliseconds }, { began, faults, tally }) {
  tally.requests += 1;
  tally.milliseconds.push(milliseconds);
  let errors;
  try {
    ({ errors } = JSON.parse(text));
  } catch {
    errors = [{ step: "request", code: `${status}: ${text.slice(0, 200)}` }];
  }
  for (const error of errors) {
    const what = `${error.step} ${error.code}`;
    const counts = isExplained(error, { began, ended: began + milliseconds }, faults) ? tally.errors : tally.unexplained;
    counts[what] = (counts[what] ?? 0) + 1;
  }
}
