// Cloudflare's stores in workerd: `gatepass/stores/workers-kv`, `cache-api` and `durable-object`.

import { join } from "node:path";
import { between, equal, includes, ok, same, thrownBy } from "../runtimes/assert.mjs";
import { newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { until } from "../runtimes/waiting.mjs";
import { startTokens } from "../servers/tokens.mjs";
import { testBroker } from "./broker.mjs";
import { context, endingIn, lockOf, newKey, testContract } from "./contract.mjs";
import { startMiniflare } from "./miniflare.mjs";
import { remote } from "./remote.mjs";

// Durable Objects come with two kinds of storage.
const CONFIGURATIONS = [
  { compatibilityDate: "2024-01-01", useSQLite: false },
  { compatibilityDate: newestCompatibilityDate(), useSQLite: true },
];
const CLASSES = { BROKER: "TokenBroker", INSPECTED: "InspectedBroker", OWNING: "OwningBroker", BROKEN: "BrokenBroker" };

/** @param {string} project where the package and the hosts' programs are */
export async function testWorkers(test, project) {
  const tokens = await startTokens();
  try {
    for (const { compatibilityDate, useSQLite } of CONFIGURATIONS) {
      const worker = await startMiniflare({
        project,
        entry: "worker.mjs",
        directory: join(project, `.worker-${compatibilityDate}`),
        compatibilityDate,
        bindings: { TOKEN_ENDPOINT: tokens.origin },
        durableObjects: Object.fromEntries(Object.entries(CLASSES).map(([binding, className]) => [binding, { className, useSQLite }])),
      });
      try {
        await testOn(worker, (what, body) => test(`${what} [${compatibilityDate}]`, body), tokens);
      } finally {
        await worker.end();
      }
    }
  } finally {
    await tokens.close();
  }
}

async function testOn({ origin, log }, test, tokens) {
  await testKv(test, origin);
  await testCache(test, origin);
  await testObject(test, origin);
  await testBroker(test, origin, tokens);
  await test("workerd: it printed no complaint", () => same(log, [], "lines"));
}

async function testKv(test, origin) {
  const open = remote(origin, "kv");
  const inspect = await remote(origin, "inspect")();
  // KV ends records by whole seconds, and none within its first minute.
  await testContract(test, "workers-kv", open, { locks: false, endsInTime: false });

  await test("workers-kv: KV itself forgets a record in time, but not within a minute", async () => {
    const store = await open("kv-ends:");
    const times = { short: 1_000, none: -1_000, minute: 60_000, "ten-minutes": 600_000 };
    const began = Date.now() / 1000;
    for (const [key, milliseconds] of Object.entries(times)) await store.set(key, "value", endingIn(milliseconds));
    const ended = Date.now() / 1000;
    const ends = Object.fromEntries((await inspect.kv("kv-ends:")).map(({ name, expiration }) => [name.slice("kv-ends:".length), expiration]));
    for (const key of ["short", "none", "minute"]) between(ends[key], began + 58, ended + 63, `the end of ${key}`);
    between(ends["ten-minutes"], began + 598, ended + 603, "the end of ten-minutes");
  });
  await test("workers-kv: what KV refuses is an error", async () => {
    const store = await open("x".repeat(600));
    for (const operation of [() => store.get(newKey(), context), () => store.set(newKey(), "value", endingIn(60_000)), () => store.delete(newKey())]) {
      includes((await thrownBy(operation)).message, "KV ", "message");
    }
  });
}

async function testCache(test, origin) {
  const inspect = await remote(origin, "inspect")();
  await testContract(test, "cache-api", remote(origin, "cache"), { locks: false, hasPrefix: false });
  await testContract(test, "cache-api (by name)", remote(origin, "named cache"), { locks: false, hasPrefix: false });

  await test("cache-api: two names share nothing, and caches.default is what is used without one", async () => {
    const [unnamed, named, given] = await Promise.all(["cache", "named cache", "given cache"].map((name) => remote(origin, name)()));
    const key = newKey();
    await unnamed.set(key, "value", endingIn(60_000));
    equal(await named.get(key, context), null, "by another name");
    equal(await given.get(key, context), "value", "from caches.default");
  });
  await test("cache-api: the cache itself forgets a record in time", async () => {
    const store = await remote(origin, "cache")();
    const key = newKey();
    const times = endingIn(90_500);
    const left = () => Math.ceil((times.expiresAt - Date.now()) / 1000);
    const most = left();
    await store.set(key, "value", times);
    const least = left();
    const [, seconds] = /^max-age=(\d+)$/.exec((await inspect.cached(key))["cache-control"]);
    between(Number(seconds), least, most, "seconds that the record has left");
  });
}

async function testObject(test, origin) {
  const inspect = await remote(origin, "inspect")();
  await testContract(test, "durable-object", remote(origin, "object"));

  await test("durable-object: what the object refuses is an error that names it, and changes nothing", async () => {
    const store = await remote(origin, "object")("refused:");
    const key = newKey();
    const refused = [
      ["value", () => store.set(key, "v".repeat(32 * 1024 + 1), endingIn(60_000))],
      ["key", () => store.get("a key", context)],
      ["key", () => store.get(lockOf(key), context)],
      ["key", () => store.get("k".repeat(65), context)],
      ["key", () => store.acquire(key, 1_000)],
      ["ttlMs", () => store.acquire(lockOf(key), 0)],
      ["ttlMs", () => store.acquire(lockOf(key), 86_400_000)],
      ["request", () => store.get(key, { request: "audience" })],
    ];
    for (const [name, operation] of refused) {
      equal((await thrownBy(operation)).message, `gatepass: the token broker answered 400: ${name} is not of the right form`);
    }
    equal(await store.get(key, context), null);
  });
  await test("durable-object: anything that is no message gets 400", async () => {
    const messages = ["", "null", "[]", '"get"', "{", '{"operation":"toString"}', '{"operation":"get"}', '{"operation":"set","key":"k","value":"v"}',
      '{"operation":"set","key":"k","value":"v","expiresAt":1e300,"renewAt":0}', '{"operation":"get","key":"k","request":[]}', `"${"x".repeat(64 * 1024)}"`];
    for (const message of messages) equal((await inspect.say(message))[0], 400, message.slice(0, 80));
    equal((await inspect.say('{"operation":"get","key":"k"}'))[0], 200, "a good one");
  });

  await test("durable-object: an object that keeps nothing any more is empty and sleeps for ever", async () => {
    const store = await remote(origin, "inspected object")();
    const key = newKey();
    const look = () => inspect.object("INSPECTED", key);
    await store.set(key, "value", endingIn(500));
    await store.acquire(lockOf(key), 300);
    ok(!(await look()).empty, "before the end");
    await emptied(look);

    await store.acquire(lockOf(key), 300);
    await emptied(look);

    await store.set(key, "value", endingIn(60_000));
    await store.acquire(lockOf(key), 60_000);
    await store.delete(lockOf(key));
    await store.delete(key);
    same(await look(), { empty: true, alarm: null }, "after everything was deleted");
  });
  await test("durable-object: without clientOptions no request is kept", async () => {
    const store = await remote(origin, "inspected object")();
    const key = newKey();
    await store.set(key, "value", endingIn(60_000));
    same(Object.keys(await inspect.object("INSPECTED", key)).sort(), ["alarm", "empty", "record"]);
  });
}

/** By its alarm: to look at it changes nothing. */
async function emptied(look) {
  await until(async () => (await look()).empty, "the object is empty");
  same(await look(), { empty: true, alarm: null }, "after the end");
}
