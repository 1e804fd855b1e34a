// `oidc-provider` dressed as Login 3.0 on loopback: the addresses, parameters and refusals the tutorial
// "Call Your API Using the Client Credentials Flow" describes, from a certified authorization server.
//
//   POST /oauth/token                        client_secret_post; `audience` and `organization` honoured
//   GET  /.well-known/jwks.json              one RS256 and one ES256 key
//   GET  /.well-known/openid-configuration   the issuer ends in a slash
//
// As a program: node login3.mjs [--port 0] [--client-id ...] [--client-secret ...] [--audience ...] [--alg ES256]

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { makeKeyPair } from "./key-pair.mjs";

const HOST = "127.0.0.1";

/**
 * @param {object} [settings]
 * @param {number} [settings.port] 0 (the default) picks a free one
 * @param {string} [settings.clientId]
 * @param {string} [settings.clientSecret]
 * @param {string[]} [settings.audiences] the APIs this server issues JWT access tokens for; the scopes of all are `scopes`
 * @param {string[]} [settings.scopes]
 * @param {string[]} [settings.organizations] the `org_id`s a token can be asked for
 * @param {"RS256" | "ES256"} [settings.signingAlgorithm]
 * @param {number} [settings.tokenLifetime] seconds
 * @param {boolean} [settings.rotates] publish the key that `rotate()` will sign with next, as Auth0-style servers do
 * @param {boolean} [settings.verbose] let oidc-provider print its notices
 */
export async function startLogin3({
  port = 0,
  clientId = "demo-client",
  clientSecret = "demo-secret-of-the-embedded-server",
  audiences = ["https://api.example"],
  scopes = ["read:orders", "write:orders"],
  organizations = ["org_gatepass"],
  signingAlgorithm = "RS256",
  tokenLifetime = 86_400,
  rotates = false,
  verbose = false,
} = {}) {
  const { Provider, errors } = await quietly(verbose, () => import("oidc-provider"));
  const makeKey = KEYS[signingAlgorithm];
  const keys = await Promise.all([KEYS.RS256(), KEYS.ES256()]);
  let generation = 1;
  const nextKey = async () => ({ ...(await makeKey()), kid: `login3-${signingAlgorithm.toLowerCase()}-${(generation += 1)}` });
  if (rotates) keys.push(await nextKey());

  // The issuer contains the port, so the port comes first and the provider after it.
  let handle;
  let requests = 0;
  let down = false;
  const server = createServer((request, response) => {
    if (request.method === "POST" && request.url === "/oauth/token") {
      requests += 1;
      if (down) return request.socket.resetAndDestroy();
    }
    handle(request, response);
  });
  // By default a connection that is idle for 5 s is closed, perhaps just when a client that stood still uses it again.
  server.keepAliveTimeout = 0;
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, resolve);
  });
  const domain = `${HOST}:${server.address().port}`;
  const issuer = `http://${domain}/`;

  const refusal = (status, error, description) =>
    Object.assign(new errors.CustomOIDCProviderError(error, description), { status, statusCode: status });

  /** A provider cannot change its keys: who rotates them makes another one. */
  const serve = async () => {
    const provider = await quietly(verbose, () => new Provider(issuer, configuration()));
    handle = provider.callback();
  };
  const configuration = () => ({
    adapter: Forgetful,
    jwks: { keys: [...keys] },
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "client_secret_post",
    }],
    scopes,
    routes: { token: "/oauth/token", jwks: "/.well-known/jwks.json" },
    ttl: { ClientCredentials: tokenLifetime },
    // Only `audience` and `organization` are Login 3.0's own; oidc-provider ignores parameters it does not know.
    extraTokenClaims(ctx) {
      const organization = ctx.oidc.body?.organization;
      if (organization === undefined) return undefined;
      if (!organizations.includes(organization)) {
        throw refusal(400, "invalid_request", `parameter organization is invalid: ${organization}`);
      }
      return { org_id: organization };
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) => ctx.oidc.body?.audience,
        getResourceServerInfo(ctx, audience) {
          if (!audiences.includes(audience)) {
            throw refusal(403, "access_denied", `Service not enabled within domain: ${audience}`);
          }
          return {
            audience,
            scope: scopes.join(" "),
            accessTokenFormat: "jwt",
            accessTokenTTL: tokenLifetime,
            jwt: { sign: { alg: signingAlgorithm } },
          };
        },
      },
    },
  });
  await serve();

  return {
    issuer,
    domain,
    tokenEndpoint: `${issuer}oauth/token`,
    jwksUri: `${issuer}.well-known/jwks.json`,
    clientId,
    clientSecret,
    audiences,
    organizations,
    /** Token requests seen so far, refused ones included. */
    get requests() {
      return requests;
    },
    /** The id of the key that tokens are signed with. */
    get kid() {
      return keys.find(({ alg }) => alg === signingAlgorithm).kid;
    },
    /** Whether the token endpoint resets every connection. */
    get down() {
      return down;
    },
    set down(value) {
      down = value;
    },
    /** Signs with the published next key from now on, publishes one more, and the old one no longer. Needs `rotates`. */
    async rotate() {
      const more = await nextKey();
      keys.splice(keys.findIndex(({ alg }) => alg === signingAlgorithm), 1);
      keys.push(more);
      await serve();
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** oidc-provider's storage. Nobody introspects or revokes here, so nothing is kept and memory stays flat. */
class Forgetful {
  async upsert() {}
  async find() {}
  async findByUid() {}
  async findByUserCode() {}
  async consume() {}
  async destroy() {}
  async revokeByGrantId() {}
}

const KEYS = {
  RS256: () => signingKey("RS256", "rsa", { modulusLength: 2048 }),
  ES256: () => signingKey("ES256", "ec", { namedCurve: "P-256" }),
};

/** A key pair as a JWK. */
export async function signingKey(alg, type, options) {
  const { privateKey } = await makeKeyPair(type, options);
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: `login3-${alg.toLowerCase()}` };
}

/** oidc-provider writes start-up notices (Node 20 is older than it supports, though it works) to the console. */
export async function quietly(verbose, action) {
  if (verbose) return action();
  const { info, warn } = console;
  console.info = console.warn = () => {};
  try {
    return await action();
  } finally {
    Object.assign(console, { info, warn });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      "client-id": { type: "string" },
      "client-secret": { type: "string" },
      audience: { type: "string", multiple: true },
      organization: { type: "string", multiple: true },
      alg: { type: "string" },
      lifetime: { type: "string" },
      verbose: { type: "boolean" },
    },
  });
  const login3 = await startLogin3({
    port: Number(values.port),
    clientId: values["client-id"],
    clientSecret: values["client-secret"],
    audiences: values.audience,
    organizations: values.organization,
    signingAlgorithm: values.alg,
    tokenLifetime: values.lifetime && Number(values.lifetime),
    verbose: values.verbose,
  });
  const { issuer, domain, tokenEndpoint, jwksUri, clientId, audiences, organizations } = login3;
  console.log(JSON.stringify({ issuer, domain, tokenEndpoint, jwksUri, clientId, audiences, organizations }, null, 2));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => login3.close());
}
