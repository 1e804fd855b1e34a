// Authlib: an issuer with a path and metadata at the address of RFC 8414 alone, keys without ids, `%20` for a space in Basic
// credentials, tokens as JWT or opaque.

import { Client, Verifier } from "gatepass";
import { equal, same, skip } from "../assert.mjs";
import { test } from "../suite/define.mjs";
import { claimsOf } from "../suite/jwt.mjs";
import { keyFor } from "../suite/signers.mjs";

const AUDIENCE = "https://api.example";
const NAMES = ["client_secret_post", "client_secret_basic", "client_secret_jwt", "private_key_jwt with RS256", "private_key_jwt with ES256"];

async function clientOf(t, name, { opaque = false, ...changes } = {}) {
  if (!t.config.authlib) skip(t.config.withoutAuthlib);
  const { clientId, clientSecret, authMethod, signingAlgorithm } = t.config.clients[name];
  return t.watch(Client, {
    issuer: t.config.authlib.issuer,
    clientId: opaque ? `${clientId}-opaque` : clientId,
    authMethod,
    ...(clientSecret ? { clientSecret } : { privateKey: (await keyFor(t, signingAlgorithm)).jwk }),
    ...(authMethod.endsWith("_jwt") && { signingAlgorithm }),
    ...changes,
  });
}

for (const name of NAMES) {
  test(`Authlib gives a token that is verified: ${name}`, async (t) => {
    const token = await (await clientOf(t, name, { audience: AUDIENCE, scope: "read:orders", validate: "strict" })).getToken();
    same([claimsOf(token.accessToken).aud, token.scope], [AUDIENCE, "read:orders"], "audience and scope");
    const verifier = new Verifier({ issuer: t.config.authlib.issuer, audience: AUDIENCE });
    equal((await verifier.verifyAccessToken(token.accessToken)).client_id, t.config.clients[name].clientId, "client_id");
  });

  test(`Authlib answers about an opaque token and takes it back: ${name}`, async (t) => {
    const client = await clientOf(t, name, { opaque: true, scope: "read:orders" });
    const { accessToken } = await client.getToken();
    const answer = await client.introspect(accessToken);
    same([answer.active, answer.scope, answer.client_id], [true, "read:orders", `${t.config.clients[name].clientId}-opaque`], "answer");
    await client.revoke(accessToken);
    equal((await client.introspect(accessToken)).active, false, "active after that");
  });
}

test("a wrong secret is invalid_client with whatever status the server has for it", async (t) => {
  for (const name of ["client_secret_post", "client_secret_basic"]) {
    const client = await clientOf(t, name, { clientSecret: "canary-secret-wrong" });
    await t.rejects(() => client.getToken(), { code: "invalid_client", retryable: false });
  }
});

test("a scope that the server does not know is refused in its words", async (t) => {
  const client = await clientOf(t, "client_secret_post");
  const error = await t.rejects(() => client.getToken({ scope: "delete:everything" }), { code: "request_refused" });
  equal(error.oauth.error, "invalid_scope", "oauth.error");
});

test("an issuer with a slash too many is another issuer", async (t) => {
  if (!t.config.authlib) skip(t.config.withoutAuthlib);
  const client = await clientOf(t, "client_secret_post", { issuer: `${t.config.authlib.issuer}/` });
  await t.rejects(() => client.getToken(), { code: ["issuer_mismatch", "discovery_failed"] });
});
