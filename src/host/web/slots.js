// Promises and timers report to a numbered slot in wasm: no closure of theirs lives there.

export function watch(promise, settle, place, generation) {
  promise.then(
    (value) => settle(place, generation, true, value),
    (reason) => settle(place, generation, false, reason),
  );
}

export function settleAfter(millis, settle, place, generation) {
  try {
    setTimeout(settle, millis, place, generation, true);
  } catch {
    // There are no timers at the module scope of a Worker.
    settle(place, generation, true);
  }
}
