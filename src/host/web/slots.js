// Promises and timers report to a numbered slot in wasm: no closure of theirs lives there. Where wasm is lost while a task
// waits, the task's own promise is rejected by the next report to it, in the request that made it.

/** What rejects the promise of the task that runs now. */
let reject;

/** A promise of what `run` begins, a task that is given what settles it. */
export function promised(run) {
  const outer = reject;
  let resolve;
  const promise = new Promise((...settle) => ([resolve, reject] = settle));
  try {
    // Whoever is handed the promise hears of its failure; where wasm is lost before, nobody is.
    promise.catch(() => {});
    run(resolve, reject);
  } finally {
    reject = outer;
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
  const own = reject;
  return (ok, value) => {
    reject = own;
    try {
      settle(place, generation, ok, value);
    } catch (error) {
      // In a task of another executor than ours, it is nobody's to hear.
      if (own === undefined) throw error;
      own(error);
    } finally {
      reject = undefined;
    }
  };
}
