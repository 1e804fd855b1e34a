// What a store may be, and the options of those that need no host's types.
import type { Store, TokenRequest } from "gatepass";
import { cacheApi } from "gatepass/stores/cache-api";
import { upstash } from "gatepass/stores/redis";
import { same } from "../expect.js";

const map = new Map<string, string>();
const smallest: Store = { get: (key) => map.get(key), set: (key, value) => map.set(key, value) };
const largest: Store = {
  async get(key, { request }) {
    same<typeof request, TokenRequest>();
    return map.get(key) ?? null;
  },
  async set(key, value, { expiresAt, renewAt, request }) {
    same<typeof expiresAt, Date>();
    same<typeof renewAt, Date>();
    same<typeof request, TokenRequest>();
    map.set(key, value);
  },
  delete: (key) => map.delete(key),
  acquire: async () => true,
};

const stores: Store[] = [smallest, largest, cacheApi(), cacheApi({ name: "tokens" }), upstash({ url: "https://redis.example", token: "token" })];

export { stores };
