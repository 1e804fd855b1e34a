// Secrets and tokens stay out of logs. Besides these tests, every error of the whole suite is looked through (define.mjs).

import { AccessToken, Client, GatepassError, Verifier } from "gatepass";
import { equal, ok, same, thrownBy } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";
import { findLeak } from "./renderings.mjs";

test("a token does not show when it is logged, serialised or copied", async (t) => {
  const token = await t.client().getToken();
  const value = token.accessToken;
  for (const subject of [token, { token }, [token], { ...token }, Object.assign({}, token), new Error("x", { cause: token })]) {
    equal(await findLeak(subject, value), undefined, "the place where the token shows");
  }
  ok(!`${token}`.includes(value), "in a template string");
  ok(!JSON.stringify(Object.entries(token)).includes(value), "in its entries");
  let copy;
  try {
    copy = structuredClone(token);
  } catch {
    return; // what cannot be copied cannot leak by being copied
  }
  equal(await findLeak(copy, value), undefined, "the place where the token shows in a copy");
});

test("a token is still read where it is meant to be read", async (t) => {
  const { accessToken, authorization, tokenType, expiresAt } = await t.client().getToken();
  same([authorization, tokenType, expiresAt instanceof Date], [`Bearer ${accessToken}`, "Bearer", true], "members");
});

test("a token cannot be made by anybody else", async () => {
  ok((await thrownBy(() => new AccessToken("forged"))) instanceof TypeError, "the constructor throws a TypeError");
});

test("a client does not show its secret or its tokens", async (t) => {
  const client = t.client();
  const token = await client.getToken();
  for (const subject of [client, { client }]) {
    equal(await findLeak(subject, CLIENT_SECRET), undefined, "the place where the secret shows");
    equal(await findLeak(subject, token.accessToken), undefined, "the place where the token shows");
  }
});

test("an error says what it knows when it is serialised, and no more", async (t) => {
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("error-503") }).getToken(), { code: "server_error" });
  const json = JSON.parse(JSON.stringify(error));
  same([json.name, json.code, json.status, json.retryable, json.retryAfter], ["GatepassError", "server_error", 503, true, 11], "members");
  equal(json.message, error.message, "message");
  ok(error instanceof GatepassError && error instanceof Error, "its classes");
  ok(String(error).startsWith("GatepassError: "), "its text");
  ok(typeof error.stack === "string" && error.stack.length > 0, "it has a stack");
});

test("a secret that the server quotes is scrubbed from what it says", async (t) => {
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("echo-of-the-body") }).getToken(), { code: "request_refused" });
  equal(error.oauth.error, "invalid_request", "the rest is kept");
});

test("a body that is no JSON is not quoted whole", async (t) => {
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("ten-megabytes") }).getToken(), { code: "unreadable_response" });
  ok(error.message.length < 1_000, "the message is short");
});

test("a token that is refused does not show, nor do its claims", async (t) => {
  const { domain, audience } = t.config.login3;
  const token = await new Client(t.login3Options()).getToken();
  const [header, payload, signature] = token.accessToken.split(".");
  const forged = `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`;
  for (const part of [header, payload, signature.slice(0, 40)]) t.hide(part);
  t.hide(t.config.login3.clientId);
  await t.rejects(() => new Verifier({ domain, audience }).verifyAccessToken(forged), { code: "invalid_token" });
});
