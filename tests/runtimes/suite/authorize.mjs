// Requests that arrive at an API: who comes in, and what whoever does not is told.

import { GatepassError, Verifier } from "gatepass";
import { equal, includes, ok, same, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, ISSUER, now, signToken } from "./jwt.mjs";
import { bearer, read, refused, requestWith, tokenWith, URL_OF_API, verifierOf } from "./requests.mjs";

test("a request with a good token is let in, however it is handed over", async (t) => {
  const verifier = await verifierOf(t);
  const token = await tokenWith(t, { scope: "read:orders" });
  const authorization = `Bearer ${token}`;
  for (const [what, request] of Object.entries({
    "a Request": requestWith({ authorization }),
    "a lower-case scheme": requestWith({ authorization: `bearer ${token}` }),
    "headers as Headers": { method: "GET", url: URL_OF_API, headers: new Headers({ authorization }) },
    "headers as an object": { method: "GET", url: URL_OF_API, headers: { authorization } },
    "headers in capitals": { method: "GET", url: URL_OF_API, headers: { AUTHORIZATION: authorization, other: undefined } },
    "headers as arrays": { method: "GET", url: "/orders", headers: { Authorization: [authorization], host: "api.example" } },
    "a request of node:http": { method: "GET", url: "/orders", headers: { authorization }, headersDistinct: { authorization: [authorization] } },
  })) {
    const admitted = await verifier.authorize(request, { scopes: ["read:orders"] });
    same(Object.keys(admitted).sort(), ["claims", "scheme", "token"], `members, ${what}`);
    equal(admitted.claims.sub, "client@clients", `sub, ${what}`);
    same([admitted.token, admitted.scheme], [token, "Bearer"], what);
  }
});

test("a request without a token of ours is told where to get in, and no error (RFC 6750 section 3.1)", async (t) => {
  const verifier = await verifierOf(t);
  for (const headers of [{}, { authorization: "" }, { authorization: "Basic YTpi" }, { authorization: "Negotiate" }]) {
    const answer = await refused(t, () => verifier.authorize(requestWith(headers)), { code: "missing_token", status: 401, retryable: false });
    same([answer.status, answer.challenge, answer.body], [401, "Bearer", undefined], JSON.stringify(headers));
  }
  await t.nothingWasSent();
});

test("credentials that are not one token are a bad request", async (t) => {
  const verifier = await verifierOf(t);
  const token = await tokenWith(t);
  const two = new Headers({ authorization: `Bearer ${token}` });
  two.append("authorization", `Bearer ${token}`);
  for (const headers of [
    two,
    { authorization: [`Bearer ${token}`, `Bearer ${token}`] },
    { authorization: `Bearer ${token}`, Authorization: `Bearer ${token}` },
    { authorization: `Bearer ${token}, Basic YTpi` },
    { authorization: "Bearer" },
    { authorization: `Bearer ${token} ${token}` },
    { authorization: 'Bearer "quoted"' },
    { authorization: "DPoP a b" },
  ]) {
    const answer = await refused(t, () => verifier.authorize({ method: "GET", url: URL_OF_API, headers }), { code: "invalid_request", status: 400 });
    equal(answer.status, 400, "status");
    includes(answer.challenge, 'error="invalid_request", error_description="', "challenge");
    equal(answer.body.error, "invalid_request", "body");
  }
  const request = { method: "GET", url: "/", headers: { authorization: `Bearer ${token}` }, headersDistinct: { authorization: [`Bearer ${token}`, "Bearer x"] } };
  await refused(t, () => verifier.authorize(request), { code: "invalid_request" });
  await t.nothingWasSent();
});

