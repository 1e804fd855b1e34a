// All that a worker under test talks to, on one loopback port: a token endpoint, metadata, a key set and an API. Each can
// be told to hang, and who waits is known.

import { createSign } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { makeKeyPair } from "../servers/key-pair.mjs";
import { sendJson, startRecording } from "../servers/recording.mjs";

const AUDIENCE = "https://api.example";
const KEY_ID = "workerd-suite";
const { privateKey, publicKey } = await makeKeyPair("rsa", { modulusLength: 2048 });

/** @param {{ latency?: number }} [settings] `latency`: milliseconds before each answer but the API's */
export async function startServer({ latency = 0 } = {}) {
  const waiting = new Set();
  const counts = { token: 0, keys: 0, metadata: 0, api: 0 };
  let hanging;
  let keyIds = [KEY_ID];

  const answers = {
    api: ({ response, url }) => response.end(url.pathname),
    async token({ response, body }) {
      await sleep(latency);
      const audience = new URLSearchParams(body).get("audience");
      sendJson(response, 200, { access_token: `token-for-${audience}`, token_type: "Bearer", expires_in: 3600 });
    },
    async keys({ response }) {
      await sleep(latency);
      const key = { ...publicKey.export({ format: "jwk" }), alg: "RS256", use: "sig" };
      sendJson(response, 200, { keys: keyIds.map((kid) => ({ ...key, kid })) });
    },
    async metadata({ response, url }) {
      await sleep(latency);
      const [path, id] = /\/issuer\/([\w-]+)/.exec(url.pathname);
      sendJson(response, 200, { issuer: url.origin + path, token_endpoint: `${url.origin}/token`, jwks_uri: `${url.origin}/keys/${id}` });
    },
  };

  const server = await startRecording((exchange) => {
    const { response, url } = exchange;
    const place = url.pathname.includes("/.well-known/") ? "metadata" : url.pathname.split("/")[1];
    counts[place] += 1;
    if (place !== hanging) return answers[place](exchange);
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
    return undefined;
  });

  return {
    ...server,
    /** The requests to each place so far. */
    counts,
    /** The same in all. */
    get requests() {
      return Object.values(counts).reduce((sum, count) => sum + count);
    },
    /** The requests that hang. */
    waiting,
    /** From now on requests to this place, and to no other, are not answered. */
    hang(place) {
      hanging = place;
    },
    /** From now on the key set has one more key: the same under another id. */
    addKey(id) {
      keyIds = [...keyIds, id];
    },
  };
}

/** A token that is good for ten hours once the server has this key. */
function signToken(issuer, kid) {
  const seconds = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: issuer, aud: AUDIENCE, sub: "somebody", iat: seconds, exp: seconds + 36_000 };
  const input = `${encode({ alg: "RS256", typ: "JWT", kid })}.${encode(claims)}`;
  return `${input}.${createSign("RSA-SHA256").update(input).sign(privateKey, "base64url")}`;
}

/** Options of a client of the server. */
export function clientOf(server, options = {}) {
  return {
    tokenEndpoint: `${server.origin}/token`,
    clientId: "client",
    clientSecret: "secret-of-the-workerd-suite",
    audience: AUDIENCE,
    ...options,
  };
}

/** Options of a verifier of the server's tokens, and one of these. */
export function verifierOf(server, options = {}, keyId = KEY_ID) {
  const verifier = { issuer: `${server.origin}/issuer/main`, jwksUri: `${server.origin}/keys`, audience: AUDIENCE, ...options };
  return { verifier, token: signToken(verifier.issuer, keyId) };
}
