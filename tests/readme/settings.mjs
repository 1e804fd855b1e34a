// The servers on loopback that the examples meet, and what they are told of them by environment variables.

import { randomUUID } from "node:crypto";
import { makeKeyPair } from "../servers/key-pair.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { startOidcProvider } from "../servers/oidc-provider.mjs";
import { missingForRedis, startRedis } from "../stores/redis-server.mjs";
import { startOrdersApi } from "./orders-api.mjs";

/** @param {object[]} servers what is to be closed in the end is put here */
export async function startServers(servers) {
  const login3 = await startLogin3({ clientSecret: randomUUID() });
  servers.push(login3);
  const { privateKey, publicKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "2026-11", alg: "ES256", use: "sig" };
  const provider = await startOidcProvider({
    resources: { "https://api.example": "jwt" },
    clients: [{ client_id: "orders-worker", token_endpoint_auth_method: "private_key_jwt", token_endpoint_auth_signing_alg: "ES256", jwks: { keys: [jwk] } }],
  });
  servers.push(provider);
  const api = await startOrdersApi([
    { ...login3, audience: login3.audiences[0] },
    { issuer: provider.issuer, jwksUri: `${provider.issuer}/jwks`, audience: "https://api.example" },
  ]);
  servers.push(api);
  const redis = missingForRedis() ? undefined : await startRedis();
  if (redis) servers.push({ close: redis.end });

  const secrets = { STORE_SECRET: randomUUID(), NONCE_SECRET: randomUUID() };
  return {
    login3,
    api,
    hosts: { "https://tenant.login3.example": `http://${login3.domain}`, "https://api.example": api.origin },
    /** By the word that a block has in its first line. */
    settings: {
      default: {
        GATEPASS_DOMAIN: login3.domain,
        GATEPASS_CLIENT_ID: login3.clientId,
        GATEPASS_CLIENT_SECRET: login3.clientSecret,
        GATEPASS_AUDIENCE: login3.audiences[0],
        ...secrets,
        ...(redis && { REDIS_URL: `redis://127.0.0.1:${redis.port}` }),
      },
      key: {
        GATEPASS_ISSUER: provider.issuer,
        GATEPASS_CLIENT_ID: "orders-worker",
        CLIENT_KEY: privateKey.export({ format: "pem", type: "pkcs8" }),
        ...secrets,
      },
    },
    missing: { redis: missingForRedis() },
  };
}

/** A token that gatepass had no part in. */
export async function requestToken({ tokenEndpoint, clientId, clientSecret, audiences }) {
  const response = await fetch(tokenEndpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      audience: audiences[0],
      scope: "read:orders",
    }),
  });
  return (await response.json()).access_token;
}

/** A good token of an authorization server that is down, and the settings of an API that accepts it. */
export async function startOutage() {
  const login3 = await startLogin3({ clientSecret: randomUUID() });
  const token = await requestToken(login3);
  await login3.close();
  return { token, settings: { GATEPASS_DOMAIN: login3.domain, GATEPASS_AUDIENCE: login3.audiences[0] } };
}
