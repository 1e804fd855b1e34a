// The stores' declarations, too, need nothing of a host.
import type { ReplayStore, Store } from "gatepass";
import { cacheApi } from "gatepass/stores/cache-api";
import { denoKv } from "gatepass/stores/deno-kv";
import { durableObject, TokenBroker } from "gatepass/stores/durable-object";
import { redis, upstash } from "gatepass/stores/redis";
import { workersKv } from "gatepass/stores/workers-kv";
import { same } from "../../expect.js";

same<ReturnType<typeof cacheApi | typeof durableObject | typeof workersKv>, Store>();
same<ReturnType<typeof denoKv | typeof redis | typeof upstash>, Store & ReplayStore>();

export class Tokens extends TokenBroker {}
