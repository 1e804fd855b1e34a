// A store of the user's: what it is given, and what happens when it gives back anything at all. A call never fails for it.

import { between, equal, ok, same } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";
import { memberOf, memoryStore, sleep } from "./memory-store.mjs";
import { findLeak } from "./renderings.mjs";

const TEN_MEGABYTES = 10 * 1024 * 1024;
const never = () => new Promise(() => {});
const raises = () => {
  throw new Error("canary-secret of the store");
};
const rejects = async () => raises();
/** Milliseconds of an operation, and of a whole call that meets it a few times. */
const STORE_TIMEOUT = 100;
const SOON = 3_000;
/** Milliseconds that a call may take in all, which is less than a store may by default. */
const HURRY = 800;

/** A token for a member, and what it heard of its store. */
async function tokenOf(t, store) {
  const { client, events } = memberOf(t, { store });
  const began = Date.now();
  const token = await client.getToken();
  between(Date.now() - began, 0, SOON, "milliseconds");
  ok(token.accessToken.startsWith("canary-token-"), "it is the server's token");
  equal(await findLeak(events, "canary"), undefined, "the place in the events where a secret or token shows");
  return { token, failures: events.filter(({ type }) => type === "store_failed") };
}

test("a token that one member has put into the store is had by the next without a token request", async (t) => {
  const store = memoryStore();
  const [first, second] = [memberOf(t, { store }), memberOf(t, { store })];
  const token = await first.client.getToken();
  const found = await second.client.getToken();
  same([token.source, found.source], ["network", "store"], "sources");
  equal(found.accessToken, token.accessToken, "the token");
  equal(found.expiresAt.getTime(), token.expiresAt.getTime(), "its end");
  equal((await second.client.getToken()).source, "memory", "the source after that");
  equal((await t.seen()).length, 1, "token requests");
  same(second.types(), ["token_served", "token_served"], "what the second heard");
  equal([...store.records.keys()].filter((key) => key.endsWith(".lock")).length, 0, "locks that are left");
});

test("what the store is given is sealed text under a short key, with its times and what was asked for", async (t) => {
  const calls = [];
  const store = memoryStore({ set: (...args) => calls.push(args) });
  const { client } = memberOf(t, { store, scope: "read:orders", organization: "org_1", parameters: { tenant: "a" } });
  const token = await client.getToken();
  const [[key, value, { expiresAt, renewAt, request, ...more }], ...further] = calls;
  equal(further.length, 0, "further records");
  ok(/^gp1\.[\w-]{43}$/.test(key), `the key: ${key}`);
  ok(/^[\w-]{80,}$/.test(value), "the value is base64url");
  equal(expiresAt.getTime(), token.expiresAt.getTime(), "expiresAt");
  ok(renewAt instanceof Date && renewAt < expiresAt && renewAt > new Date(), "renewAt lies between now and the end");
  same(request, { audience: "https://api.example", scope: "read:orders", organization: "org_1", parameters: { tenant: "a" } }, "request");
  same(more, {}, "further members");
  for (const hidden of [token.accessToken, CLIENT_SECRET, "canary", "api.example"]) {
    ok(![key, value, atob(value.replaceAll("-", "+").replaceAll("_", "/"))].some((text) => text.includes(hidden)), "nothing of it can be read");
  }
});

test("two requests that differ in anything have different records", async (t) => {
  const store = memoryStore();
  const { client } = memberOf(t, { store });
  const differences = [{}, { audience: "https://other.example" }, { scope: "one" }, { scope: "one two" }, { organization: "org_1" }, { parameters: { tenant: "a" } }];
  for (const request of differences) await client.getToken(request);
  equal(store.records.size, differences.length, "records");
  const tokens = new Set();
  for (const request of differences) tokens.add((await memberOf(t, { store }).client.getToken(request)).accessToken);
  equal(tokens.size, differences.length, "tokens of another member");
  equal((await t.seen()).length, differences.length, "token requests");
});

const WRONG_VALUES = {
  "an object": [{ access_token: "forged" }, "not_text"],
  "a number": [7, "not_text"],
  "a boolean": [true, "not_text"],
  "bytes": [new Uint8Array(64), "not_text"],
  "a symbol": [Symbol("record"), "not_text"],
  "a function": [() => "record", "not_text"],
  "a String object": [Object("record"), "not_text"],
  "10 MB": ["A".repeat(TEN_MEGABYTES), "too_large"],
  "an empty string": ["", "unreadable"],
  "a text of its own": ["record", "unreadable"],
};
for (const [what, [value, problem]] of Object.entries(WRONG_VALUES)) {
  test(`a store that gives ${what} costs a token request and is told of`, async (t) => {
    const { failures } = await tokenOf(t, memoryStore({ get: () => value, acquire: undefined }));
    same(failures.map((event) => [event.operation, event.problem]), [["get", problem]], "what failed");
    equal((await t.seen()).length, 1, "token requests");
  });
}

const BREAKAGES = {
  "throws": raises,
  "rejects": rejects,
  "rejects with nothing": () => Promise.reject(),
  "rejects with a symbol": () => Promise.reject(Symbol("no")),
  "gives a promise that throws": () => ({ then: raises }),
};
for (const [what, broken] of Object.entries(BREAKAGES)) {
  for (const operation of ["get", "set", "delete", "acquire"]) {
    test(`a store whose ${operation} ${what} costs no call, and is told of without its message`, async (t) => {
      const { failures } = await tokenOf(t, memoryStore({ [operation]: broken }));
      same(failures.map((event) => [event.operation, event.problem]), [[operation, "threw"]], "what failed");
      equal((await t.seen()).length, 1, "token requests");
    });
  }
}

