// A `fetch` of the user's own: used everywhere, and never trusted to behave.

import { Verifier } from "gatepass";
import { equal, ok, same } from "../assert.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, ISSUER, signToken } from "./jwt.mjs";

const addressOf = (input) => (input instanceof Request ? input.url : String(input));

test("a replacement fetch is used for the token and for the API", async (t) => {
  const calls = [];
  const client = t.client({
    fetch: (input, init) => {
      calls.push(addressOf(input));
      return fetch(input, init);
    },
  });
  await client.callApi(t.api("echo"));
  same(calls, [t.endpoint("ok"), t.api("echo")], "calls");
});

test("a replacement fetch is used for the keys", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const calls = [];
  const verifier = new Verifier({
    issuer: ISSUER,
    jwksUri: t.keys("good"),
    audience: AUDIENCE,
    fetch: (input, init) => {
      calls.push(addressOf(input));
      return fetch(input, init);
    },
  });
  ok(await verifier.verifyAccessToken(await signToken(t)), "verified");
  same(calls, [t.keys("good")], "calls");
});

test("what a replacement fetch throws is the cause, the very object", async (t) => {
  const token = await signToken(t);
  let attempts = 0;
  for (const mine of [new Error("no network today"), { not: "an error" }, "text", null]) {
    const ways = [() => { throw mine; }, () => Promise.reject(mine)];
    for (const fetch of ways) {
      const error = await t.rejects(() => t.client({ fetch, retry: { attempts: 1, hold: 0 } }).getToken(), { code: "network_error" });
      ok(error.cause === mine, `the cause of a token request is what was thrown: ${mine}`);
      // Another address each time: one that has just failed is left alone for a while.
      const jwksUri = `${t.keys("good")}?${(attempts += 1)}`;
      const verifier = new Verifier({ issuer: ISSUER, jwksUri, audience: AUDIENCE, fetch });
      const refusal = await t.rejects(() => verifier.verifyAccessToken(token), { code: "keys_unavailable" });
      ok(refusal.cause === mine, `the cause of a key request is what was thrown: ${mine}`);
    }
  }
});

test("a replacement fetch that resolves to no Response is an error, not a crash", async (t) => {
  for (const answer of [undefined, null, {}, 7, "text"]) {
    const client = t.client({ fetch: async () => answer, retry: { hold: 0 } });
    await t.rejects(() => client.getToken(), { code: ["network_error", "unreadable_response"] });
  }
  equal((await t.client().getToken()).source, "network", "the library still works");
});

test("a replacement fetch that returns no promise is an error or an answer, not a crash", async (t) => {
  for (const answer of [undefined, null, {}, 7, "text"]) {
    const client = t.client({ fetch: () => answer, retry: { hold: 0 } });
    await t.rejects(() => client.getToken(), { code: ["network_error", "unreadable_response"] });
  }
  const reply = () => Response.json({ access_token: `canary-token-${t.tag}`, token_type: "Bearer", expires_in: 60 });
  equal((await t.client({ fetch: reply, audience: "a" }).getToken()).accessToken, `canary-token-${t.tag}`, "token");
  equal((await t.client({ audience: "b" }).getToken()).source, "network", "the library still works");
});

test("a replacement fetch that returns no promise for an API call is an error or an answer, not a crash", async (t) => {
  const fetchTokenThen = (answer) => (input, init) => (addressOf(input) === t.endpoint("ok") ? fetch(input, init) : answer);
  const response = await t.client({ fetch: fetchTokenThen(new Response("{}")) }).callApi(t.api("echo"));
  equal(response.status, 200, "status");
  for (const answer of [undefined, null, {}, 7]) {
    await t.rejects(() => t.client({ fetch: fetchTokenThen(answer) }).callApi(t.api("echo")), { code: ["network_error", "unreadable_response"] });
  }
});
