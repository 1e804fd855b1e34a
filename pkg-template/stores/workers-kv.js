// Tokens in Workers KV: shared by all of Cloudflare, and eventually consistent. A reader may miss for a minute what was
// written elsewhere, so KV can hold no lock: there is no `acquire`.

import { read, readPrefix, requireMethods } from "./options.js";

// KV refuses less. The record says itself when it ends, so that it may stay longer.
const SHORTEST_TTL = 60;

export function workersKv(namespace, options) {
  requireMethods(namespace, "namespace", ["get", "put", "delete"]);
  const prefix = readPrefix(read(options, ["prefix"]));
  return {
    get: (key) => namespace.get(prefix + key),
    set(key, value, { expiresAt }) {
      const seconds = Math.ceil((expiresAt - Date.now()) / 1000);
      return namespace.put(prefix + key, value, { expirationTtl: Math.max(seconds, SHORTEST_TTL) });
    },
    delete: (key) => namespace.delete(prefix + key),
  };
}
