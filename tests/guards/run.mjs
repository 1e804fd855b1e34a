// The guards for Express and Hono and `authorize` with node:http, on real servers, with tokens of a real authorization server.
//
//   node tests/guards/run.mjs [--verbose]
//
// Needs the built package in pkg/.

import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { serve } from "@hono/node-server";
import express from "express";
import { Hono } from "hono";
import * as jose from "jose";
import { isNew } from "../../src/host/web/replay.js";
import { startSuite } from "../package/counted.mjs";
import { equal, includes, ok, same } from "../runtimes/assert.mjs";
import { startOidcProvider } from "../servers/oidc-provider.mjs";

const built = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "pkg", "package");
const load = (file) => import(pathToFileURL(join(built, file)));
const { Client, GatepassError, Verifier } = await load("index.js");
const guards = { express: await load("express.js"), hono: await load("hono.js") };

const [JWT, OPAQUE] = ["https://jwt.example", "https://opaque.example"];
const CLIENT = { client_id: "canary-client", client_secret: "canary-secret-of-the-client", scope: "read:orders", token_endpoint_auth_method: "client_secret_post" };
const NONCES = "n".repeat(32);

const { test, end } = startSuite("guards");
const provider = await startOidcProvider({ clients: [CLIENT] });
const closing = [() => provider.close()];

const clientOf = (changes = {}) => new Client({
  issuer: provider.issuer, clientId: CLIENT.client_id, clientSecret: CLIENT.client_secret, resource: JWT, scope: "read:orders", ...changes,
});
const verifierOf = (changes = {}) => new Verifier({ issuer: provider.issuer, audience: JWT, ...changes });

/** A client of jose's: with a key of its own, a token bound to it, and a proof for each call. */
async function provingClient({ resource = JWT, scope = "read:orders" } = {}) {
  const { publicKey, privateKey } = await jose.generateKeyPair("ES256");
  const jwk = await jose.exportJWK(publicKey);
  const prove = (htm, htu, claims = {}) =>
    new jose.SignJWT({ htm, htu, jti: randomUUID(), ...claims }).setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).setIssuedAt().sign(privateKey);
  const endpoint = `${provider.issuer}/token`;
  const form = { grant_type: "client_credentials", client_id: CLIENT.client_id, client_secret: CLIENT.client_secret, resource, scope };
  const answer = await fetch(endpoint, { method: "POST", headers: { dpop: await prove("POST", endpoint) }, body: new URLSearchParams(form) });
  const { access_token: token, token_type: type } = await answer.json();
  equal(type, "DPoP", "the type of the token");
  const ath = jose.base64url.encode(createHash("sha256").update(token).digest());
  const call = async (url, htu = url.split("?")[0], claims = {}) =>
    fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: await prove("GET", htu, { ath, ...claims }) } });
  return { token, call };
}
const tokenOf = async (changes) => (await clientOf(changes).getToken()).accessToken;

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  return `http://127.0.0.1:${server.address().port}`;
}

