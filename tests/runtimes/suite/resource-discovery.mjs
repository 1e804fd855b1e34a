// APIs that name their authorization server (RFC 9728): the machine client of the Model Context Protocol.

import { Client } from "gatepass";
import { equal, ok, same } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";

const client = (t, changes) => t.client({ discover: true, validate: "off", retry: { attempts: 1 }, ...changes });

/** The URL of an API that names these issuers. */
const api = (t, name, ...issuers) => `${t.resource(name)}?${new URLSearchParams(issuers.map((issuer) => ["as", issuer]))}`;

const formsOf = (requests) => requests.filter(({ method }) => method === "POST").map(({ body, path }) => ({ ...Object.fromEntries(new URLSearchParams(body)), path }));

test("an API that refuses a token names its authorization server, and gets a token for itself from there", async (t) => {
  const issuer = t.issuer("good");
  const response = await client(t, { authorizationServers: [issuer] }).callApi(api(t, "named", "https://unlisted.example", issuer), { method: "POST", json: {} });
  equal(response.status, 200, "status");
  const [usual, forApi, ...others] = formsOf(await t.seen());
  equal(others.length, 0, "further token requests");
  equal(usual.resource, undefined, "resource of the first token");
  equal(forApi.resource, t.resource("named"), "resource");
  equal(forApi.scope, "mcp:tools", "scope, as the challenge has it");
  equal(forApi.client_secret, CLIENT_SECRET, "the credential");
});

test("the authorization server of an API is remembered", async (t) => {
  const issuer = t.issuer("good");
  const one = client(t, { authorizationServers: [issuer] });
  await one.callApi(api(t, "named", issuer));
  equal((await one.callApi(api(t, "named", issuer))).status, 200, "status");
  equal((await client(t, { authorizationServers: [issuer] }).callApi(api(t, "named", issuer))).status, 200, "status of an equal client's call");
  equal(formsOf(await t.seen()).length, 2, "token requests");
});

test("of calls that an API refuses at once, one asks for its metadata", async (t) => {
  const issuer = t.issuer("good");
  const one = client(t, { authorizationServers: [issuer] });
  const responses = await Promise.all(Array.from({ length: 20 }, () => one.callApi(api(t, "named-slowly", issuer))));
  same(responses.map(({ status }) => status), Array(20).fill(200), "statuses");
  equal((await t.seenByResources()).filter(({ path }) => path.includes("?metadata")).length, 1, "requests for the metadata");
  equal(formsOf(await t.seen()).length, 2, "token requests");
});

test("the configured issuer needs no list, and discovery can be asked for in one call", async (t) => {
  const issuer = t.issuer("good");
  const own = client(t, { tokenEndpoint: undefined, issuer, discover: undefined });
  equal((await own.callApi(api(t, "named", issuer), { discover: true })).status, 200, "status");
  const forms = formsOf(await t.seen());
  same(forms.map(({ resource }) => resource), [undefined, t.resource("named")], "resources");
});

for (const name of ["named-among-challenges", "named-without-quotes", "named-with-a-mark"]) {
  test(`an API's authorization server is found however it is named: ${name}`, async (t) => {
    const issuer = t.issuer("good");
    const url = name === "named-without-quotes" ? t.resource(name) : api(t, name, issuer);
    const response = await client(t, { authorizationServers: [issuer] }).callApi(`${url}#part`);
    // Without quotes there is no room for the query that says which server it is.
    equal(response.status, name === "named-without-quotes" ? 401 : 200, "status");
    equal((await t.seenByResources()).filter(({ path }) => path.includes("?metadata")).length, 1, "requests for the metadata");
  });
}

test("each API of an origin gets the tokens that were made for it, and asks once", async (t) => {
  const issuer = t.issuer("good", { token: "for-its-resource" });
  const one = client(t, { authorizationServers: [issuer] });
  for (const name of ["takes-its-own", "takes-its-own-too", "takes-its-own", "takes-its-own-too"]) {
    equal((await one.callApi(api(t, name, issuer))).status, 200, `status of ${name}`);
  }
  // For each a call that is refused, the metadata, and two that are answered.
  equal((await t.seenByResources()).length, 8, "requests");
});

