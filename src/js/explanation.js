// The state of one token as a plain object: safe to log.

/** So many characters of a key name a cache entry, as they do in events. */
const NAME_LENGTH = 8;

export function explanation(key, decision, requesting, token, code, inARow, heldUntil, postponedUntil) {
  const explained = { key: key.slice(0, NAME_LENGTH), decision, requesting };
  if (token !== undefined) {
    const [receivedAt, renewAt, usableUntil, expiresAt] = Array.from(token, (millis) => new Date(millis));
    explained.token = { receivedAt, renewAt, usableUntil, expiresAt };
  }
  if (code !== undefined) explained.failure = { code, inARow, heldUntil: new Date(heldUntil) };
  if (postponedUntil !== undefined) explained.renewalPostponedUntil = new Date(postponedUntil);
  return explained;
}