/** What a server answers to a request that is written as it stands here. */
async function raw(origin, lines) {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.end(["GET /orders HTTP/1.1", `Host: ${new URL(origin).host}`, "Connection: close", ...lines, "", ""].join("\r\n"));
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

/** An API in each of the three ways, with these options of its verifier: `GET /orders` needs `read:orders`. */
const APIS = {
  async "node:http"(options) {
    const verifier = verifierOf(options);
    return listening(createServer(async (request, response) => {
      try {
        const { claims, dpopNonce } = await verifier.authorize(request, { scopes: ["read:orders"] });
        if (dpopNonce !== undefined) response.setHeader("dpop-nonce", dpopNonce);
        response.end(JSON.stringify({ client: claims.client_id }));
      } catch (error) {
        const answer = error instanceof GatepassError ? error.toResponse() : new Response(String(error), { status: 500 });
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
      }
    }));
  },
  async express(options) {
    const app = express();
    app.get("/orders", guards.express.protect(verifierOf(options), { scopes: ["read:orders"] }), (request, response) => {
      response.json({ client: request.auth.claims.client_id, same: request.auth.payload === request.auth.claims });
    });
    return listening(createServer(app));
  },
  async hono(options) {
    const app = new Hono();
    app.get("/orders", guards.hono.protect(verifierOf(options), { scopes: ["read:orders"] }), (c) => c.json({ client: c.get("jwtPayload").client_id }));
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    if (!server.listening) await once(server, "listening");
    closing.push(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    return `http://127.0.0.1:${server.address().port}`;
  },
};

for (const [name, start] of Object.entries(APIS)) {
  const origin = await start();
  const orders = `${origin}/orders?page=2`;

  await test(`${name}: clients get in with a bearer token, and with proofs`, async () => {
    const [bearer, proving] = [clientOf(), await provingClient()];
    for (const call of [() => bearer.callApi(orders), () => proving.call(orders), () => proving.call(orders)]) {
      const response = await call();
      equal(response.status, 200, `status: ${response.headers.get("www-authenticate")}`);
      equal((await response.json()).client, CLIENT.client_id, "client");
    }
  });

  await test(`${name}: a bound token is nothing without its proofs`, async () => {
    const { token, call } = await provingClient();
    const response = await fetch(orders, { headers: { authorization: `Bearer ${token}` } });
    equal(response.status, 401, "status");
    includes(response.headers.get("www-authenticate"), 'DPoP error="invalid_token"', "challenge");
    equal((await fetch(orders, { headers: { authorization: `DPoP ${token}` } })).status, 401, "status without a proof");
    equal((await call(orders, origin)).status, 401, "status with a proof for another URL");
  });

  await test(`${name}: an API with nonces tells them`, async () => {
    const strict = `${await start({ dpop: { nonces: NONCES } })}/orders`;
    const { call } = await provingClient();
    const response = await call(strict);
    equal(response.status, 401, "status");
    includes(response.headers.get("www-authenticate"), 'DPoP error="use_dpop_nonce"', "challenge");
    equal((await call(strict, strict, { nonce: response.headers.get("dpop-nonce") })).status, 200, "status with the nonce");
  });

  await test(`${name}: opaque tokens get in when the server says so`, async () => {
    const api = await start({ audience: OPAQUE, introspection: { clientId: CLIENT.client_id, clientSecret: CLIENT.client_secret } });
    equal((await clientOf({ resource: OPAQUE }).callApi(`${api}/orders`)).status, 200, "status of a bearer token");
    const { token, call } = await provingClient({ resource: OPAQUE });
    equal((await call(`${api}/orders`)).status, 200, "status of a bound token");
    equal((await fetch(`${api}/orders`, { headers: { authorization: `Bearer ${token}` } })).status, 401, "status of a bound token without a proof");
    const made = await fetch(`${api}/orders`, { headers: { authorization: "Bearer made-up" } });
    equal(made.status, 401, "status of a made-up token");
    const other = await fetch(`${api}/orders`, { headers: { authorization: `Bearer ${await tokenOf({ scope: undefined, resource: OPAQUE })}` } });
    equal(other.status, 403, "status without the scope");
  });

  await test(`${name}: whoever is refused is told why`, async () => {
    const answer = async (headers) => {
      const response = await fetch(orders, { headers });
      return [response.status, response.headers.get("www-authenticate")?.split(",")[0], response.headers.get("cache-control")];
    };
    same(await answer({}), [401, "Bearer", "no-store"], "no token");
    same(await answer({ authorization: "Bearer a b" }), [400, 'Bearer error="invalid_request"', "no-store"], "a bad request");
    same(await answer({ authorization: "Bearer a.b.c" }), [401, 'Bearer error="invalid_token"', "no-store"], "a bad token");
    same(await answer({ authorization: `Bearer ${await tokenOf({ scope: undefined })}` }), [403, 'Bearer error="insufficient_scope"', "no-store"], "no scope");
  });

  await test(`${name}: two Authorization headers are a bad request, whatever is in them`, async () => {
    const token = await tokenOf();
    for (const second of [`Bearer ${token}`, "Basic YTpi", "Bearer x"]) {
      const answer = await raw(origin, [`Authorization: Bearer ${token}`, `Authorization: ${second}`]);
      ok(/^HTTP\/1.1 400 /.test(answer), `${second}: ${answer.split("\r\n")[0]}`);
    }
  });
}

await test("express: a URL behind a proxy is the one the client knows", async () => {
  const app = express();
  app.get("/orders", guards.express.protect(verifierOf(), {}, { url: (request) => `https://api.example${request.originalUrl}` }), (request, response) => response.json({}));
  const origin = await listening(createServer(app));
  const { call } = await provingClient();
  equal((await call(`${origin}/orders`, "https://api.example/orders")).status, 200, "status");
  equal((await call(`${origin}/orders`)).status, 401, "status of a proof for the address behind it");
});

await test("express: errors go where the application wants them", async () => {
  const app = express();
  const seen = [];
  app.get("/refused", guards.express.protect(verifierOf(), {}, { onRefused: (error, request, response, next) => next(error) }));
  app.get("/broken", guards.express.protect(() => Promise.reject(new Error("no verifier"))));
  app.get("/mistake", guards.express.protect(verifierOf(), { scope: "x" }));
  app.get("/throws", guards.express.protect(verifierOf(), {}, { onRefused: () => { throw new Error("in onRefused"); } }));
  app.use((error, request, response, next) => {
    void next;
    seen.push(error.code ?? error.message);
    response.status(418).end();
  });
  const origin = await listening(createServer(app));
  const headers = { authorization: `Bearer ${await tokenOf()}` };
  for (const [path, init] of [["refused"], ["broken", { headers }], ["mistake", { headers }], ["throws"]]) equal((await fetch(`${origin}/${path}`, init)).status, 418, path);
  same(seen, ["missing_token", "no verifier", "gatepass: requirements.scope is not a known option", "in onRefused"], "errors");
});

await test("express: the API describes itself", async () => {
  const verifier = verifierOf({ resourceMetadata: { resource: "https://api.example" } });
  const app = express().get("/.well-known/oauth-protected-resource", guards.express.resourceMetadata(verifier));
  const response = await fetch(`${await listening(createServer(app))}/.well-known/oauth-protected-resource`);
  equal(response.headers.get("content-type"), "application/json", "content-type");
  same(await response.json(), { resource: "https://api.example", authorization_servers: [provider.issuer], bearer_methods_supported: ["header"] }, "description");
});

// ---- The memory of proofs

const HOUR = 3_600_000;

await test("the memory of proofs is bounded, forgets no live one, and leaves room for others when one key fills it", async () => {
  let taken = 0;
  while ((await isNew(undefined, `greedy ${taken}`, "greedy", HOUR)) === true) taken += 1;
  ok(taken >= 45_000 && taken <= 50_000, `a key alone takes about a half: ${taken}`);
  equal(await isNew(undefined, "greedy 0", "greedy", HOUR), false, "its first proof, again");
  equal(await isNew(undefined, "greedy more", "greedy", HOUR), undefined, "one more of its proofs");
  for (let number = 0; number < 10_000; number += 1) equal(await isNew(undefined, `other ${number}`, "other", HOUR), true, `proof ${number} of another key`);
  equal(await isNew(undefined, "other 0", "other", HOUR), false, "a proof of the other, again");
});

await test("proofs are forgotten when they have ended", async () => {
  const { now } = Date;
  try {
    Date.now = () => now() + HOUR + 1;
    equal(await isNew(undefined, "greedy 0", "greedy", 1_000), true, "an old proof");
    equal(await isNew(undefined, "greedy 0", "greedy", 1_000), false, "the same, again");
  } finally {
    Date.now = now;
  }
});

for (const close of closing.reverse()) await close();
end();
