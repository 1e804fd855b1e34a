// An API that refuses tokens, fails, and keeps count: what each numbered call has sent it, and how often.
//
//   *  /calls/<number>    200, or 401 when the token was revoked
//   *  /faults/<number>   what `faultOf` says for the first request of the number; after that 200
//   GET  /bytes/<count>   so many bytes, as fast as they are taken
//   POST /bytes           counts the bytes of the body
//   *  anything else      by `handle`

import { setTimeout as sleep } from "node:timers/promises";
import { sendJson, startServer } from "./server.mjs";

const CHUNK = Buffer.alloc(65_536, 120);

/** What a fault does to the first request. Those in `afterHeaders` hand the call a response. */
const FAULTS = {
  "reset": ({ request }) => request.socket.resetAndDestroy(),
  "reset in the body": async ({ request, response }) => {
    response.writeHead(200, { "content-length": "1000" }).write("x");
    await sleep(20);
    request.socket.resetAndDestroy();
  },
  "503": ({ response }) => sendJson(response, 503, { busy: true }),
  "503 with Retry-After": ({ response }) => sendJson(response, 503, { busy: true }, { "retry-after": "0" }),
  "429 with a long Retry-After": ({ response }) => sendJson(response, 429, { busy: true }, { "retry-after": "3600" }),
  "slow body": async ({ response }) => {
    response.writeHead(200, { "content-length": "1000" });
    for (let sent = 0; sent < 1000 && !response.destroyed; sent += 1) {
      response.write("x");
      await sleep(100);
    }
  },
  "half-closed": ({ request }) => request.socket.end(),
  "hangs": () => {},
};

export const FAULT_NAMES = Object.keys(FAULTS);

/** @param {{ faultOf?: (number: number) => string | undefined, handle?: (exchange: object) => unknown }} [settings] */
export async function startCountingApi({ faultOf = () => undefined, handle } = {}) {
  const calls = new Map();
  const revoked = new Set();
  const state = { latency: 0, received: 0, onCall: () => {} };

  const server = await startServer(async (exchange) => {
    const { request, response, url } = exchange;
    const [, place, number] = url.pathname.split("/");
    if (place === "bytes") return number === undefined ? countBytes(exchange) : sendBytes(exchange, Number(number));
    if (place !== "calls" && place !== "faults") return handle ? handle(exchange) : sendJson(response, 404, {});
    const token = request.headers.authorization;
    if (!calls.has(number)) calls.set(number, []);
    const requests = calls.get(number);
    requests.push({ method: request.method, token, key: request.headers["idempotency-key"] });
    state.received += 1;
    state.onCall(state.received, token);
    const fault = place === "faults" && requests.length === 1 && FAULTS[faultOf(Number(number))];
    if (fault) return fault(exchange);
    const body = await readText(request);
    await sleep(state.latency);
    if (revoked.has(token)) return sendJson(response, 401, { refused: true }, { "www-authenticate": 'Bearer error="invalid_token"' });
    return sendJson(response, 200, { number: Number(number), body });
  });

  return {
    ...server,
    /** By number: the requests of each call, in the order in which they came. */
    calls,
    /** From now on this token is refused. */
    revoke: (token) => revoked.add(token),
    isRevoked: (token) => revoked.has(token),
    state,
  };
}

async function sendBytes({ response }, count) {
  response.writeHead(200, { "content-length": String(count), "content-type": "application/octet-stream" });
  const closed = new Promise((resolve) => response.once("close", resolve));
  for (let left = count; left > 0 && !response.destroyed; left -= CHUNK.length) {
    const isTaken = response.write(left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK);
    if (!isTaken) await Promise.race([closed, new Promise((resolve) => response.once("drain", resolve))]);
  }
  response.end();
}

async function countBytes({ request, response }) {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  sendJson(response, 200, { bytes });
}

async function readText(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
