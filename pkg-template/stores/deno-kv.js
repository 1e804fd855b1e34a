// @ts-self-types="./deno-kv.d.ts"
// Tokens in Deno KV: strongly consistent, with locks. KV may keep an expired entry for longer than it was told, so each
// entry says itself when it ends.

import { read, readPrefix, requireMethods } from "./options.js";

const METHODS = ["get", "set", "delete", "atomic"];
/** So often, and so many milliseconds apart at most, a file is tried that another process is writing to. */
const TRIES = 20;
const PAUSE = 25;

export function denoKv(kv, options) {
  if (typeof kv !== "function") requireMethods(kv, "kv", METHODS);
  const prefix = readPrefix(read(options, ["prefix"]));
  const keyOf = (key) => [prefix, key];
  const open = typeof kv === "function" ? onceOpened(kv) : () => kv;

  return {
    async get(key) {
      const { value } = await whenUnlocked(async () => (await open()).get(keyOf(key)));
      return isLive(value) ? value.value : null;
    },
    async set(key, value, { expiresAt }) {
      const end = expiresAt.getTime();
      await whenUnlocked(async () => (await open()).set(keyOf(key), { value, end }, { expireIn: Math.max(end - Date.now(), 1) }));
    },
    async delete(key) {
      await whenUnlocked(async () => (await open()).delete(keyOf(key)));
    },
    acquire: (key, ttlMs) => whenUnlocked(async () => {
      const opened = await open();
      const entry = await opened.get(keyOf(key));
      if (isLive(entry.value)) return false;
      // Only if nobody has written since: of those who saw the same free lock, one gets it.
      const taken = await opened
        .atomic()
        .check({ key: entry.key, versionstamp: entry.versionstamp })
        .set(entry.key, { end: Date.now() + ttlMs }, { expireIn: ttlMs })
        .commit();
      return taken.ok;
    }),
  };
}

function isLive(entry) {
  return entry?.end > Date.now();
}

/** Where processes share a file, Deno says at once that one of them is writing, and leaves it to the others to wait. */
async function whenUnlocked(action) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await action();
    } catch (error) {
      if (tries === TRIES || !String(error?.message).includes("database is locked")) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE * Math.random()));
    }
  }
}

/** A database that is opened twice is two connections, which nobody would close; one that failed to open is tried again. */
function onceOpened(openKv) {
  let opening;
  return async () => {
    const mine = (opening ??= Promise.resolve().then(openKv));
    try {
      const kv = await mine;
      requireMethods(kv, "what kv() opened", METHODS);
      return kv;
    } catch (error) {
      if (opening === mine) opening = undefined;
      throw error;
    }
  };
}