for (const operation of ["get", "set", "delete", "acquire"]) {
  test(`a store whose ${operation} never answers costs a call no more than its timeout, and is told of`, async (t) => {
    const { failures } = await tokenOf(t, memoryStore({ [operation]: never, timeout: STORE_TIMEOUT }));
    same(failures.map((event) => event.operation), [operation], "what failed");
    equal((await t.seen()).length, 1, "token requests");
  });
}

for (const operation of ["get", "set", "delete", "acquire"]) {
  test(`a store whose ${operation} never answers costs a call in a hurry a quarter of its deadline`, async (t) => {
    const { client, events } = memberOf(t, { store: memoryStore({ [operation]: never, timeout: 60_000 }), retry: { deadline: HURRY } });
    const began = Date.now();
    await client.getToken();
    between(Date.now() - began, HURRY / 4 - 10, SOON, "milliseconds");
    same(events.filter(({ type }) => type === "store_failed").map((event) => [event.operation, event.problem]), [[operation, "timeout"]], "what failed");
  });
}

test("a store whose timeout makes no sense is a mistake", async (t) => {
  for (const timeout of [0, -1, 1.5, "100", NaN, {}, 60_001]) {
    await t.isTypeError(async () => t.client({ store: memoryStore({ timeout }) }), "options.store.timeout");
  }
});

test("a store that gives null, or nothing, has no record", async (t) => {
  for (const nothing of [null, undefined]) {
    same((await tokenOf(t, memoryStore({ get: () => nothing }))).failures, [], "what failed");
  }
});

test("a store is called as the object it is", async (t) => {
  class Store {
    #records = new Map();
    get(key) {
      return this.#records.get(key);
    }
    set(key, value) {
      this.#records.set(key, value);
    }
  }
  const store = new Store();
  same((await tokenOf(t, store)).failures, [], "what failed");
  equal((await tokenOf(t, store)).token.source, "store", "the source of the second");
});

test("a store whose members cannot be read after a while costs no call", async (t) => {
  let broken = false;
  const store = new Proxy(memoryStore(), { get: (target, name) => (broken ? raises() : target[name]) });
  const { client, events } = memberOf(t, { store });
  broken = true;
  await client.getToken();
  ok(events.some(({ type }) => type === "store_failed"), "it is told of");
});

test("a store that changes what it is given changes nothing for anybody else", async (t) => {
  const { token, failures } = await tokenOf(t, memoryStore({
    get(key, context) {
      context.request.audience = "https://evil.example";
    },
    set(key, value, options) {
      options.expiresAt.setTime(0);
      options.request.scope = "admin";
    },
  }));
  same(failures, [], "what failed");
  ok(token.expiresAt > new Date(), "the token's end");
  const [{ body }] = await t.seen();
  equal(new URLSearchParams(body).get("audience"), "https://api.example", "the audience that was asked for");
});

test("a store that needs the same token itself does not wait for itself for ever", async (t) => {
  let client;
  const store = memoryStore({ get: () => client.getToken().then(() => null), timeout: STORE_TIMEOUT });
  ({ client } = memberOf(t, { store }));
  const began = Date.now();
  await client.getToken();
  between(Date.now() - began, 0, SOON, "milliseconds");
  equal((await t.seen()).length, 1, "token requests");
});

for (const answer of ["OK", 1, {}, "false"]) {
  test(`a lock that is ${JSON.stringify(answer)} instead of true delays a call and does not fail it`, async (t) => {
    const store = memoryStore({ acquire: () => answer });
    const { client } = memberOf(t, { store, timeout: 300 });
    const began = Date.now();
    await client.getToken();
    between(Date.now() - began, 0, SOON, "milliseconds");
    equal((await t.seen()).length, 1, "token requests");
  });
}

test("a lock that nobody gives back delays a call and does not fail it", async (t) => {
  const store = memoryStore({ acquire: () => false });
  const { client, events } = memberOf(t, { store, timeout: 300 });
  await Promise.all([client.getToken(), client.getToken()]);
  equal((await t.seen()).length, 1, "token requests");
  same(events.filter(({ type }) => type === "store_failed"), [], "what failed");
});

test("a token in memory needs no store", async (t) => {
  let calls = 0;
  const counted = (result) => () => {
    calls += 1;
    return result;
  };
  const store = memoryStore({ get: counted(null), set: counted(), delete: counted(), acquire: counted(true) });
  const { client } = memberOf(t, { store });
  await client.getToken();
  await sleep(20);
  const before = calls;
  for (let count = 0; count < 100; count += 1) await client.getToken();
  equal(calls, before, "operations");
});

test("many calls at once ask the store once", async (t) => {
  let reads = 0;
  const store = memoryStore({
    get() {
      reads += 1;
    },
    acquire: undefined,
  });
  const { client } = memberOf(t, { store });
  await Promise.all(Array.from({ length: 50 }, () => client.getToken()));
  equal(reads, 1, "operations");
  equal((await t.seen()).length, 1, "token requests");
});

test("a store that is wrong in itself is a TypeError", async (t) => {
  for (const store of [null, 7, "redis://127.0.0.1", {}, { get() {} }, { get: 1, set: 2 }, () => {}]) {
    await t.isTypeError(() => t.client({ store }), "options.store");
  }
  await t.isTypeError(() => t.client({ storeSecret: "s" }), "options.storeSecret");
  for (const storeSecret of ["", [], [""], 7, [7]]) await t.isTypeError(() => t.client({ store: memoryStore(), storeSecret }), "options.storeSecret");
});
