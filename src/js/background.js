// Work that goes on after the caller has its answer, in the caller's own request.

export function keepAlive(waitUntil, promise) {
  if (typeof waitUntil !== "function") return false;
  const ended = () => {};
  try {
    // Its failure is told to whoever awaits it.
    const pending = waitUntil(promise.then(ended, ended));
    if (typeof pending?.then === "function") pending.then(undefined, ended);
    return true;
  } catch {
    return false;
  }
}
