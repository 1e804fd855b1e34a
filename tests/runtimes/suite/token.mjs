// Getting a token: from where, with what, and when it is asked for again.

import { AccessToken, Client, getToken } from "gatepass";
import { between, equal, includes, ok, same } from "../assert.mjs";
import { CLIENT_ID, CLIENT_SECRET, test } from "./define.mjs";
import { claimsOf } from "./jwt.mjs";
import { sleep } from "./memory-store.mjs";

const HOUR = 3_600_000;

test("a token comes from a Login 3.0 domain", async (t) => {
  const before = Date.now();
  const token = await new Client(t.login3Options()).getToken();
  ok(token instanceof AccessToken, "it is an AccessToken");
  equal(token.tokenType, "Bearer", "tokenType");
  equal(token.source, "network", "source");
  equal(token.authorization, `Bearer ${token.accessToken}`, "authorization");
  ok(token.expiresAt instanceof Date, "expiresAt is a Date");
  between(token.expiresAt.getTime() - before, 0.99 * t.config.login3.tokenLifetime * 1000, 1.01 * t.config.login3.tokenLifetime * 1000, "lifetime");
  const claims = claimsOf(token.accessToken);
  equal(claims.iss, t.config.login3.issuer, "iss");
  equal(claims.aud, t.config.login3.audience, "aud");
});

test("a token comes from an issuer, found by discovery", async (t) => {
  const { domain, ...options } = t.login3Options({ issuer: t.config.login3.issuer });
  const token = await new Client(options).getToken();
  equal(claimsOf(token.accessToken).aud, t.config.login3.audience, "aud");
});

test("a token comes from an explicit token endpoint", async (t) => {
  const { domain, ...options } = t.login3Options({ tokenEndpoint: t.config.login3.tokenEndpoint });
  const token = await new Client(options).getToken();
  equal(claimsOf(token.accessToken).aud, t.config.login3.audience, "aud");
});

test("the one-shot getToken gets a token", async (t) => {
  const token = await getToken(t.login3Options(), { scope: "read:orders" });
  equal(token.scope, "read:orders", "scope");
});

test("an opaque token is a token", async (t) => {
  const token = await new Client(t.login3Options({ audience: undefined })).getToken();
  ok(!token.accessToken.includes("."), "no audience gives an opaque token");
});

test("the organization ends up in the token", async (t) => {
  const token = await new Client(t.login3Options({ organization: t.config.login3.organization })).getToken();
  equal(claimsOf(token.accessToken).org_id, t.config.login3.organization, "org_id");
});

test("scopes are given as a string or an array", async (t) => {
  const client = new Client(t.login3Options());
  equal((await client.getToken({ scope: "read:orders write:orders" })).scope, "read:orders write:orders", "from a string");
  equal((await client.getToken({ scope: ["read:orders"] })).scope, "read:orders", "from an array");
});

test("the token request is form-encoded and says who asks for what", async (t) => {
  await t.client({ audience: "https://api.example/a?b=c", scope: ["one", "two"], organization: "org_1", parameters: { tenant: "ä b" } }).getToken();
  const [request, ...more] = await t.seen();
  equal(more.length, 0, "further requests");
  equal(request.method, "POST", "method");
  includes(request.headers["content-type"], "application/x-www-form-urlencoded", "content-type");
  includes(request.headers.accept, "application/json", "accept");
  equal(request.headers["content-length"], String(request.body.length), "content-length");
  equal(request.headers.authorization, undefined, "authorization header");
  same(Object.fromEntries(new URLSearchParams(request.body)), {
    grant_type: "client_credentials",
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    audience: "https://api.example/a?b=c",
    scope: "one two",
    organization: "org_1",
    tenant: "ä b",
  }, "body");
});

test("what is not asked for is not sent", async (t) => {
  await t.client().getToken();
  const [request] = await t.seen();
  same([...new URLSearchParams(request.body).keys()].sort(), ["client_id", "client_secret", "grant_type"], "parameters");
});

test("a request can ask for something else than the client's options", async (t) => {
  const client = t.client({ audience: "a", scope: "s", organization: "o", parameters: { p: "1" } });
  await client.getToken({ audience: "a2", scope: ["s2"], organization: "o2", parameters: { p: "2" } });
  const sent = Object.fromEntries(new URLSearchParams((await t.seen())[0].body));
  same([sent.audience, sent.scope, sent.organization, sent.p], ["a2", "s2", "o2", "2"], "sent");
});

test("the second call is served from memory, without a request", async (t) => {
  const client = t.client();
  const first = await client.getToken();
  const second = await client.getToken();
  equal(first.source, "network", "first source");
  equal(second.source, "memory", "second source");
  equal(second.accessToken, first.accessToken, "token");
  equal(second.expiresAt.getTime(), first.expiresAt.getTime(), "expiresAt");
  equal((await t.seen()).length, 1, "requests");
});

