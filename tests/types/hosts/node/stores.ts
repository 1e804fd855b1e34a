// The stores of a Node.js program, with the real clients' own types.
import { Cluster, Redis } from "ioredis";
import { createClient, createClientPool, createCluster } from "redis";
import type { ReplayStore, Store } from "gatepass";
import { redis, upstash } from "gatepass/stores/redis";
import { same } from "../../expect.js";

const connected = redis(await createClient({ url: "redis://127.0.0.1" }).connect());
same<typeof connected, Store & ReplayStore>();
redis(createClient());
redis(createClient({ RESP: 3 }), { prefix: "app:" });
redis(createCluster({ rootNodes: [] }));
redis(createClientPool());
redis(new Redis());
redis(new Cluster([]), { prefix: undefined });

upstash({ url: "https://redis.example", token: "token" });
upstash({ url: "https://redis.example", token: "token", fetch, prefix: "app:" });

