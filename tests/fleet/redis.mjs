// A Redis for a fleet: processes reach it with a client library, isolates through an HTTP front.

import { createClient } from "redis";
import { startUpstash } from "../servers/upstash.mjs";
import { startRedis } from "../stores/redis-server.mjs";

const TOKEN = "canary-token-of-the-front";

/** Starts a Redis of its own for `action`, and ends it. */
export async function withRedis(action) {
  let server = await startRedis();
  const { port } = server;
  const client = createClient({ socket: { host: "127.0.0.1", port }, disableOfflineQueue: true });
  client.on("error", () => {}); // a test that ends the server knows
  await client.connect();
  const front = await startUpstash({ redis: client, token: TOKEN });
  try {
    await action({
      client,
      storeOf: (member) => member.redis === undefined
        ? { kind: "upstash", url: front.origin, token: TOKEN }
        : { kind: "redis", client: member.redis, port },
      async contents() {
        const keys = await client.keys("*");
        return Promise.all(keys.map(async (key) => [key, await client.get(key)]));
      },
      kill: () => server.end(),
      async restart() {
        server = await startRedis(port);
      },
    });
  } finally {
    client.destroy();
    await front.close();
    await server.end();
  }
}
