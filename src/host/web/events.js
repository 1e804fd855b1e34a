// The caller's listener: whatever it does, it breaks no call.

export function notify(listener, type, key, fields) {
  const event = { type, at: Date.now(), key };
  for (let at = 0; at < fields.length; at += 2) event[fields[at]] = fields[at + 1];
  try {
    const pending = listener(event);
    if (typeof pending?.then === "function") pending.then(undefined, () => {});
  } catch {
    // Its own affair.
  }
}