for (const [name, what] of Object.entries({
  "named-for-another": "whose metadata is for another API",
  "named-nobody": "whose metadata names no server",
  "named-by-http": "whose metadata is at an address without TLS",
  "named-by-a-redirect": "whose metadata is elsewhere",
})) {
  test(`an API ${what} gets its 401 handed back, and no token more is asked for`, async (t) => {
    const issuer = t.issuer("good");
    const response = await client(t, { authorizationServers: [issuer] }).callApi(api(t, name, issuer));
    equal(response.status, 401, "status");
    equal(formsOf(await t.seen()).length, 1, "token requests");
  });
}

test("a server that is not on the list never sees a credential", async (t) => {
  const issuer = t.issuer("good");
  for (const authorizationServers of [undefined, [`${issuer}/`], ["https://as.example"]]) {
    const response = await client(t, { authorizationServers }).callApi(api(t, "named", issuer));
    equal(response.status, 401, "status");
  }
  ok((await t.seen()).every(({ path }) => path.includes("/token/ok/") && !path.includes("iss=")), "only the configured token endpoint was asked");
});

test("a server that one client may ask is not asked by another one that may not", async (t) => {
  const issuer = t.issuer("good");
  equal((await client(t, { authorizationServers: [issuer] }).callApi(api(t, "named", issuer))).status, 200, "status of the one");
  const before = (await t.seenByResources()).length;
  const response = await client(t, { authorizationServers: ["https://as.example"] }).callApi(api(t, "takes-its-own", issuer));
  equal(response.status, 401, "status of the other");
  await client(t).callApi(api(t, "named", issuer));
  const tokenOfTheOther = (await t.seen()).filter(({ method }) => method === "POST").length;
  equal(tokenOfTheOther, 2, "token requests: one of each kind, both of the one");
  const shown = (await t.seenByResources()).slice(before).map(({ headers }) => headers.authorization).filter(Boolean);
  ok(shown.every((token) => token === `Bearer canary-token-${t.tag}-1`), "the other shows its usual token only");
});

test("without discover a 401 is a 401", async (t) => {
  const issuer = t.issuer("good");
  const plain = t.client({ authorizationServers: [issuer], validate: "off" });
  equal((await plain.callApi(api(t, "named", issuer))).status, 401, "status");
  equal(formsOf(await t.seen()).length, 1, "token requests");
});

test("mistakes in what is to be discovered are named", async (t) => {
  await t.isTypeError(() => t.client({ authorizationServers: [] }), "options.authorizationServers");
  await t.isTypeError(() => t.client({ authorizationServers: ["http://as.example"] }), "options.authorizationServers");
  await t.isTypeError(() => t.client({ discover: 1 }), "options.discover");
  await t.isTypeError(() => t.client().callApi(t.resource("named"), { discover: "yes" }), "init.discover");
  await t.nothingWasSent();
});

test("a token from the server that an API names is renewed when the API refuses it", async (t) => {
  const [api, metadata] = ["https://api.example/mcp", "https://api.example/.well-known/oauth-protected-resource/mcp"];
  const json = (body, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
  let tokens = 0;
  let good = "as2.example-1";
  const reply = async (input, init = {}) => {
    const { origin, host, pathname } = new URL(input);
    if (pathname === "/.well-known/oauth-protected-resource/mcp") return json({ resource: api, authorization_servers: ["https://as2.example"] });
    if (pathname.startsWith("/.well-known/")) return json({ issuer: origin, token_endpoint: `${origin}/token`, jwks_uri: `${origin}/keys` });
    if (pathname === "/token") return json({ access_token: `${host}-${host === "as2.example" ? (tokens += 1) : 0}`, token_type: "Bearer", expires_in: 3600 });
    if (init.headers.authorization === `Bearer ${good}`) return json({});
    return json({}, 401, { "www-authenticate": `Bearer error="invalid_token", resource_metadata="${metadata}"` });
  };
  const client = new Client({
    issuer: "https://as1.example", clientId: t.tag, clientSecret: "canary-secret", validate: "off", discover: true, authorizationServers: ["https://as2.example"], fetch: reply,
  });
  equal((await client.callApi(api)).status, 200, "status");
  good = "as2.example-2";
  equal((await client.callApi(api)).status, 200, "status after the token was revoked");
  good = "no token";
  equal((await client.callApi(api)).status, 401, "status where no token is taken");
  ok(tokens <= 4, `${tokens} token requests`);
});
