// @ts-self-types="./redis.d.ts"
// Tokens in Redis, with locks: through a client of the program's own, or over HTTP where there are no sockets.

import { mistake, read, readPrefix } from "./options.js";
import { restClient } from "./upstash.js";

export function redis(client, options) {
  return storeOver(commandsOf(client), readPrefix(read(options, ["prefix"])));
}

export function upstash(options) {
  const given = read(options, ["url", "token", "fetch", "prefix"]);
  return storeOver(restClient(given), readPrefix(given));
}

function storeOver({ get, set, setIfAbsent, del }, prefix) {
  return {
    get: (key) => get(prefix + key),
    // Redis refuses a time of nothing.
    set: (key, value, { expiresAt }) => set(prefix + key, value, Math.max(expiresAt - Date.now(), 1)),
    delete: (key) => del(prefix + key),
    acquire: async (key, ttlMs) => (await setIfAbsent(prefix + key, "1", ttlMs)) === "OK",
  };
}

/**
 * The two libraries take the same command in two ways. Which one it is shows in how they spell a command of two words, and
 * in ioredis's `call`, which other libraries with its spelling lack.
 */
function commandsOf(client) {
  const has = (...methods) => methods.every((method) => typeof client?.[method] === "function");
  const common = { get: (key) => client.get(key), del: (key) => client.del(key) };
  if (has("get", "set", "del", "pExpire")) {
    return {
      ...common,
      set: (key, value, ms) => client.set(key, value, { PX: ms }),
      setIfAbsent: (key, value, ms) => client.set(key, value, { PX: ms, NX: true }),
    };
  }
  if (has("get", "set", "del", "pexpire", "call")) {
    return {
      ...common,
      set: (key, value, ms) => client.set(key, value, "PX", ms),
      setIfAbsent: (key, value, ms) => client.set(key, value, "PX", ms, "NX"),
    };
  }
  throw mistake("client", "must be a client of redis (node-redis 4 or later) or of ioredis");
}
