// oidc-provider: every client authentication, both metadata documents, resources, DPoP with nonces, introspection, revocation.

import { Client, Verifier } from "gatepass";
import * as jose from "jose";
import { equal, ok, same } from "../assert.mjs";
import { test } from "../suite/define.mjs";
import { claimsOf } from "../suite/jwt.mjs";
import { keyFor, SIGNING_ALGORITHMS } from "../suite/signers.mjs";

const JWT = "https://jwt.example";
const OPAQUE = "https://opaque.example";

/** The options of a client, with its key in this form. */
async function optionsOf(t, name, form = "jwk") {
  const { clientId, clientSecret, authMethod, signingAlgorithm } = t.config.clients[name];
  const key = signingAlgorithm && authMethod === "private_key_jwt" ? (await keyFor(t, signingAlgorithm))[form] : undefined;
  const signed = authMethod.endsWith("_jwt");
  return { clientId, authMethod, ...(clientSecret && { clientSecret }), ...(key && { privateKey: key }), ...(signed && { signingAlgorithm }) };
}

async function clientOf(t, name, { server = "oidcProvider", form, ...changes } = {}) {
  return t.watch(Client, { issuer: t.config[server].issuer, ...(await optionsOf(t, name, form)), ...changes });
}

const METHODS = (t) => Object.keys(t.config.clients).filter((name) => name !== "tls_client_auth");
const NAMES = [
  "client_secret_post", "client_secret_basic", "client_secret_jwt",
  "private_key_jwt with RS256", "private_key_jwt with PS256", "private_key_jwt with ES256", "private_key_jwt with EdDSA",
];

for (const name of NAMES) {
  test(`oidc-provider gives a token that is verified: ${name}`, async (t) => {
    same(METHODS(t), NAMES, "the clients");
    const token = await (await clientOf(t, name, { resource: JWT, scope: "read:orders", validate: "strict" })).getToken();
    const claims = claimsOf(token.accessToken);
    same([claims.aud, claims.client_id, token.scope], [JWT, t.config.clients[name].clientId, "read:orders"], "claims and scope");
    const verifier = new Verifier({ issuer: t.config.oidcProvider.issuer, audience: JWT });
    equal((await verifier.verifyAccessToken(token.accessToken)).client_id, claims.client_id, "client_id");
  });
}

// The tokens of a real server in each algorithm, to clients that know each other by each method.
for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
  for (const name of [...NAMES.slice(0, 3), `private_key_jwt with ${alg}`]) {
    test(`oidc-provider's tokens are verified as they come: ${alg}, ${name}`, async (t) => {
      await keyFor(t, alg); // skips what this runtime does not have
      const resource = `https://${alg.toLowerCase()}.jwt.example`;
      const { accessToken } = await (await clientOf(t, name, { resource, validate: "strict" })).getToken();
      equal(jose.decodeProtectedHeader(accessToken).alg, alg, "alg of the token");
      equal((await new Verifier({ issuer: t.config.oidcProvider.issuer, audience: resource }).verifyAccessToken(accessToken)).aud, resource, "aud");
    });
  }
}

for (const signingAlgorithm of ["HS384", "HS512"]) {
  test(`oidc-provider takes assertions signed with a secret: ${signingAlgorithm}`, async (t) => {
    await (await clientOf(t, "client_secret_jwt", { signingAlgorithm, resource: JWT })).getToken();
  });
}

test("introspection and revocation take an assertion for the token endpoint", async (t) => {
  const client = await clientOf(t, "private_key_jwt with ES256", { resource: OPAQUE, assertionAudience: "token_endpoint" });
  const { accessToken } = await client.getToken();
  equal((await client.introspect(accessToken)).active, true, "active");
  await client.revoke(accessToken);
  equal((await client.introspect(accessToken)).active, false, "active after that");
});

for (const name of NAMES.slice(3)) {
  for (const form of ["pem", "cryptoKey"]) {
    test(`oidc-provider takes the assertions of a key in this form: ${name}, ${form}`, async (t) => {
      await (await clientOf(t, name, { form, resource: JWT })).getToken();
    });
  }
}

test("an assertion for the token endpoint is taken as well", async (t) => {
  const { issuer, ...options } = { ...(await optionsOf(t, "private_key_jwt with ES256")), tokenEndpoint: t.config.oidcProvider.tokenEndpoint };
  await t.watch(Client, { ...options, assertionAudience: "token_endpoint", resource: JWT }).getToken();
});

test("a wrong key is refused in the server's words", async (t) => {
  const other = await keyFor(t, "ES384");
  const options = { clientSecret: undefined, privateKey: other.jwk, signingAlgorithm: "ES384" };
  const client = await clientOf(t, "private_key_jwt with ES256", options);
  await t.rejects(() => client.getToken(), { code: "invalid_client", status: 401, retryable: false });
});

test("a wrong secret is invalid_client, sent in the header or in the body", async (t) => {
  for (const name of ["client_secret_post", "client_secret_basic"]) {
    const client = await clientOf(t, name, { clientSecret: "canary-secret-wrong" });
    await t.rejects(() => client.getToken(), { code: "invalid_client", status: 401 });
  }
});

test("a resource decides what the token is: a JWT or opaque", async (t) => {
  const client = await clientOf(t, "client_secret_post");
  equal((await client.getToken({ resource: JWT })).accessToken.split(".").length, 3, "parts of the JWT");
  equal((await client.getToken({ resource: OPAQUE })).accessToken.split(".").length, 1, "parts of the opaque token");
});

