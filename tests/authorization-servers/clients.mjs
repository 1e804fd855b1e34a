// The clients that the authorization servers of this suite know: one for each way to say who it is.

import { createPublicKey } from "node:crypto";

const SECRET = "canary-secret-of-real-servers-with-at-least-64-characters-for-HS512";
/** Characters that a form must encode. */
const ODD_SECRET = 'canary-secret +/=&%"~*';

/** @param {Record<string, object>} keys of ../runtimes/keys.mjs */
export function makeClients(keys) {
  const signers = { RS256: "rs256", PS256: "rs256", ES256: "es256", EdDSA: "eddsa" };
  return {
    client_secret_post: { clientId: "post", clientSecret: ODD_SECRET, authMethod: "client_secret_post" },
    client_secret_basic: { clientId: "basic client", clientSecret: ODD_SECRET, authMethod: "client_secret_basic" },
    client_secret_jwt: { clientId: "secret-jwt", clientSecret: SECRET, authMethod: "client_secret_jwt" },
    ...Object.fromEntries(Object.entries(signers).map(([alg, name]) => [
      `private_key_jwt with ${alg}`,
      { clientId: `key-${alg}`, authMethod: "private_key_jwt", signingAlgorithm: alg, key: name, publicJwk: publicPart(keys[name]) },
    ])),
    tls_client_auth: { clientId: "tls", authMethod: "tls_client_auth", subject: "CN=machine" },
  };
}

function publicPart({ publicPem }) {
  return createPublicKey(publicPem).export({ format: "jwk" });
}

/** Client metadata for oidc-provider (RFC 7591 section 2). */
export function forOidcProvider(clients) {
  return Object.values(clients).map(({ clientId, clientSecret, authMethod, signingAlgorithm, publicJwk, subject }) => ({
    client_id: clientId,
    client_secret: clientSecret,
    token_endpoint_auth_method: authMethod,
    token_endpoint_auth_signing_alg: signingAlgorithm,
    ...(publicJwk && { jwks: { keys: [publicJwk] } }),
    ...(subject && { tls_client_auth_subject_dn: subject, tls_client_certificate_bound_access_tokens: true }),
  })).map((client) => JSON.parse(JSON.stringify(client)));
}

/** What authlib/server.py reads. Its signature library takes RS256 and ES256 unless it is told of more. */
export function forAuthlib(clients) {
  return Object.values(clients)
    .filter(({ authMethod, signingAlgorithm }) => authMethod !== "tls_client_auth" && !["PS256", "EdDSA"].includes(signingAlgorithm))
    .flatMap(({ clientId, clientSecret, authMethod, publicJwk }) => ["jwt", "opaque"].map((token_format) => ({
      client_id: token_format === "jwt" ? clientId : `${clientId}-opaque`,
      client_secret: clientSecret ?? "",
      auth_method: authMethod,
      jwk: publicJwk ?? null,
      token_format,
    })));
}
