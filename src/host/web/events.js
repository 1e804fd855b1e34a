// The caller's listener: whatever it does, it breaks no call.

// A listener that calls us is told of what comes of that; one that does so for ever is not.
const DEEPEST = 4;
let depth = 0;

export function notify(listener, type, key, fields) {
  const event = { type, at: Date.now(), key };
  for (let at = 0; at < fields.length; at += 2) event[fields[at]] = fields[at + 1];
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