test("a bad token is told as RFC 6750 section 3 writes it, without the token and without a claim", async (t) => {
  const verifier = await verifierOf(t);
  const token = await signToken(t, { claims: { iss: ISSUER, aud: "https://canary-claim.example", exp: now() + 60 } });
  t.hide("canary-claim");
  const answer = await refused(t, () => verifier.authorize(bearer(token)), { code: "invalid_token", status: 401, claim: "aud" });
  equal(answer.status, 401, "status");
  equal(answer.challenge, `Bearer error="invalid_token", error_description="${answer.body.error_description}"`, "challenge");
  equal(answer.body.error, "invalid_token", "body");
  equal(answer.headers.get("content-type"), "application/json", "content-type");
  for (const text of [answer.challenge, JSON.stringify(answer.body)]) ok(!text.includes("canary") && !text.includes(token), "nothing of the token is told");
});

test("what the token does not allow is a 403 that names the scopes that are needed", async (t) => {
  const verifier = await verifierOf(t);
  const token = await tokenWith(t, { scope: "read:orders", permissions: ["x"] });
  const scopes = ["read:orders", "write:orders"];
  const answer = await refused(t, () => verifier.authorize(bearer(token), { scopes }), { code: "insufficient_scope", status: 403, claim: "scope" });
  equal(answer.status, 403, "status");
  includes(answer.challenge, 'error="insufficient_scope"', "challenge");
  ok(answer.challenge.endsWith(', scope="read:orders write:orders"'), `the scopes are named: ${answer.challenge}`);
  await refused(t, () => verifier.authorize(bearer(token), { permissions: ["y"] }), { code: "insufficient_scope" });
  await refused(t, () => verifier.authorize(bearer(token), { claims: { scope: (scope) => scope === "other" } }), { code: "invalid_token", claim: "scope" });
  await verifier.authorize(bearer(token), { scopes: "read:orders", permissions: ["x"], claims: { sub: "client@clients" } });
});

test("keys that cannot be had are a 503 that says when to come again and nothing else", async (t) => {
  const verifier = await verifierOf(t, {}, "error-500");
  const token = await tokenWith(t);
  await refused(t, () => verifier.authorize(bearer(token)), { code: "keys_unavailable" });
  const answer = await refused(t, () => verifier.authorize(bearer(token)), { code: "keys_unavailable", status: 503, retryable: true });
  same([answer.status, answer.challenge, answer.body], [503, null, { error: "temporarily_unavailable" }], "answer");
  equal(answer.headers.get("retry-after"), String(answer.error.retryAfter), "retry-after");
  ok(answer.error.retryAfter >= 1, "it is known");
});

test("challenges name the description of the API, and its response is it (RFC 9728)", async (t) => {
  const verifier = await verifierOf(t, { resourceMetadata: { resource: "https://api.example/v1", scopes_supported: ["read:orders"] } });
  const address = "https://api.example/.well-known/oauth-protected-resource/v1";
  const { challenge } = await refused(t, () => verifier.authorize(requestWith({})), { code: "missing_token" });
  equal(challenge, `Bearer resource_metadata="${address}"`, "challenge");
  const bad = await refused(t, () => verifier.authorize(bearer("a.b.c")), { code: "invalid_token" });
  ok(bad.challenge.endsWith(`, resource_metadata="${address}"`), bad.challenge);
  const response = verifier.resourceMetadataResponse();
  same([response.status, response.headers.get("content-type"), response.headers.get("access-control-allow-origin")], [200, "application/json", "*"], "response");
  same(await response.json(), {
    resource: "https://api.example/v1", authorization_servers: [ISSUER], bearer_methods_supported: ["header"], scopes_supported: ["read:orders"],
  }, "metadata");
});

test("the description can be served by others", async (t) => {
  const verifier = await verifierOf(t, { resourceMetadata: "https://meta.example/orders" });
  const { challenge } = await refused(t, () => verifier.authorize(requestWith({})), { code: "missing_token" });
  equal(challenge, 'Bearer resource_metadata="https://meta.example/orders"', "challenge");
  await t.isTypeError(async () => verifier.resourceMetadataResponse(), "options.resourceMetadata");
  const { domain, audience, issuer } = t.config.login3;
  const login3 = new Verifier({ domain, audience, resourceMetadata: { resource: "https://api.example" } });
  same((await login3.resourceMetadataResponse().json()).authorization_servers, [issuer], "of a domain");
});

