// Tokens in Durable Objects: one object for each record and its lock, the same from everywhere. What an isolate has of it;
// the object itself is in token-broker.js.

import { recordOf } from "./broker-messages.js";
import { read, readPrefix, requireMethods } from "./options.js";

export { TokenBroker } from "./token-broker.js";

// An object is reached by its stub, whatever the address.
const ADDRESS = "https://gatepass.invalid/";
/** Milliseconds the engine waits for an answer. */
const TIMEOUT = 10_000;

export function durableObject(namespace, options) {
  requireMethods(namespace, "namespace", ["idFromName", "get"]);
  const prefix = readPrefix(read(options, ["prefix"]));

  async function ask(message) {
    const stub = namespace.get(namespace.idFromName(prefix + recordOf(message.key)));
    const response = await stub.fetch(ADDRESS, { method: "POST", body: JSON.stringify(message) });
    const answer = await response.json();
    if (response.status !== 200) throw new Error(`gatepass: the token broker answered ${response.status}: ${answer.error}`);
    return answer;
  }

  return {
    // The object may have to get the token first.
    timeout: TIMEOUT,
    get: async (key, { request } = {}) => (await ask({ operation: "get", key, request })).value,
    set: (key, value, { expiresAt, renewAt, request }) =>
      ask({ operation: "set", key, value, expiresAt: expiresAt.getTime(), renewAt: renewAt.getTime(), request }),
    delete: (key) => ask({ operation: "delete", key }),
    acquire: async (key, ttlMs) => (await ask({ operation: "acquire", key, ttlMs })).acquired,
  };
}