test("scopes in another order are the same request, however they are given", async (t) => {
  const client = t.client();
  await client.getToken({ scope: "a b" });
  equal((await client.getToken({ scope: ["a", "b"] })).source, "memory", "source");
});

const DIFFERENCES = {
  audience: [{ audience: "a" }, { audience: "b" }, {}],
  scope: [{ scope: "a" }, { scope: "b" }, { scope: "a b" }, {}],
  organization: [{ organization: "a" }, { organization: "b" }, {}],
  parameter: [{ parameters: { x: "1" } }, { parameters: { x: "2" } }, { parameters: { y: "1" } }, {}],
  // What a careless cache key would run together.
  "place of the same text": [{ audience: "x" }, { organization: "x" }, { scope: "x" }, { parameters: { x: "" } }],
  "text with separators in it": [{ audience: "a&scope=b" }, { audience: "a", scope: "b" }, { audience: "a\nb" }, { audience: "a|b" }, { audience: "a,b" }],
};
for (const [what, requests] of Object.entries(DIFFERENCES)) {
  test(`tokens are never shared between requests that differ: ${what}`, async (t) => {
    const client = t.client();
    const tokens = new Set();
    for (const request of requests) {
      const token = await client.getToken(request);
      equal(token.source, "network", `source of ${JSON.stringify(request)}`);
      tokens.add(token.accessToken);
    }
    equal(tokens.size, requests.length, "different tokens");
    for (const request of requests) equal((await client.getToken(request)).source, "memory", "source of the repetition");
  });
}

test("clients with different secrets never share a token", async (t) => {
  await t.client({ clientSecret: "canary-secret-1" }).getToken();
  equal((await t.client({ clientSecret: "canary-secret-2" }).getToken()).source, "network", "source");
});

test("concurrent calls each get the token", async (t) => {
  const client = t.client();
  const tokens = await Promise.all(Array.from({ length: 10 }, () => client.getToken()));
  for (const token of tokens) includes(token.accessToken, "canary-token", "token");
});

test("a token is asked for again when it has expired", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("expires-in-2-seconds") });
  const first = await client.getToken();
  await sleep(2_200);
  const second = await client.getToken();
  equal(second.source, "network", "source");
  ok(second.accessToken !== first.accessToken, "it is a new token");
});

// name of the case, lifetime in milliseconds
const LIFETIMES = [
  ["expires-string", 1_800_000],
  ["expires-float", 1_800_000],
  ["expires-missing", 300_000],
  ["expires-null", 300_000],
  ["expires-text", 300_000],
  ["expires-true", 300_000],
  // Thirty days: no server means more, and one that counts in milliseconds must not make a token live for years.
  ["expires-in-milliseconds", 2_592_000_000],
  ["expires-beyond-32-bits", 2_592_000_000],
];
for (const [name, lifetime] of LIFETIMES) {
  test(`expires_in as real servers send it: ${name}`, async (t) => {
    const client = t.client({ tokenEndpoint: t.endpoint(name) });
    const before = Date.now();
    const token = await client.getToken();
    between(token.expiresAt.getTime() - before, lifetime - 2_000, lifetime + 10_000, "lifetime");
    equal((await client.getToken()).source, "memory", "second source");
  });
}

for (const name of ["expires-zero", "expires-negative"]) {
  test(`a token that is already expired is handed out once and never from memory: ${name}`, async (t) => {
    const client = t.client({ tokenEndpoint: t.endpoint(name) });
    const first = await client.getToken();
    ok(Number.isFinite(first.expiresAt.getTime()), "expiresAt is a date");
    equal((await client.getToken()).source, "network", "second source");
  });
}

test("an absurdly long lifetime is not for ever", async (t) => {
  const token = await t.client({ tokenEndpoint: t.endpoint("expires-huge") }).getToken();
  between(token.expiresAt.getTime(), Date.now() + HOUR, Date.UTC(9999, 11, 31), "expiresAt");
});

for (const name of [
  "type-lower-case", "type-upper-case", "type-missing", "no-content-type", "text-plain", "text-javascript",
  "labelled-xml", "form-encoded", "charset", "byte-order-mark", "type-null", "created-201", "more-members",
  "gzip", "error-empty-beside-a-token",
]) {
  test(`a token is read as real servers send it: ${name}`, async (t) => {
    const token = await t.client({ tokenEndpoint: t.endpoint(name) }).getToken();
    equal(token.accessToken, `canary-token-${t.tag}-1`, "token");
    equal(token.tokenType, "Bearer", "tokenType");
    between(token.expiresAt.getTime() - Date.now(), HOUR - 10_000, HOUR, "lifetime");
  });
}

