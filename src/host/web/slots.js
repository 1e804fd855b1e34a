// Promises report to a numbered slot in wasm: no closure of theirs lives there.

export function watch(promise, settle, place, generation) {
  promise.then(
    (value) => settle(place, generation, true, value),
    (reason) => settle(place, generation, false, reason),
  );
}
