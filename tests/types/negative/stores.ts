// Mistakes with stores that do not compile.
import type { Store } from "gatepass";
import { cacheApi } from "gatepass/stores/cache-api";
import { denoKv } from "gatepass/stores/deno-kv";
import { durableObject } from "gatepass/stores/durable-object";
import { redis, upstash } from "gatepass/stores/redis";
import { workersKv } from "gatepass/stores/workers-kv";

// @ts-expect-error TS2741: a store can be written
const readOnly: Store = { get: () => null };
// @ts-expect-error TS2322: a value is text
const numbers: Store = { get: () => 1, set() {} };
// @ts-expect-error TS2741: a namespace is no map
workersKv(new Map<string, string>());
// @ts-expect-error TS2353: an unknown option
workersKv({ get: async () => null, put: async () => {}, delete: async () => {} }, { ttl: 60 });
// @ts-expect-error TS2322: a cache is not its name
cacheApi({ cache: "tokens" });
// @ts-expect-error TS2345: nor is a database its path
denoKv("kv.sqlite3");
// @ts-expect-error TS2353: one object is not the namespace
durableObject({ fetch: async () => new Error() });
// @ts-expect-error TS2345: an address is not a client
redis("redis://127.0.0.1");
// @ts-expect-error TS2345: a client of another library
redis({ get: async () => null, set: async () => "OK", del: async () => 1 });
// @ts-expect-error TS2741: the token is required
upstash({ url: "https://redis.example" });
// @ts-expect-error TS2353: an unknown option
upstash({ url: "https://redis.example", token: "token", agent: 1 });

export { numbers, readOnly };