test("the errors of verifyAccessToken answer as to a bearer token, and others tell nothing", async (t) => {
  const verifier = await verifierOf(t);
  const error = await t.rejects(() => verifier.verifyAccessToken("a.b.c"), { code: "invalid_token" });
  const answer = await read(error.toResponse());
  equal(answer.status, 401, "status");
  includes(answer.challenge, 'Bearer error="invalid_token"', "challenge");
  const wrong = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("client-401") }).getToken(), { code: "invalid_client", status: 401 });
  const inside = await read(wrong.toResponse());
  same([inside.status, inside.challenge, inside.body], [500, null, { error: "server_error" }], "an error of a client of ours");
  const network = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("error-503"), retry: { attempts: 1 } }).getToken(), { code: "server_error" });
  equal((await read(network.toResponse())).status, 503, "what may pass");
});

test("an error answers each time anew", async (t) => {
  const verifier = await verifierOf(t);
  const error = await thrownBy(() => verifier.authorize(bearer("a.b.c")));
  ok(error instanceof GatepassError, "the error");
  same(await error.toResponse().json(), await error.toResponse().json(), "two bodies");
  same(Object.keys(error.toJSON()).includes("toResponse"), false, "members of toJSON");
});

test("what is not a request is a TypeError that says what is wrong, and nothing is sent", async (t) => {
  const verifier = await verifierOf(t);
  const good = { method: "GET", url: URL_OF_API, headers: {} };
  for (const [request, path] of [
    [undefined, "request must be"],
    [null, "request must be"],
    ["GET /", "request must be"],
    [{}, "request.method"],
    [{ ...good, method: 7 }, "request.method"],
    [{ ...good, headers: undefined }, "request.headers"],
    [{ ...good, headers: [["authorization", "Bearer a"]] }, "request.headers"],
    [{ ...good, headers: { authorization: 7 } }, "request.headers.authorization"],
    [{ ...good, headers: { authorization: ["Bearer a", null, 7] } }, "request.headers.authorization"],
    [{ ...good, headers: { get: () => ({}) } }, "request.headers.authorization"],
    [{ ...good, headers: { get() { throw new Error("no"); } } }, "request could not be read"],
    [{ get method() { throw new Error("no"); } }, "request could not be read"],
  ]) {
    await t.isTypeError(() => verifier.authorize(request), path);
  }
  const token = await tokenWith(t);
  await t.isTypeError(() => verifier.authorize(bearer(token), { scope: "x" }), "requirements.scope");
  await t.isTypeError(() => verifier.authorize(bearer(token), 7), "requirements");
});

test("options of a guard that are wrong are a TypeError that names them", async (t) => {
  const make = (changes) => async () => new Verifier({ issuer: ISSUER, audience: AUDIENCE, ...changes });
  for (const [changes, path] of [
    [{ dpop: true }, "options.dpop"],
    [{ dpop: { replay: {} } }, "options.dpop.replay"],
    [{ dpop: { replayStore: {} } }, "options.dpop.replayStore"],
    [{ dpop: { replayStore: { acquire: 7 } } }, "options.dpop.replayStore"],
    [{ dpop: { replayStore: { acquire() {}, timeout: 0 } } }, "options.dpop.replayStore.timeout"],
    [{ dpop: { nonces: "too short" } }, "options.dpop.nonces"],
    [{ dpop: { nonces: [] } }, "options.dpop.nonces"],
    [{ dpop: { nonces: 7 } }, "options.dpop.nonces"],
    [{ resourceMetadata: "http://api.example/m" }, "options.resourceMetadata"],
    [{ resourceMetadata: {} }, "options.resourceMetadata.resource"],
    [{ resourceMetadata: 7 }, "options.resourceMetadata"],
    [{ resourceMetadata: [] }, "options.resourceMetadata"],
    [{ resourceMetadata: { resource: "api.example" } }, "options.resourceMetadata.resource"],
  ]) {
    await t.isTypeError(make(changes), path);
  }
});