test("two resources arrive as two: this server takes one and says so", async (t) => {
  const client = await clientOf(t, "client_secret_post");
  const error = await t.rejects(() => client.getToken({ resource: [JWT, OPAQUE] }), { code: "request_refused", status: 400 });
  equal(error.oauth.error, "invalid_target", "oauth.error");
});

test("a token is introspected, given back, and then not active any more", async (t) => {
  const client = await clientOf(t, "client_secret_basic", { resource: OPAQUE, scope: "read:orders" });
  const token = await client.getToken();
  const answer = await client.introspect(token.accessToken);
  same([answer.active, answer.client_id, answer.scope], [true, t.config.clients.client_secret_basic.clientId, "read:orders"], "answer");
  await client.revoke(token.accessToken);
  equal((await client.introspect(token.accessToken)).active, false, "active after that");
});

test("introspection and revocation are asked for with an assertion of their own", async (t) => {
  const client = await clientOf(t, "private_key_jwt with ES256", { resource: OPAQUE });
  const { accessToken } = await client.getToken();
  equal((await client.introspect(accessToken)).active, true, "active");
  await client.revoke(accessToken);
  equal((await client.introspect(accessToken)).active, false, "active after that");
});

test("introspection of a JWT is refused in this server's words", async (t) => {
  const client = await clientOf(t, "client_secret_post", { resource: JWT });
  const { accessToken } = await client.getToken();
  await t.rejects(() => client.introspect(accessToken), { code: "request_refused", status: 400 });
});

// ---- DPoP

for (const alg of SIGNING_ALGORITHMS) {
  test(`oidc-provider binds a token to a proof's key: ${alg}`, async (t) => {
    const { jwk } = await keyFor(t, alg);
    const client = await clientOf(t, "client_secret_post", { resource: JWT, dpop: { privateKey: { ...jwk, alg } } });
    const token = await client.getToken();
    equal(token.tokenType, "DPoP", "tokenType");
    equal(typeof claimsOf(token.accessToken).cnf.jkt, "string", "the thumbprint in the token");
  });
}

for (const name of ["client_secret_post", "private_key_jwt with ES256"]) {
  test(`oidc-provider that demands a nonce gets it, with everything else made anew: ${name}`, async (t) => {
    const client = await clientOf(t, name, { server: "withNonces", resource: JWT, dpop: true, validate: "strict" });
    for (const scope of ["read:orders", "write:orders"]) equal((await client.getToken({ scope })).tokenType, "DPoP", "tokenType");
  });
}

test("a token that oidc-provider binds lets its holder in, who proves it with jose", async (t) => {
  const { issuer } = t.config.withNonces;
  const { jwk, publicJwk } = await keyFor(t, "ES256");
  const { accessToken } = await (await clientOf(t, "client_secret_post", { server: "withNonces", resource: JWT, dpop: { privateKey: jwk } })).getToken();
  const url = "https://api.example/orders";
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(accessToken)));
  const proofFor = async (key, shown) => new jose.SignJWT({ htm: "GET", htu: url, jti: crypto.randomUUID(), ath: jose.base64url.encode(hash) })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: shown }).setIssuedAt().sign(await jose.importJWK(key, "ES256"));
  const ask = (dpop) => ({ method: "GET", url, headers: { authorization: `DPoP ${accessToken}`, dpop } });

  const verifier = new Verifier({ issuer, audience: JWT });
  equal((await verifier.authorize(ask(await proofFor(jwk, publicJwk)))).claims.aud, JWT, "aud");
  const thief = await jose.generateKeyPair("ES256", { extractable: true });
  const stolen = await proofFor(await jose.exportJWK(thief.privateKey), await jose.exportJWK(thief.publicKey));
  await t.rejects(() => verifier.authorize(ask(stolen)), { code: ["invalid_token", "invalid_dpop_proof"], status: 401 });
});

// ---- Mutual TLS

test("oidc-provider knows a client by its certificate, at the address that its metadata name", async (t) => {
  const client = await clientOf(t, "tls_client_auth", { mtls: true, fetch: await certifiedFetch(t), resource: JWT });
  const token = await client.getToken();
  const claims = claimsOf(token.accessToken);
  equal(claims.client_id, "tls", "client_id");
  ok(typeof claims.cnf["x5t#S256"] === "string", "the certificate's thumbprint in the token");
});

test("oidc-provider refuses a client with another certificate", async (t) => {
  const client = await clientOf(t, "tls_client_auth", { mtls: true, fetch: await certifiedFetch(t, "another"), resource: JWT, retry: { attempts: 1 } });
  await t.rejects(() => client.getToken(), { code: "invalid_client" });
});

/** A fetch that presents a certificate: a binding on Workers, node:https elsewhere. What is not https needs none. */
async function certifiedFetch(t, whose) {
  const plainly = (url, init) => fetch(url, init);
  const { env, tls, tlsOfAnother } = t.config;
  if (env) {
    const binding = whose === "another" ? env.CERTIFIED_AS_ANOTHER : env.CERTIFIED;
    return (url, init) => (url.startsWith("https:") ? binding.fetch(url, init) : plainly(url, init));
  }
  const { certificate: cert, key, authority: ca } = whose === "another" ? tlsOfAnother : tls;
  const { request: send } = await import("node:https");
  const { Buffer } = await import("node:buffer");
  return (url, init) => (url.startsWith("http:") ? plainly(url, init) : new Promise((resolve, reject) => {
    const request = send(url, { method: init.method, headers: Object.fromEntries(init.headers), ca, cert, key }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve(new Response(Buffer.concat(chunks), { status: response.statusCode })));
    });
    request.on("error", reject);
    request.end(init.body);
  }));
}
