// A loopback server that does not read bodies by itself: who handles a request may stream it, or let it hang.

import { createServer } from "node:http";

// Connections that wait to be accepted: a thousand come at once.
const BACKLOG = 4096;

/** @param {(exchange: { request: object, response: object, url: URL }) => unknown} handle */
export async function startServer(handle) {
  const server = createServer(async (request, response) => {
    response.on("error", () => {});
    request.on("error", () => {});
    try {
      await handle({ request, response, url: new URL(request.url, "http://api") });
    } catch (error) {
      if (!response.headersSent) sendJson(response, 500, { message: `test server: ${error?.stack}` });
    }
  });
  // Who is slow to use a connection again must not find it closed.
  server.keepAliveTimeout = 120_000;
  let connections = 0;
  server.on("connection", () => (connections += 1));
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: BACKLOG }, resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    /** The connections that were opened so far. */
    get connections() {
      return connections;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function sendJson(response, status, value, headers = {}) {
  const text = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers }).end(text);
}
