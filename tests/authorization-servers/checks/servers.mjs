// That the servers of these tests are right: another client, oauth4webapi, gets its tokens from all of them, and what is
// wrong is refused. Without this, gatepass and a server could be wrong together.

import { randomUUID } from "node:crypto";
import { importJWK, SignJWT } from "jose";
import * as oauth from "oauth4webapi";
import { equal, ok } from "../../runtimes/assert.mjs";

const INSECURE = { [oauth.allowInsecureRequests]: true };

/** Asks for a token as another client would; resolves to the answer's members, or rejects. */
async function ask(server, client, authentication, parameters = {}, options = {}) {
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, new URLSearchParams(parameters), { ...INSECURE, ...options });
  return oauth.processClientCredentialsResponse(server, client, response);
}

/** oauth4webapi's client authentication for a client of ../clients.mjs. */
async function authenticationOf(client, keys) {
  switch (client.authMethod) {
    case "client_secret_post":
      return oauth.ClientSecretPost(client.clientSecret);
    case "client_secret_basic":
      return oauth.ClientSecretBasic(client.clientSecret);
    case "client_secret_jwt":
      return oauth.ClientSecretJwt(client.clientSecret);
    case "private_key_jwt": {
      const { alg, kid, use, ...jwk } = keys[client.key].privateJwk;
      return oauth.PrivateKeyJwt(await importJWK(jwk, client.signingAlgorithm));
    }
    default:
      throw new Error(`no ${client.authMethod} here`);
  }
}

/** @param {Function} test @param {object} setting the servers, their clients and the keys */
export async function checkServers(test, { oidcProvider, withNonces, authlib, clients, keys }) {
  for (const [name, client] of Object.entries(clients)) {
    if (client.authMethod === "tls_client_auth") continue;
    const id = { client_id: client.clientId };

    // oauth4webapi calls it Ed25519 (RFC 9864).
    if (client.signingAlgorithm === "EdDSA") {
      await test("oidc-provider knows EdDSA by this name, and not as Ed25519", async () => {
        const server = await discover(oidcProvider.issuer, "oidc");
        equal((await refusal(async () => ask(server, id, await authenticationOf(client, keys)))).error, "invalid_client", "error");
        ok((await post(oidcProvider.tokenEndpoint, await assertionForm(client, oidcProvider.issuer, keys))).access_token, "by this name");
      });
      continue;
    }

    for (const algorithm of ["oidc", "oauth2"]) {
      await test(`oidc-provider knows its client: ${name}, found by ${algorithm} metadata`, async () => {
        const server = await discover(oidcProvider.issuer, algorithm);
        const answer = await ask(server, id, await authenticationOf(client, keys), { resource: "https://jwt.example" });
        equal(answer.access_token.split(".").length, 3, "parts of the token");
      });
    }

    await test(`oidc-provider refuses a wrong secret or key: ${name}`, async () => {
      const server = await discover(oidcProvider.issuer, "oidc");
      const wrong = client.key
        ? oauth.PrivateKeyJwt((await oauth.generateKeyPair(client.signingAlgorithm === "EdDSA" ? "Ed25519" : client.signingAlgorithm)).privateKey)
        : await authenticationOf({ ...client, clientSecret: `${client.clientSecret}-wrong` }, keys);
      equal((await refusal(() => ask(server, id, wrong))).error, "invalid_client", "error");
    });

    if (!authlib || ["PS256", "EdDSA"].includes(client.signingAlgorithm)) continue;
    // oauth4webapi encodes a space as +, which Authlib does not decode: a case that gatepass has tests for.
    const spaces = client.authMethod === "client_secret_basic";
    await test(`Authlib ${spaces ? "takes a plus sign for one, as gatepass expects" : "knows its client"}: ${name}`, async () => {
      const server = await discover(authlib.issuer, "oauth2");
      const asked = async () => ask(server, id, await authenticationOf(client, keys), { scope: "read:orders" });
      if (spaces) return equal((await refusal(asked)).error, "invalid_client", "error");
      equal((await asked()).scope, "read:orders", "scope");
    });
  }

  await test("oidc-provider wants DPoP nonces where it is told to", async () => {
    const server = await discover(withNonces.issuer, "oidc");
    const client = clients.client_secret_post;
    const DPoP = oauth.DPoP({ client_id: client.clientId }, await oauth.generateKeyPair("ES256"));
    const asked = () => ask(server, { client_id: client.clientId }, oauth.ClientSecretPost(client.clientSecret), {}, { DPoP });
    const error = await asked().catch((thrown) => thrown);
    ok(oauth.isDPoPNonceError(error), "the first request is refused for its nonce");
    equal((await asked()).token_type, "dpop", "token_type of the second");
  });

  await test("oidc-provider refuses two resources, and an assertion that was used", async () => {
    const client = clients.client_secret_post;
    const two = new URLSearchParams({ grant_type: "client_credentials", client_id: client.clientId, client_secret: client.clientSecret });
    two.append("resource", "https://jwt.example");
    two.append("resource", "https://opaque.example");
    equal((await post(oidcProvider.tokenEndpoint, two)).error, "invalid_target", "error");

    const form = await assertionForm(clients["private_key_jwt with ES256"], oidcProvider.issuer, keys);
    ok((await post(oidcProvider.tokenEndpoint, form)).access_token, "the first one is taken");
    equal((await post(oidcProvider.tokenEndpoint, form)).error, "invalid_client", "error of the second");
  });

  if (authlib) {
    await test("Authlib has no metadata at the address of OpenID Connect, and keys without ids", async () => {
      equal((await fetch(`${authlib.issuer}/.well-known/openid-configuration`)).status, 404, "status");
      const { keys: published } = await (await fetch(`${authlib.issuer}/keys`)).json();
      equal(published.length, 1, "keys");
      ok(!("kid" in published[0]) && !("d" in published[0]), "no id, and nothing private");
    });
  }
}

async function discover(issuer, algorithm) {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...INSECURE }));
}

/** The form of a token request with an assertion that jose signs. */
async function assertionForm({ clientId, signingAlgorithm, key }, audience, keys) {
  const assertion = await new SignJWT({ jti: randomUUID() }).setProtectedHeader({ alg: signingAlgorithm }).setIssuer(clientId).setSubject(clientId)
    .setAudience(audience).setExpirationTime("1m").sign(await importJWK(keys[key].privateJwk, signingAlgorithm));
  return { grant_type: "client_credentials", client_assertion: assertion, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" };
}

async function post(url, form) {
  return (await fetch(url, { method: "POST", body: new URLSearchParams(form) })).json();
}

async function refusal(action) {
  const error = await action().then(() => undefined, (thrown) => thrown);
  ok(error instanceof oauth.ResponseBodyError || error instanceof oauth.WWWAuthenticateChallengeError, `a refusal is expected, got ${error}`);
  if (error instanceof oauth.ResponseBodyError) return error;
  return error.response.json();
}

