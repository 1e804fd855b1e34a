// What every store must do, whatever it is made of: one list of tests, run against each of them.

import { equal, ok, skip } from "../runtimes/assert.mjs";
import { past } from "../runtimes/waiting.mjs";

const CALLERS = 50;
// Longer than any pause a busy machine makes between two calls, shorter than a test may take.
const SHORT = 400;
// How much later a store's own clock and timers may be.
const MARGIN = 50;
const REQUEST = { audience: "https://api.example", scope: "read:orders" };

let keys = 0;

/** A key as the token engine makes them: a record's; `lockOf` gives that of its lock. */
export function newKey() {
  keys += 1;
  return `gp1.${String(keys).padStart(43, "k-_")}`;
}

export function lockOf(key) {
  return `${key}.lock`;
}

/** What the token engine hands over with a value. */
export function endingIn(milliseconds, request = REQUEST) {
  const now = Date.now();
  return { expiresAt: new Date(now + milliseconds), renewAt: new Date(now + Math.floor(milliseconds * 0.8)), request };
}

export const context = { request: REQUEST };

/**
 * @param {(what: string, body: () => Promise<void>) => Promise<boolean>} test
 * @param {string} name of the store
 * @param {(prefix: string) => Promise<object>} open gives a store with that prefix
 * @param {object} [features]
 * @param {boolean} [features.locks] whether the store has `acquire`
 * @param {boolean} [features.endsInTime] whether an ended record is gone at once
 * @param {boolean} [features.hasPrefix]
 * @param {string} [features.missing] what this machine lacks; the tests are then skipped
 */
export async function testContract(test, name, open, { locks = true, endsInTime = true, hasPrefix = true, missing } = {}) {
  const prefix = `contract-${name.replace(/\W+/g, "-")}:`;
  const check = (what, body) => test(`${name}: ${what}`, async () => {
    if (missing) skip(missing);
    await body(await open(prefix));
  });

  await check("a key that was never set has no value", async (store) => {
    equal((await store.get(newKey(), context)) ?? null, null);
  });

  await check("a value comes back as it was set, however long", async (store) => {
    for (const value of ["x", "AZaz09-_", "v".repeat(32 * 1024)]) {
      const key = newKey();
      await store.set(key, value, endingIn(60_000));
      equal(await store.get(key, context), value);
    }
  });

  await check("a later value replaces an earlier one", async (store) => {
    const key = newKey();
    await store.set(key, "first", endingIn(60_000));
    await store.set(key, "second", endingIn(60_000));
    equal(await store.get(key, context), "second");
  });

  await check("each key has its own value", async (store) => {
    const [one, other] = [newKey(), newKey()];
    await store.set(one, "one", endingIn(60_000));
    equal((await store.get(other, context)) ?? null, null, "before it was set");
    await store.set(other, "other", endingIn(60_000));
    equal(await store.get(one, context), "one");
    equal(await store.get(other, context), "other");
  });

  await check("a deleted value is gone, and deleting nothing is no error", async (store) => {
    const key = newKey();
    await store.delete(key);
    await store.set(key, "value", endingIn(60_000));
    await store.delete(key);
    equal((await store.get(key, context)) ?? null, null);
  });

  await check("setting a value that has ended already is no error", async (store) => {
    await store.set(newKey(), "value", endingIn(0));
    await store.set(newKey(), "value", endingIn(-60_000));
  });

  if (endsInTime) {
    await check("a value is there until it ends, and not after", async (store) => {
      const key = newKey();
      await store.set(key, "value", endingIn(SHORT));
      equal(await store.get(key, context), "value", "before its end");
      await past(Date.now() + SHORT + MARGIN);
      equal((await store.get(key, context)) ?? null, null, "after its end");
    });
  }

  if (hasPrefix) {
    await check("two prefixes share nothing", async (store) => {
      const other = await open(`other-${prefix}`);
      const key = newKey();
      await store.set(key, "value", endingIn(60_000));
      equal((await other.get(key, context)) ?? null, null, "the value");
      if (!locks) return;
      equal(await store.acquire(lockOf(key), 60_000), true, "one lock");
      equal(await other.acquire(lockOf(key), 60_000), true, "the other lock");
    });
  }

  if (!locks) {
    await check("it claims to have no locks", async (store) => {
      equal(store.acquire, undefined);
    });
    return;
  }

  await check(`of ${CALLERS} that ask for a lock at once, one gets it`, async (store) => {
    for (let round = 0; round < 3; round += 1) {
      const lock = lockOf(newKey());
      const answers = await Promise.all(Array.from({ length: CALLERS }, () => store.acquire(lock, 60_000)));
      equal(answers.filter((answer) => answer === true).length, 1, "callers that got it");
      equal(answers.filter((answer) => answer === false).length, CALLERS - 1, "callers that did not");
      equal(await store.acquire(lock, 60_000), false, "a later one");
    }
  });

  await check("a lock is free again when its time is over, for one", async (store) => {
    const lock = lockOf(newKey());
    equal(await store.acquire(lock, SHORT), true, "the first time");
    equal(await store.acquire(lock, SHORT), false, "at once again");
    await past(Date.now() + SHORT + MARGIN);
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => store.acquire(lock, 60_000)));
    equal(answers.filter(Boolean).length, 1, "callers that got it");
  });

  await check("a lock is free again when it is deleted, for one", async (store) => {
    const lock = lockOf(newKey());
    equal(await store.acquire(lock, 60_000), true, "the first time");
    await store.delete(lock);
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => store.acquire(lock, 60_000)));
    equal(answers.filter(Boolean).length, 1, "callers that got it");
  });

  await check("a lock and its record do not touch each other", async (store) => {
    const key = newKey();
    ok(await store.acquire(lockOf(key), 60_000), "the lock");
    equal((await store.get(key, context)) ?? null, null, "the record of a lock");
    await store.set(key, "value", endingIn(60_000));
    equal(await store.acquire(lockOf(key), 60_000), false, "the lock, after a value was set");
    await store.delete(lockOf(key));
    equal(await store.get(key, context), "value", "after the lock was deleted");
    ok(await store.acquire(lockOf(key), 60_000), "the lock, after it was deleted");
    await store.delete(key);
    equal(await store.acquire(lockOf(key), 60_000), false, "the lock, after the value was deleted");
  });
}
