// A loopback server that remembers every request, so that a test can say "nothing was sent" and mean it.
//
// A test marks its addresses with a tag of its own, a path segment `t-...`, and asks with `GET /_seen/<tag>`
// (an HTTP question, because the test may run inside workerd) for the requests that carried it.

import { createServer } from "node:http";

const HOST = "127.0.0.1";
// Connections that wait to be accepted. With fewer than come at once, some come a second late, by a retransmission.
const BACKLOG = 4096;
const TAG = /\/(t-[\w-]+)/;

/**
 * @param {(exchange: Exchange) => void | Promise<void>} handle
 * @typedef {object} Exchange
 * @property {import("node:http").IncomingMessage} request
 * @property {import("node:http").ServerResponse} response
 * @property {URL} url
 * @property {string} tag empty for a request without one
 * @property {number} count which request of its tag this is, from 1
 * @property {string} body
 */
export async function startRecording(handle) {
  const seen = new Map();

  const server = createServer(async (request, response) => {
    response.on("error", () => {});
    const url = new URL(request.url, `http://${request.headers.host}`);
    const tag = TAG.exec(url.pathname)?.[1] ?? "";
    if (url.pathname === `/_seen/${tag}`) {
      return sendJson(response, 200, seen.get(tag) ?? []);
    }
    // `PUT` is how a test hands its own documents over; that is preparation, not a request under test.
    const record = { method: request.method, path: url.pathname + url.search, headers: request.headers, body: "" };
    if (!url.pathname.startsWith("/_")) {
      if (!seen.has(tag)) seen.set(tag, []);
      seen.get(tag).push(record);
    }
    const count = seen.get(tag)?.length ?? 0;
    try {
      record.body = await readBody(request);
      await handle({ request, response, url, tag, count, body: record.body });
    } catch (error) {
      if (request.destroyed && !request.complete) return; // the client hung up: nothing to answer
      if (!response.headersSent) sendJson(response, 500, { message: `test server: ${error?.stack}` });
    }
  });
  // By default a connection that is idle for 5 s is closed, perhaps just when a client that stood still uses it again.
  server.keepAliveTimeout = 0;
  server.on("clientError", (_, socket) => socket.destroy());

  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: HOST, backlog: BACKLOG }, resolve);
  });

  return {
    origin: `http://${HOST}:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function sendJson(response, status, value, headers = {}) {
  send(response, status, JSON.stringify(value), { "content-type": "application/json", ...headers });
}

export function sendHtml(response, status, headers = {}) {
  send(response, status, "<!doctype html><title>Sign in</title><p>This is not the page you look for.", {
    "content-type": "text/html; charset=utf-8",
    ...headers,
  });
}

export function send(response, status, body, headers = {}) {
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
