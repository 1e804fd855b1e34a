// A token broker that gets its tokens itself: with a stand-in for `Client`, so that a test can say how long a token is good
// for, and real token requests over the network.

import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { between, equal, ok } from "../runtimes/assert.mjs";
import { past, until } from "../runtimes/waiting.mjs";
import { endingIn, lockOf, newKey } from "./contract.mjs";
import { remote } from "./remote.mjs";

const READERS = 20;
const LONG = { endsIn: 60_000, dueIn: 50_000 };

export async function testBroker(test, origin, tokens) {
  const inspect = await remote(origin, "inspect")();
  const store = await remote(origin, "owning object")();
  const broken = await remote(origin, "broken object")();

  /** A record of its own: what its tokens are like, and the operations on it. */
  const record = (plan, { binding = "OWNING", from = store } = {}) => {
    const key = newKey();
    tokens.plan(key, plan);
    const request = { parameters: { key } };
    return {
      key,
      request,
      plan: (next) => tokens.plan(key, next),
      get: () => from.get(key, { request }),
      set: (value, milliseconds, dueIn = milliseconds * 0.8) => from.set(key, value, { ...endingIn(milliseconds, request), renewAt: new Date(Date.now() + dueIn) }),
      acquire: (milliseconds = 60_000) => from.acquire(lockOf(key), milliseconds),
      release: () => from.delete(lockOf(key)),
      forget: () => from.delete(key),
      requests: () => tokens.count(key),
      state: () => inspect.object(binding, key),
    };
  };
  const check = (what, body) => test(`token broker: ${what}`, body);

  await check("it gets a token that is missing, and keeps it", async () => {
    const one = record(LONG);
    equal(await one.get(), "token-1");
    equal(await one.get(), "token-1", "the second time");
    equal(one.requests(), 1, "token requests");
  });

  await check(`of ${READERS} readers of a missing token, all get it by one request`, async () => {
    const one = record({ ...LONG, latency: 300 });
    const values = await Promise.all(Array.from({ length: READERS }, one.get));
    ok(values.every((value) => value === "token-1"), values.join());
    equal(one.requests(), 1, "token requests");
  });

  await check("while it gets a missing token, no isolate gets the lock", async () => {
    const { allowed, allow } = gate();
    const one = record({ ...LONG, allowed });
    const reading = one.get();
    reading.catch(() => {}); // is told below
    await requested(one);
    equal(await one.acquire(), false);
    allow();
    await reading;
    equal(await one.acquire(), false, "when it has it");
  });

  await check("when the reader whose miss it was has gone, the others get the token all the same", async () => {
    const one = record({ ...LONG, latency: 500 });
    const leave = readAndLeave(origin, one);
    await requested(one);
    const others = Promise.all([one.get(), one.get()]);
    await sleep(100);
    leave();
    equal((await others).join(), "token-1,token-1");
    equal(one.requests(), 1, "token requests");
  });

  await check("when all readers have gone, the token is there for the next one", async () => {
    const one = record({ ...LONG, latency: 300 });
    const leave = readAndLeave(origin, one);
    await requested(one);
    leave();
    await sleep(600);
    equal(await one.get(), "token-1");
    equal(one.requests(), 1, "token requests");
  });

  await check("a token that is used is renewed before it ends, and nobody waits", async () => {
    const one = record({ endsIn: 30_000, dueIn: 500 });
    await one.get();
    const { allowed, allow } = gate();
    one.plan({ ...LONG, allowed });
    await requested(one, 2);
    equal(await Promise.race([one.get(), sleep(1_000, "it waited")]), "token-1", "while it is renewed");
    allow();
    await until(async () => (await one.get()) === "token-2", "the next token is there");
    equal(one.requests(), 2, "token requests");
  });

  await check("a token that nobody has read since its renewal is not renewed again, and goes", async () => {
    const one = record({ endsIn: 1_200, dueIn: 300 });
    await one.get();
    await requested(one, 2);
    await until(async () => (await one.state()).empty, "its storage is empty");
    equal(one.requests(), 2, "token requests");
    equal((await one.state()).alarm, null, "its alarm");
  });

  await check("a token that is read again after its renewal was due is renewed then", async () => {
    const one = record({ endsIn: 30_000, dueIn: 300 });
    await one.get();
    await requested(one, 2);
    await sleep(700);
    equal(one.requests(), 2, "token requests while nobody reads");
    equal(await one.get(), "token-2", "the next reader");
    await requested(one, 3);
    await sleep(200);
    equal(one.requests(), 3, "token requests in the end");
  });

  await check("a token that an isolate has written is renewed as well", async () => {
    const one = record(LONG);
    await one.set("of-an-isolate", 60_000, 1_200);
    equal(await one.get(), "of-an-isolate");
    await requested(one);
    await until(async () => (await one.get()) === "token-1", "the next token is there");
  });

  await check("a token that was deleted is requested anew", async () => {
    const one = record(LONG);
    await one.get();
    await one.forget();
    equal(await one.get(), "token-2");
  });

  await check("after a failure, isolates do without it: one gets the lock, and it does not try again at once", async () => {
    const one = record({ fails: 500 });
    equal(await one.get(), null);
    equal(await one.get(), null, "the second reader");
    equal(one.requests(), 1, "token requests");
    equal(await one.acquire(), true, "the lock");
    equal(await one.acquire(), false, "the lock, for the next one");
    await one.set("of-an-isolate", 60_000);
    await one.release();
    equal(await one.get(), "of-an-isolate");
  });

  await check("after the pause that follows a failure it tries again, and the pause doubles", async () => {
    const one = record({ fails: 500 });
    await one.get();
    const first = await one.state();
    between(first.failure.until - Date.now(), 1_000, 2_000, "the first pause");
    await past(first.failure.until);
    equal(await one.get(), null);
    equal(one.requests(), 2, "token requests");
    const second = await one.state();
    between(second.failure.until - Date.now(), 3_000, 4_000, "the second pause");
    equal(second.failure.count, 2);
  });

  await check("a server that asks for a longer pause gets it, up to a day", async () => {
    for (const [retryAfter, seconds] of [[600, 600], [1e12, 86_400]]) {
      const one = record({ fails: 429, retryAfter });
      await one.get();
      between((await one.state()).failure.until - Date.now(), (seconds - 5) * 1000, seconds * 1000, `pause after ${retryAfter}`);
    }
  });

  await check("a renewal that fails leaves the old token, lets isolates try, and is tried again before the end", async () => {
    const one = record({ endsIn: 20_000, dueIn: 300 });
    await one.get();
    one.plan({ fails: 503 });
    await until(async () => (await one.state()).failure, "it has failed");
    equal(one.requests(), 2, "token requests");
    equal(await one.get(), "token-1", "meanwhile");
    equal(await one.acquire(200), true, "the lock, for an isolate");
    one.plan(LONG);
    await until(async () => (await one.get()) === "token-3", "the token after the pause");
    equal((await one.state()).failure, undefined, "what it remembers of the failure");
    equal(await one.acquire(), false, "the lock, from now on");
  });

  await check("one whose options are not those of the isolates blocks nobody", async () => {
    const one = record(LONG, { binding: "BROKEN", from: broken });
    equal(await one.get(), null);
    equal(await one.acquire(), true, "the lock");
    await one.set("of-an-isolate", 60_000);
    equal(await one.get(), "of-an-isolate");
  });

  await check("a request too long to be kept is not, and isolates renew by themselves", async () => {
    const one = record(LONG);
    const request = { parameters: { key: one.key, long: "x".repeat(9_000) } };
    equal(await store.get(one.key, { request }), "token-1", "it can still be used at once");
    const state = await one.state();
    equal(state.source, undefined, "what is kept of it");
    equal(await one.acquire(), true, "the lock");
  });

  await check("a reader without a request gets what is there", async () => {
    const one = record(LONG);
    equal(await store.get(one.key, {}), null, "nothing");
    equal(one.requests(), 0, "token requests");
    equal(await one.get(), "token-1");
    equal(await store.get(one.key, {}), "token-1");
  });
}

/** A `get` on a connection of its own, and the way to reset it: workerd does not notice a plain end. */
function readAndLeave(origin, { key, request }) {
  const body = JSON.stringify({ name: "owning object", operation: "get", args: [key, { request }] });
  const socket = createConnection(new URL(origin).port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`POST / HTTP/1.1\r\nhost: worker\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  return () => socket.resetAndDestroy();
}

function requested(one, count = 1) {
  return until(() => one.requests() >= count, `${count} token requests were made`);
}

/** A promise, and what settles it. */
function gate() {
  let allow;
  const allowed = new Promise((resolve) => (allow = resolve));
  return { allowed, allow };
}
