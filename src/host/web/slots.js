// Promises and timers report to a numbered slot in wasm: no closure of theirs lives there. Where wasm is lost while a task
// waits, the task's own promise is rejected by the next report to it, in the request that made it.

/** The task that runs now. Once there is something to wait for it has a promise, and `lose`, which rejects that. */
let task;

/** Runs a task that may have nothing to wait for: a promise costs more than much of what is known at once. */
export function attempted(run) {
  const outer = task;
  task = {};
  try {
    run();
  } finally {
    task = outer;
  }
}

/** A promise of what `run` begins, a task that is given what settles it. Or of the one that is being attempted, and has to wait. */
export function promised(run, isAttempted) {
  const outer = task;
  const own = isAttempted ? task : {};
  let resolve;
  let reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  own.lose = (error) => {
    // Whoever was handed the promise hears of it; where wasm was lost before, nobody was.
    promise.catch(() => {});
    reject(error);
  };
  task = own;
  try {
    run(resolve, reject);
  } finally {
    task = outer;
  }
  return promise;
}

export function watch(promise, settle, place, generation) {
  const resume = resumption(settle, place, generation);
  promise.then((value) => resume(true, value), (reason) => resume(false, reason));
}

export function settleAfter(millis, settle, place, generation) {
  const resume = resumption(settle, place, generation);
  try {
    // Without arguments: workerd keeps a handle of each.
    setTimeout(() => resume(true), millis);
  } catch (error) {
    // There are no timers at the module scope of a Worker. At the end of the stack there are none either, some hosts even say
    // that there is no setTimeout: a pause that is over at once would be begun again for ever.
    if (error.name !== "Error") throw error;
    settle(place, generation, true);
  }
}

/** What lets the task that runs now go on. What wasm throws is no outcome of it but the end of wasm. */
function resumption(settle, place, generation) {
  const own = task;
  return (ok, value) => {
    // Another one runs now where a timer or a promise that is not the host's reports at once.
    const outer = task;
    task = own;
    try {
      settle(place, generation, ok, value);
    } catch (error) {
      // In a task of another executor than ours, it is nobody's to hear.
      if (own === undefined) throw error;
      own.lose?.(error);
    } finally {
      task = outer;
    }
  };
}
