// On Node.js with --expose-gc: what very many calls leave behind. The endpoint is a function, so that nothing else is
// measured. One JSON line per part: memory when it is warm and in the end.

import { createHmac } from "node:crypto";
import { setImmediate, setTimeout } from "node:timers/promises";
import { measure } from "./instruments.mjs";
import { Client, Verifier } from "gatepass";

const WARM_CALLS = 1_000_000;
const AUDIENCES = 20_000;
/** GATEPASS_VERIFICATIONS=5000000 for those who have the time. */
const VERIFICATIONS = Number(process.env.GATEPASS_VERIFICATIONS ?? 200_000);
/** Milliseconds. Until it is over, the host's timer for it stays in memory. */
const TIMEOUT = 100;

let requests = 0;
const client = new Client({
  tokenEndpoint: "https://login.example/token",
  clientId: "client",
  clientSecret: "secret",
  timeout: TIMEOUT,
  async fetch() {
    requests += 1;
    return Response.json({ access_token: `token-${requests}`, token_type: "Bearer", expires_in: 3600 });
  },
});

await part("calls", WARM_CALLS, 200_000, () => client.getToken());
// More than are kept, so that the first ones have been forgotten when it is warm.
await part("audiences", AUDIENCES, 8_000, (number) => client.getToken({ audience: `https://api-${number}.example` }));

// A verifier for each, as one per request is; no two tokens are the same.
const secret = "a secret that is longer than the hash of thirty-two bytes";
await part("tokens to verify", VERIFICATIONS, 50_000, (number) =>
  new Verifier({ issuer: "https://login.example/", audience: "api", secret }).verifyAccessToken(signed(number)));

function signed(number) {
  const text = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${text({ alg: "HS256" })}.${text({ iss: "https://login.example/", aud: "api", exp: 4_102_444_800, jti: `${number}` })}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

async function part(name, count, warmUp, action) {
  requests = 0;
  let warm;
  let began = performance.now();
  for (let number = 0; number < count; number += 1) {
    if (number === warmUp) {
      warm = await memory();
      began = performance.now();
    }
    await action(number);
    // As any program that waits for a network does: what the host frees when objects are collected, it frees in a turn of its own.
    if (number % 1_000 === 0) await setImmediate();
  }
  const microseconds = ((performance.now() - began) * 1000) / (count - warmUp);
  console.log(JSON.stringify({ name, count, requests, microseconds, warm, end: await memory() }));
}

async function memory() {
  await setTimeout(2 * TIMEOUT);
  globalThis.gc();
  await setImmediate();
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return { ...measure(), rss, heapUsed };
}
