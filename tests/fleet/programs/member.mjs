// A member of the fleet that is a process, on Node.js or Deno: answers what it is asked over HTTP. Prints its port.

import { createServer } from "node:http";
import { denoKv } from "gatepass/stores/deno-kv";
import { redis } from "gatepass/stores/redis";
import { answer } from "./answer.mjs";

// As the documentation says a store's client should be set up: without a connection, fail at once.
const CLIENTS = {
  async "node-redis"(port) {
    const { createClient } = await import("redis");
    const client = createClient({ socket: { host: "127.0.0.1", port }, disableOfflineQueue: true });
    client.on("error", () => {}); // what a lost connection is for the store, its next call says
    return client.connect();
  },
  async ioredis(port) {
    const { Redis } = await import("ioredis");
    const client = new Redis({ host: "127.0.0.1", port, lazyConnect: true, enableOfflineQueue: false });
    client.on("error", () => {});
    await client.connect();
    return client;
  },
};

const open = {
  redis: async ({ client, port }) => redis(await CLIENTS[client](port)),
  "deno-kv": ({ path }) => denoKv(() => Deno.openKv(path)),
};

const opened = new Map();

/** Connected once, whoever asks. */
function openStore(description) {
  const key = JSON.stringify(description);
  if (!opened.has(key)) opened.set(key, open[description.kind](description));
  return opened.get(key);
}

/** What a program sees that reads the database without gatepass. */
async function dump({ path }) {
  const kv = await Deno.openKv(path);
  const entries = [];
  for await (const { key, value } of kv.list({ prefix: [] })) entries.push([key, value]);
  kv.close();
  return entries;
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const message = JSON.parse(Buffer.concat(chunks).toString());
  const result = message.action === "dump" ? await dump(message.store) : await answer(message, openStore);
  response.end(JSON.stringify(result));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
