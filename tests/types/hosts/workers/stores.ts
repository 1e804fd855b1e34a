// The stores of a Worker, with the types of Cloudflare's bindings.
import type { ClientOptions, Store } from "gatepass";
import { cacheApi } from "gatepass/stores/cache-api";
import { durableObject, TokenBroker } from "gatepass/stores/durable-object";
import { upstash } from "gatepass/stores/redis";
import { workersKv } from "gatepass/stores/workers-kv";
import { same } from "../../expect.js";

interface Env {
  KV: KVNamespace;
  KV_OF_KEYS: KVNamespace<"one" | `gatepass:${string}`>;
  TOKENS: DurableObjectNamespace;
  CLIENT_ID: string;
  CLIENT_SECRET: string;
}

export class Tokens extends TokenBroker<Env> {
  override clientOptions(env: Env): ClientOptions {
    return { domain: "tenant.login3.example", clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET };
  }
}

// What Cloudflare's own types ask of a Durable Object's class, and what its runtime hands over.
declare const state: DurableObjectState;
declare const env: Env;
const object: DurableObject = new Tokens(state, env);
const plain: DurableObject = new TokenBroker(state, env);

export default {
  async fetch(_request, env): Promise<Response> {
    const kv = workersKv(env.KV, { prefix: "app:" });
    same<typeof kv, Store>();
    const broker = durableObject(env.TOKENS);
    same<typeof broker, Store>();
    durableObject(env.TOKENS.jurisdiction("eu"), { prefix: "app:" });
    const cache = cacheApi({ cache: caches.default });
    same<typeof cache, Store>();
    cacheApi({ cache: await caches.open("tokens") });
    upstash({ url: "https://redis.example", token: "token", fetch: (input, init) => fetch(input, init) });
    return new Response();
  },
} satisfies ExportedHandler<Env>;

export { object, plain };
