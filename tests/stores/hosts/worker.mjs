// Cloudflare's stores behind HTTP.

import { cacheApi } from "gatepass/stores/cache-api";
import { durableObject } from "gatepass/stores/durable-object";
import { workersKv } from "gatepass/stores/workers-kv";
import { answer } from "./front.mjs";

export { TokenBroker } from "gatepass/stores/durable-object";
export { BrokenBroker, InspectedBroker, OwningBroker } from "./brokers.mjs";

/** What the platform itself says of what is kept. */
const inspect = (env) => ({
  kv: async (prefix) => (await env.KV.list({ prefix })).keys,
  cached: async (key) => {
    const response = await caches.default.match(`https://gatepass.invalid/${key}`);
    await response?.text();
    return response && Object.fromEntries(response.headers);
  },
  // Past the store's own side, which says nothing that the object would refuse.
  say: async (message) => {
    const stub = env.BROKER.get(env.BROKER.idFromName("say"));
    const response = await stub.fetch("https://gatepass.invalid/", { method: "POST", body: message });
    return [response.status, await response.text()];
  },
  // What the object has in its storage, and when it wakes up.
  object: async (binding, key) => {
    const stub = env[binding].get(env[binding].idFromName(`gatepass:${key}`));
    return (await stub.fetch("https://gatepass.invalid/inspect")).json();
  },
});

export default {
  fetch: (request, env) =>
    answer(request, {
      "kv": (prefix) => workersKv(env.KV, { prefix }),
      "cache": () => cacheApi(),
      "named cache": () => cacheApi({ name: "another" }),
      "given cache": () => cacheApi({ cache: caches.default }),
      "object": (prefix) => durableObject(env.BROKER, { prefix }),
      "inspected object": () => durableObject(env.INSPECTED),
      "owning object": () => durableObject(env.OWNING),
      "broken object": () => durableObject(env.BROKEN),
      "inspect": () => inspect(env),
    }),
};
