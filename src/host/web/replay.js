// Whether a proof of possession is new: told by the caller's store, which may throw, hang or answer with
// anything, or by a memory of this isolate.

import { within } from "./credential.js";

/** Milliseconds for the store, unless it has a `timeout` of its own. */
const TIMEOUT = 1000;
/** The most proofs that are remembered. */
const CAPACITY = 100_000;

/** By their identities, oldest first: when each ends, and the key that made it. */
const proofs = new Map();
/** How many are remembered of each key. */
const counts = new Map();

/** Undefined when there is no room. */
export async function isNew(store, proof, key, millis) {
  if (store === undefined) return remember(proof, key, millis);
  const taken = await within(store.timeout ?? TIMEOUT, async () => store.acquire(`gpd.${proof}`, millis));
  if (typeof taken !== "boolean") throw new TypeError("gatepass: options.dpop.replayStore.acquire() must give a boolean");
  return taken;
}

function remember(proof, key, millis) {
  const now = Date.now();
  for (const [old, { end, key }] of proofs) {
    if (end > now) break;
    proofs.delete(old);
    const left = counts.get(key) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  }
  if (proofs.has(proof)) return false;
  const count = counts.get(key) ?? 0;
  // A live one is never forgotten, or whoever sends enough could make room for a replay. And a key gets
  // no more room than it leaves: alone it fills a half, and there is always some for the next.
  if (count >= CAPACITY - proofs.size) return undefined;
  proofs.set(proof, { end: now + millis, key });
  counts.set(key, count + 1);
  return true;
}
