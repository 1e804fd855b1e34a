// A member of the fleet that is an isolate of workerd, or one with Durable Objects in it.

import { durableObject } from "gatepass/stores/durable-object";
import { upstash } from "gatepass/stores/redis";
import { workersKv } from "gatepass/stores/workers-kv";
import { answer } from "./answer.mjs";

export { ClosedBroker, MistakenBroker, OwningBroker, PlainBroker, StrangeBroker, ThrowingBroker } from "./brokers.mjs";

const open = (env) => ({
  upstash: ({ url, token }) => upstash({ url, token }),
  "workers-kv": () => workersKv(env.KV),
  "durable-object": ({ binding }) => durableObject(noted(binding, env[binding])),
});

// The objects that this isolate has used, by namespace.
const used = new Map();

function noted(binding, namespace) {
  if (!used.has(binding)) used.set(binding, new Set());
  return {
    idFromName(name) {
      used.get(binding).add(name);
      return namespace.idFromName(name);
    },
    get: (id) => namespace.get(id),
  };
}

/** What is kept, as a program sees it that reads it without gatepass. */
const dump = {
  async "workers-kv"(env) {
    const { keys } = await env.KV.list();
    return Promise.all(keys.map(async ({ name }) => [name, await env.KV.get(name)]));
  },
  "durable-object": (env, { binding }) => Promise.all([...used.get(binding)].map(async (name) => {
    const stub = env[binding].get(env[binding].idFromName(name));
    return { name, ...(await (await stub.fetch("https://gatepass.invalid/inspect")).json()) };
  })),
};

export default {
  async fetch(request, env, ctx) {
    const message = await request.json();
    const result = message.action === "dump"
      ? await dump[message.store.kind](env, message.store)
      : await answer(message, (store) => open(env)[store.kind](store), ctx);
    return Response.json(result);
  },
};
