// Work that goes on after the caller has its answer, in the caller's own request.

export function keepAlive(waitUntil, promise) {
  if (typeof waitUntil !== "function") return false;
  const ended = () => {};
  try {
    // Its failure is told to whoever awaits it.
    waitUntil(promise.then(ended, ended));
    return true;
  } catch {
    return false;
  }
}
