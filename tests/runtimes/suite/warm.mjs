// Calls that find their token in memory, where a client holds it without asking again: what they may not miss.

import { Client } from "gatepass";
import { equal, ok, same } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";
import { memoryStore, sleep } from "./memory-store.mjs";

/** More than are kept. */
const MANY = 1_200;
const HOUR = 3_600_000;

/** A client that holds a token already, and another one with equal options. */
async function warm(t, changes) {
  const [client, other] = [t.client(changes), t.client(changes)];
  await client.getToken();
  const held = await client.getToken();
  equal((await client.getToken()).accessToken, held.accessToken, "the token of two calls");
  return { client, other, held };
}

/** Runs an action with a clock that shows another time. */
async function atAnotherTime(milliseconds, action) {
  const now = Date.now;
  Date.now = () => now() + milliseconds;
  try {
    return await action();
  } finally {
    Date.now = now;
  }
}

test("a listener hears of every warm call, and what it does costs none", async (t) => {
  const events = [];
  const { client } = await warm(t, {
    onEvent(event) {
      events.push(event);
      throw new Error("not today");
    },
  });
  const before = events.length;
  for (let call = 0; call < 3; call += 1) await client.getToken();
  const { key } = client.explain();
  same(events.slice(before).map(({ at, ...event }) => event), Array.from({ length: 3 }, () => ({ type: "token_served", key, source: "memory" })), "events");
  ok(events.every(({ at }) => Math.abs(at - Date.now()) < 60_000), "when it was");
});

test("each warm call has a promise of its own", async (t) => {
  const { client } = await warm(t);
  const promises = [client.getToken(), client.getToken()];
  ok(promises[0] !== promises[1], "two promises");
  await Promise.all(promises);
});

test("a token that another client has invalidated is not handed out again, not even at once", async (t) => {
  const { client, other, held } = await warm(t);
  const forgotten = other.invalidate();
  const token = await client.getToken();
  ok(token.accessToken !== held.accessToken, "another token");
  await forgotten;
  await other.invalidate({ token: held });
  equal((await client.getToken()).accessToken, token.accessToken, "the newer token");
});

test("a fresh token that another client got replaces the one that is held", async (t) => {
  const { client, other, held } = await warm(t);
  const fresh = await other.getToken({ fresh: true });
  ok(fresh.accessToken !== held.accessToken, "another token");
  equal((await client.getToken()).accessToken, fresh.accessToken, "the token of the next call");
});

test("a token that is held is renewed when it is due, and not used beyond its end", async (t) => {
  const { client, held } = await warm(t);
  await atAnotherTime(0.8 * HOUR, async () => ok((await client.getToken()).accessToken === held.accessToken, "the token before it is due"));
  await atAnotherTime(2 * HOUR, async () => ok((await client.getToken()).accessToken !== held.accessToken, "the token after its end"));
});

test("a token that is held is not believed when the clock has been set back", async (t) => {
  const { client, held } = await warm(t);
  const later = await atAnotherTime(-HOUR, () => client.getToken());
  ok(later.accessToken !== held.accessToken, "another token");
});

test("a token that is held survives any number of others", async (t) => {
  let requests = 0;
  const fetch = async () => Response.json({ access_token: `token-${(requests += 1)}`, expires_in: 3600 });
  const { client, held } = await warm(t, { fetch });
  for (let number = 0; number < MANY; number += 1) {
    await client.getToken({ audience: `https://api-${number}.example` });
    equal((await client.getToken()).accessToken, held.accessToken, "the token");
  }
  equal(requests, 1 + MANY, "token requests");
  equal((await t.client({ fetch }).getToken()).accessToken, held.accessToken, "the token of another client");
});

test("a token that the store has replaced meanwhile is not used for API calls that refuse it, nor after invalidate", async () => {
  const [store, refused] = [memoryStore(), new Set()];
  let [number, expires_in, pause] = [0, 7_200, 0];
  const options = () => ({
    tokenEndpoint: "https://issuer.example/token",
    clientId: "me",
    // Of its own memory, and of the same store.
    clientSecret: () => CLIENT_SECRET,
    store: { ...store, get: async (key) => [store.get(key), await sleep(pause)][0] },
    async fetch(url, { headers }) {
      if (String(url).startsWith("https://issuer.example")) return Response.json({ access_token: `canary-token-${++number}`, token_type: "Bearer", expires_in });
      const token = new Headers(headers).get("authorization").split(" ")[1];
      return refused.has(token) ? new Response("", { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } }) : new Response(token);
    },
  });
  await new Client(options()).getToken();
  [expires_in, pause] = [3_600, 100];
  const client = new Client(options());
  const cold = client.getToken();
  const fresh = await client.getToken({ fresh: true });
  await client.getToken();
  equal((await cold).accessToken, "canary-token-1", "the token of the store");
  refused.add(fresh.accessToken);
  equal((await client.callApi("https://api.example")).status, 200, "status of a call to an API");
  await client.invalidate({ token: fresh });
  ok((await client.getToken()).accessToken !== fresh.accessToken, "another token");
});
