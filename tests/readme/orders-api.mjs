// The API that the README's examples call as https://api.example/orders. It verifies tokens with `jose`, so that it
// does not depend on what is tested, and insists on what the tutorial says that a call has.

import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";

const HOST = "127.0.0.1";

/** @param {{ issuer: string, jwksUri: string, audiences: string[] }} login3 whose tokens it accepts */
export async function startOrdersApi({ issuer, jwksUri, audiences }) {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  let calls = 0;

  const server = createServer(async (request, response) => {
    const answer = (status, value) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (request.url !== "/orders") return answer(404, { error: "not_found" });
    if (request.headers["content-type"] !== "application/json") return answer(415, { error: "content-type" });
    try {
      const [scheme, token] = (request.headers.authorization ?? "").split(" ");
      if (scheme !== "Bearer") return answer(401, { error: "no Bearer token" });
      await jwtVerify(token, keys, { issuer, audience: audiences[0] });
    } catch (error) {
      return answer(401, { error: error.code });
    }
    calls += 1;
    return answer(200, { orders: [] });
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, resolve);
  });

  return {
    origin: `http://${HOST}:${server.address().port}`,
    /** Calls that came with a good token. */
    get calls() {
      return calls;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