test("a token whose type is not said is told", async (t) => {
  for (const name of ["type-missing", "type-null", "ok"]) await t.client({ tokenEndpoint: t.endpoint(name) }).getToken();
  equal(t.events.filter(({ type }) => type === "token_type_missing").length, 2, "events");
});

test("a token of 8 KB is a token", async (t) => {
  const token = await t.client({ tokenEndpoint: t.endpoint("token-of-8-kilobytes") }).getToken();
  ok(token.accessToken.length > 8192, "length");
});

test("a scope that is narrower than asked is reported", async (t) => {
  const token = await t.client({ tokenEndpoint: t.endpoint("scope-narrowed"), scope: "read:orders write:orders" }).getToken();
  equal(token.scope, "read:orders", "scope");
});

test("a server that says itself when to renew is heard", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("refresh-in-a-second") });
  const first = await client.getToken();
  await sleep(1_200);
  let newer = await client.getToken();
  // In the background, which takes its time where the machine is busy.
  for (let tries = 0; tries < 200 && newer.accessToken === first.accessToken; tries += 1) {
    await sleep(20);
    newer = await client.getToken();
  }
  ok(newer.accessToken !== first.accessToken, "there is a newer token");
  equal((await t.seen()).length, 2, "requests");
});

test("a server that gives the same token until it is dead is not asked over and over", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("same-until-dead") });
  const tokens = new Set();
  for (let tries = 0; tries < 600 && tokens.size < 2; tries += 1) {
    tokens.add((await client.getToken()).accessToken);
    await sleep(25);
  }
  equal(tokens.size, 2, "tokens");
  between((await t.seen()).length, 2, 12, "requests until there was another token");
});

for (const [name, expected] of Object.entries({
  "quota-of-the-client": [{ scope: "client", limit: 100, remaining: 90 }, { scope: "client", limit: 1000, remaining: 700 }],
  "quota-of-the-organization": [{ scope: "organization", limit: 10, remaining: 9 }],
  "quota-nonsense": [],
})) {
  test(`what is left of a quota is told: ${name}`, async (t) => {
    await t.client({ tokenEndpoint: t.endpoint(name) }).getToken();
    const told = t.events.filter(({ type }) => type === "quota").map(({ scope, limit, remaining }) => ({ scope, limit, remaining }));
    same(told, expected, "quotas");
  });
}

test("a quota that is spent keeps a client from asking", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("quota-spent"), retry: { attempts: 1 } });
  await client.getToken();
  const error = await t.rejects(() => client.getToken({ audience: "another" }), { code: "rate_limited", retryable: true });
  between(error.retryAfter, 3_500, 3_600, "retryAfter");
  equal((await t.seen()).length, 1, "requests");
});

test("no scope in the reply means the scope that was asked for", async (t) => {
  equal((await t.client({ scope: "a b" }).getToken()).scope, "a b", "scope");
});

test("options come from an environment", async (t) => {
  const { domain, clientId, clientSecret, audience } = t.config.login3;
  const token = await Client.fromEnv({
    GATEPASS_DOMAIN: domain,
    GATEPASS_CLIENT_ID: clientId,
    GATEPASS_CLIENT_SECRET: clientSecret,
    GATEPASS_AUDIENCE: audience,
    GATEPASS_SCOPE: "read:orders",
    GATEPASS_ORGANIZATION: t.config.login3.organization,
    PATH: "/bin",
  }).getToken();
  const claims = claimsOf(token.accessToken);
  same([claims.aud, claims.scope, claims.org_id], [audience, "read:orders", t.config.login3.organization], "claims");
});

test("options from an environment can be overridden", async (t) => {
  const env = { GATEPASS_TOKEN_ENDPOINT: t.endpoint("ok"), GATEPASS_CLIENT_ID: "a", GATEPASS_CLIENT_SECRET: "canary-secret", GATEPASS_AUDIENCE: "b" };
  await Client.fromEnv(env, { clientId: "c", audience: "d" }).getToken();
  const sent = new URLSearchParams((await t.seen())[0].body);
  same([sent.get("client_id"), sent.get("audience")], ["c", "d"], "sent");
});

// On workerd every test is a request of its own, so this client outlives the request that made it.
let shared;
for (const turn of [1, 2, 3]) {
  test(`a client that is kept between requests serves each of them (${turn} of 3)`, async (t) => {
    const first = shared === undefined;
    shared ??= t.client();
    equal((await shared.getToken()).source, first ? "network" : "memory", "source");
    equal((await shared.getToken({ audience: `${turn}` })).source, "network", "source for another audience");
  });
}
