// `gatepass/stores/redis` with a real Redis: through both of the client libraries, and over HTTP.

import { inspect } from "node:util";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { between, equal, includes, ok, skip, thrownBy } from "../runtimes/assert.mjs";
import { closedPort } from "../runtimes/launch.mjs";
import { startUpstash } from "../servers/upstash.mjs";
import { context, endingIn, lockOf, newKey, testContract } from "./contract.mjs";
import { missingForRedis, startRedis } from "./redis-server.mjs";

const TOKEN = "canary-token-of-upstash";

// As the documentation says a store's client should be set up: without a connection, fail at once.
const CLIENTS = {
  "redis (node-redis)": async (port) => {
    const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: false }, disableOfflineQueue: true });
    client.on("error", () => {}); // what a lost connection is for the store, its next call says
    await client.connect();
    return { client, pttl: (key) => client.pTTL(key), close: () => client.isOpen && client.destroy() };
  },
  ioredis: async (port) => {
    const client = new Redis({ host: "127.0.0.1", port, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
    client.on("error", () => {});
    await client.connect();
    return { client, pttl: (key) => client.pttl(key), close: () => client.disconnect() };
  },
};

/** @param {{ redis: Function, upstash: Function }} stores the module under test */
export async function testRedis(test, { redis, upstash }) {
  const missing = missingForRedis();
  for (const [name, connect] of Object.entries(CLIENTS)) {
    const server = missing ? undefined : await startRedis();
    const connected = missing ? undefined : await connect(server.port);
    await testContract(test, name, async (prefix) => redis(connected.client, { prefix }), { missing });
    await testRedisItself(test, name, redis, connected, missing);
    await testGone(test, name, () => redis(connected.client), () => server.end(), missing);
    connected?.close();
  }
  await testUpstash(test, upstash, missing);
  await testMistakes(test, redis, upstash);
}

/** What the contract leaves open, and a user of the same Redis sees. */
async function testRedisItself(test, name, redis, connected, missing) {
  await test(`${name}: Redis itself forgets a record and a lock in time, and their names start with the prefix`, async () => {
    if (missing) skip(missing);
    const key = newKey();
    const store = redis(connected.client);
    await store.set(key, "value", endingIn(60_000));
    await store.acquire(lockOf(key), 5_000);
    between(await connected.pttl(`gatepass:${key}`), 55_000, 60_000, "milliseconds that the record has left");
    between(await connected.pttl(`gatepass:${lockOf(key)}`), 1, 5_000, "milliseconds that the lock has left");
  });
}

async function testGone(test, name, open, end, missing) {
  await test(`${name}: when the server is gone, every operation fails`, async () => {
    if (missing) skip(missing);
    await end();
    await everyOperationFails(open());
  });
}

async function everyOperationFails(store) {
  const key = newKey();
  const operations = {
    get: () => store.get(key, context),
    set: () => store.set(key, "value", endingIn(60_000)),
    delete: () => store.delete(key),
    acquire: () => store.acquire(lockOf(key), 1_000),
  };
  const errors = [];
  for (const operation of Object.values(operations)) errors.push(await thrownBy(operation));
  ok(errors.every((error) => error instanceof Error), "each is an Error");
  return errors;
}

async function testUpstash(test, upstash, missing) {
  const server = missing ? undefined : await startRedis();
  const behind = missing ? undefined : await CLIENTS["redis (node-redis)"](server.port);
  const front = missing ? undefined : await startUpstash({ redis: behind.client, token: TOKEN });
  const open = async (prefix) => upstash({ url: front.origin, token: TOKEN, prefix });
  await testContract(test, "upstash", open, { missing });

  await test("upstash: a wrong token is an error that says so, and shows neither the token nor what the server said", async () => {
    if (missing) skip(missing);
    const error = await thrownBy(() => upstash({ url: front.origin, token: "canary-wrong" }).get(newKey(), context));
    equal(error.name, "UpstashError");
    equal(error.status, 401, "status");
    equal(error.code, "WRONGPASS", "code");
    includes(error.message, "answered 401 (WRONGPASS)", "message");
    ok(!inspect(error, { depth: 9, showHidden: true }).includes("canary"), "the token is in the error");
  });

  await test("upstash: an error of Redis is an error with its code", async () => {
    if (missing) skip(missing);
    const store = await open("upstash-error:");
    const key = newKey();
    await behind.client.sendCommand(["LPUSH", `upstash-error:${key}`, "not a string"]);
    const error = await thrownBy(() => store.get(key, context));
    equal(error.status, 400, "status");
    equal(error.code, "WRONGTYPE", "code");
  });

  await testGone(test, "upstash, Redis behind it", () => upstash({ url: front.origin, token: TOKEN }), () => server.end(), missing);
  behind?.close();
  await front?.close();

  await test("upstash: when nobody listens, every operation fails, and no error shows the token", async () => {
    const errors = await everyOperationFails(upstash({ url: `http://127.0.0.1:${await closedPort()}`, token: TOKEN }));
    ok(!inspect(errors, { depth: 9, showHidden: true }).includes("canary"), "the token is in an error");
  });

  await test("upstash: a redirect is an error and is not followed", async () => {
    const asked = [];
    const fetch = async (url, init) => {
      asked.push([url, init.redirect]);
      return new Response(null, { status: 307, headers: { location: "https://elsewhere.example/" } });
    };
    const error = await thrownBy(() => upstash({ url: "https://redis.example/", token: TOKEN, fetch }).get(newKey(), context));
    equal(error.status, 307, "status");
    equal(JSON.stringify(asked), '[["https://redis.example/","manual"]]', "what was asked");
  });

  await test("upstash: an answer that is not the server's is an error", async () => {
    for (const body of ["<html>", "null", "{}", '"OK"', ""]) {
      const store = upstash({ url: "https://redis.example", token: TOKEN, fetch: async () => new Response(body) });
      includes((await thrownBy(() => store.get(newKey(), context))).message, "answered 200", body);
    }
  });

  await test("upstash: the token is in no rendering of the store", async () => {
    const store = upstash({ url: "https://redis.example", token: TOKEN });
    const renderings = [inspect(store, { depth: 9, showHidden: true }), JSON.stringify(store), String(store), ...Object.values(store).map(String)];
    ok(!renderings.join().includes("canary"), "it is");
  });
}

async function testMistakes(test, redis, upstash) {
  const otherLibrary = { get() {}, set() {}, del() {}, pexpire() {} };
  const good = { url: "https://redis.example", token: TOKEN };
  const mistakes = {
    "no client": [() => redis(), "client"],
    "a client of nothing": [() => redis({}), "client"],
    "a client whose methods are those of another library": [() => redis(otherLibrary), "client"],
    "a Map": [() => redis(new Map()), "client"],
    "a prefix that is no string": [() => redis(createClient(), { prefix: 1 }), "options.prefix"],
    "an unknown option": [() => redis(createClient(), { ttl: 1 }), "options.ttl"],
    "no options": [() => upstash(), "options.url"],
    "options that are no object": [() => upstash(null), "options"],
    "a URL that is none": [() => upstash({ ...good, url: "redis.example" }), "options.url"],
    "http to a host that is not loopback": [() => upstash({ ...good, url: "http://redis.example" }), "options.url"],
    "http to a host that only looks like loopback": [() => upstash({ ...good, url: "http://127.0.0.1.example" }), "options.url"],
    "credentials in the URL": [() => upstash({ ...good, url: "https://user:canary@redis.example" }), "options.url"],
    "no token": [() => upstash({ url: good.url }), "options.token"],
    "a token with a line end": [() => upstash({ ...good, token: "canary\n" }), "options.token"],
    "a fetch that is no function": [() => upstash({ ...good, fetch: "fetch" }), "options.fetch"],
    "an unknown option of upstash": [() => upstash({ ...good, agent: 1 }), "options.agent"],
  };
  for (const [what, [make, place]] of Object.entries(mistakes)) {
    await test(`redis: ${what} is a TypeError that names ${place}`, async () => {
      const error = await thrownBy(make);
      ok(error instanceof TypeError, String(error));
      includes(error.message, `gatepass: ${place} `, "message");
      ok(!inspect(error, { depth: 9 }).includes("canary"), "what was given is in the error");
    });
  }
}
