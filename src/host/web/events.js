// The caller's listener: whatever it does, it breaks no call. And what clients want to know: whether a token may have changed.

// A listener that calls us is told of what comes of that; one that does so for ever is not.
const DEEPEST = 4;
let depth = 0;

export function notify(listener, type, key, members) {
  const event = { type, at: Date.now(), key };
  for (let at = 0; at < members.length; at += 2) event[members[at]] = members[at + 1];
  if (depth === DEEPEST) return;
  depth += 1;
  try {
    const pending = listener(event);
    if (typeof pending?.then === "function") pending.then(undefined, () => {});
  } catch {
    // Its own affair.
  } finally {
    depth -= 1;
  }
}

/** Counts what may have made a fresh token another one. */
export function changed() {
  changed.count += 1;
}
changed.count = 0;
