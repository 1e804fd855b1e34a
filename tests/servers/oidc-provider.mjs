// `oidc-provider` with all that a machine client can use: every client authentication, resource indicators, DPoP with
// nonces, introspection, revocation, rich authorization requests, tokens as JWT or opaque, and mutual TLS on a second port.
// Its metadata are at both well-known addresses.

import { X509Certificate } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { makeAuthority } from "./certificates.mjs";
import { quietly, signingKey } from "./login3.mjs";

const HOST = "127.0.0.1";

/** What a client can name as `resource`: the format of the tokens for it. */
export const RESOURCES = { "https://jwt.example": "jwt", "https://opaque.example": "opaque" };

/** The resource whose tokens are signed with this algorithm. */
const resourceOfAlgorithm = (alg) => `https://${alg.toLowerCase()}.jwt.example`;
const TOKEN_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];

const AUTH_METHODS = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth", "none"];
const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/**
 * @param {object} settings
 * @param {object[]} settings.clients client metadata (RFC 7591 section 2); their grant is client credentials
 * @param {boolean} [settings.nonces] whether DPoP proofs must have a nonce of this server's
 * @param {"RS256" | "ES256"} [settings.signingAlgorithm] of JWT access tokens; those for `https://ps256.jwt.example` and the
 *   like (RS256, PS256, ES256, EdDSA) are signed as these names say
 * @param {Record<string, "jwt" | "opaque">} [settings.resources] the format of the tokens for each `resource`; for others, opaque
 * @param {string} [settings.path] of the issuer; its endpoints are where `routes` says
 * @param {Record<string, string>} [settings.routes] oidc-provider's: where its endpoints are
 * @param {string[]} [settings.scopes] that a client may ask for
 * @param {(body: Record<string, string>) => string | undefined} [settings.resourceOf] the resource of a request that names none
 */
export async function startOidcProvider({
  clients,
  nonces = false,
  signingAlgorithm = "RS256",
  resources = RESOURCES,
  path = "",
  routes = {},
  scopes = ["read:orders", "write:orders"],
  resourceOf = () => undefined,
}) {
  const { Provider } = await quietly(false, () => import("oidc-provider"));
  const keys = await Promise.all([
    signingKey("RS256", "rsa", { modulusLength: 2048 }),
    signingKey("PS256", "rsa", { modulusLength: 2048 }),
    signingKey("ES256", "ec", { namedCurve: "P-256" }),
    signingKey("EdDSA", "ed25519"),
  ]);

  // The issuer contains the port, so the ports come first and the provider after them.
  let handle;
  const authority = await makeAuthority();
  const identity = await authority.issue("authorization server");
  const server = createServer((request, response) => handle(request, response));
  const tlsServer = createTlsServer(
    { key: identity.key, cert: identity.certificate, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => handle(request, response),
  );
  const [port, tlsPort] = await Promise.all([server, tlsServer].map(listen));
  const origin = `http://${HOST}:${port}`;
  const issuer = origin + path;

  const provider = await quietly(false, () => new Provider(issuer, {
    jwks: { keys },
    clients: clients.map((client) => ({ grant_types: ["client_credentials"], redirect_uris: [], response_types: [], ...client })),
    scopes,
    routes,
    ttl: { ClientCredentials: 3600 },
    clientAuthMethods: AUTH_METHODS,
    enabledJWA: {
      clientAuthSigningAlgValues: ["HS256", "HS384", "HS512", ...ASYMMETRIC],
      dPoPSigningAlgValues: ASYMMETRIC,
    },
    discovery: {
      mtls_endpoint_aliases: Object.fromEntries(
        Object.entries({ token_endpoint: "token", introspection_endpoint: "token/introspection", revocation_endpoint: "token/revocation" })
          .map(([name, path]) => [name, `https://${HOST}:${tlsPort}/${path}`]),
      ),
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => nonces },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate: (ctx) => peerCertificate(ctx)?.toString(),
        certificateAuthorized: (ctx) => ctx.socket.authorized === true,
        certificateSubjectMatches: (ctx, property, expected) =>
          property === "tls_client_auth_subject_dn" && peerCertificate(ctx)?.subject === expected,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) => resourceOf(ctx.oidc.body ?? {}),
        getResourceServerInfo: (ctx, resource) => {
          const named = TOKEN_ALGORITHMS.find((alg) => resource === resourceOfAlgorithm(alg));
          return {
            audience: resource,
            scope: scopes.join(" "),
            accessTokenFormat: named ? "jwt" : (resources[resource] ?? "opaque"),
            accessTokenTTL: 3600,
            jwt: { sign: { alg: named ?? signingAlgorithm } },
          };
        },
      },
    },
  }));
  const answer = provider.callback();
  handle = (request, response) => {
    // Where OpenID Connect Discovery 1.0 section 4 has the metadata of an issuer with a path.
    if (path && request.url === `${path}/.well-known/openid-configuration`) request.url = request.url.slice(path.length);
    return answer(request, response);
  };

  return {
    issuer,
    tokenEndpoint: `${origin}${routes.token ?? "/token"}`,
    tlsTokenEndpoint: `https://${HOST}:${tlsPort}/token`,
    /** Who signs the server's certificate, and those of clients. */
    authority,
    async close() {
      for (const one of [server, tlsServer]) one.closeAllConnections();
      await Promise.all([server, tlsServer].map((one) => new Promise((resolve) => one.close(resolve))));
    },
  };
}

function peerCertificate(ctx) {
  const { raw } = ctx.socket.getPeerCertificate?.() ?? {};
  return raw && new X509Certificate(raw);
}

function listen(server) {
  // By default a connection that is idle for 5 s is closed, perhaps just when a client that stood still uses it again.
  server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, () => resolve(server.address().port));
  });
}
