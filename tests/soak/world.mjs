// What the members talk to, on loopback: an authorization server with its keys, an API, and a store that is a real Redis
// behind HTTP. Each can be told to fail; the authorization server also replaces its keys.

import { setTimeout as sleep } from "node:timers/promises";
import { SignJWT } from "jose";
import { createClient } from "redis";
import { makeKeyPair } from "../servers/key-pair.mjs";
import { sendJson, send, startRecording } from "../servers/recording.mjs";
import { startUpstash } from "../servers/upstash.mjs";
import { missingForRedis, startRedis } from "../stores/redis-server.mjs";

export const AUDIENCE = "https://api.example";
/** Seconds. */
export const LIFETIME = 10;
const LATENCY = 20;
/** How many keys are published: the next one, the one in use, and those before it. */
const KEYS = 4;

const FAILURES = {
  500: ({ response }) => sendJson(response, 500, { error: "server_error" }),
  503: ({ response }) => sendJson(response, 503, { error: "busy" }),
  reset: ({ request }) => request.socket.resetAndDestroy(),
  hang() {},
};

export async function startWorld() {
  /** By part: how it fails, and which share of its requests. */
  const faults = {};
  const counts = { token: 0, keys: 0, metadata: 0, api: 0, failed: 0 };
  const keys = [];
  let keyNumber = 0;

  // Spread evenly: no luck is involved.
  const fails = (part) => {
    const fault = faults[part];
    if (!fault) return undefined;
    fault.due = (fault.due ?? 0) + fault.share;
    if (fault.due < 1) return undefined;
    fault.due -= 1;
    counts.failed += 1;
    return fault.kinds[(fault.turn = ((fault.turn ?? -1) + 1) % fault.kinds.length)];
  };

  const answers = {
    metadata: ({ response, url }) => sendJson(response, 200, { issuer: url.origin, token_endpoint: `${url.origin}/_token`, jwks_uri: `${url.origin}/_keys` }),
    keys: ({ response }) => sendJson(response, 200, { keys: keys.map(({ jwk }) => jwk) }),
    async token({ response, url }) {
      const { privateKey, jwk } = keys[1];
      const jwt = new SignJWT({ client_id: "client", jti: String(counts.token) })
        .setProtectedHeader({ alg: "ES256", kid: jwk.kid, typ: "at+jwt" }).setIssuer(url.origin).setSubject("client").setAudience(AUDIENCE)
        .setIssuedAt().setExpirationTime(`${LIFETIME}s`);
      sendJson(response, 200, { access_token: await jwt.sign(privateKey), token_type: "Bearer", expires_in: LIFETIME });
    },
    api: ({ request, response, url }) => (request.headers.authorization?.startsWith("Bearer ey") ? send(response, 200, url.pathname.slice("/_api".length)) : sendJson(response, 401, {})),
  };

  // What begins with an underscore is not remembered by the server: that would be a leak of our own.
  const serve = (partOf) => startRecording(async (exchange) => {
    const part = partOf(exchange.url);
    counts[part] += 1;
    await sleep(LATENCY);
    return (FAILURES[fails(part)] ?? answers[part])(exchange);
  });
  const server = await serve(({ pathname }) => (pathname.includes("/.well-known/") ? "metadata" : pathname.slice(2)));
  const api = await serve(() => "api");

  // A key is published before it is used, as servers do: whoever has just asked for keys does not do so again at once.
  async function rotate() {
    const { privateKey, publicKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
    keys.unshift({ privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid: `key-${(keyNumber += 1)}`, alg: "ES256", use: "sig" } });
    keys.length = Math.min(keys.length, KEYS);
  }
  await rotate();
  await rotate();

  const missing = missingForRedis();
  const shared = missing ? undefined : await startStore(() => fails("store"));
  return {
    counts,
    faults,
    rotate,
    missing,
    config: {
      api: `${api.origin}/_api`,
      store: shared && { url: shared.origin, token: "token-of-the-store" },
      client: { issuer: server.origin, clientId: "client", clientSecret: "secret-of-the-soak", audience: AUDIENCE, timeout: 2_000 },
      verifier: { issuer: server.origin, audience: AUDIENCE, timeout: 2_000 },
    },
    async close() {
      await Promise.all([server, api, shared].map((one) => one?.close()));
    },
  };
}

/** A Redis behind HTTP, which fails as `failure` says: with an error, or by never answering. */
async function startStore(failure) {
  const redis = await startRedis();
  const client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
  client.on("error", () => {}); // told by each command
  await client.connect();
  const failing = {
    async sendCommand(words) {
      const kind = failure();
      if (kind === "hang") await new Promise(() => {});
      if (kind !== undefined) throw new Error("the store is down");
      return client.sendCommand(words);
    },
  };
  const front = await startUpstash({ redis: failing, token: "token-of-the-store" });
  return {
    origin: front.origin,
    async close() {
      await front.close();
      client.destroy();
      await redis.end();
    },
  };
}
