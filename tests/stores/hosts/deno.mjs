// Deno's stores behind HTTP. The argument is a folder for a database file. Prints its address.

import { cacheApi } from "gatepass/stores/cache-api";
import { denoKv } from "gatepass/stores/deno-kv";
import { answer } from "./front.mjs";

const [folder] = Deno.args;
const inMemory = await Deno.openKv(":memory:");
const closed = await Deno.openKv(":memory:");
closed.close();

let opened = 0;
const inFile = () => {
  opened += 1;
  // So that a store is seen to try again.
  if (opened === 1) throw new Error("the first opening fails");
  return Deno.openKv(`${folder}/kv.sqlite3`);
};
const lazily = {};

// What a program in the same process would see of the records.
const inspect = {
  keys: async () => {
    const keys = [];
    for await (const { key } of inMemory.list({ prefix: [] })) keys.push(key);
    return keys;
  },
  // Deno KV says itself that it may keep what has ended: an entry of this kind, whose own end is over.
  stale: async (prefix, key) => {
    await inMemory.set([prefix, key], { value: "stale", end: Date.now() - 1 });
    await inMemory.set([prefix, `${key}.lock`], { end: Date.now() - 1 });
  },
  opened: () => opened,
};

const stores = {
  "memory": (prefix) => denoKv(inMemory, { prefix }),
  "default prefix": () => denoKv(inMemory),
  "file": (prefix) => (lazily[prefix] ??= denoKv(inFile, { prefix })),
  "closed": () => denoKv(closed),
  "cache": () => cacheApi(),
  "named cache": () => cacheApi({ name: "another" }),
  "inspect": () => inspect,
};

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => answer(request, stores));
console.log(`http://127.0.0.1:${server.addr.port}`);
