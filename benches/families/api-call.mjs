import { once } from "node:events";
import { createServer } from "node:http";
import { timeEverywhere } from "../measuring/hosts.mjs";

export default {
  name: "api-call",
  title: "A call to an API",
  packages: ["@badgateway/oauth2-client", "openid-client"],
  about: "A GET with an access token, on a connection that is kept, to a server on this machine; the token is in memory, and the body is read. `callApi` sends a `content-type` as well. Beside it the host's `fetch` with a fixed header, `OAuth2Fetch` of @badgateway/oauth2-client and `fetchProtectedResource` of openid-client.",
  measure,
};

async function measure(bench) {
  const body = JSON.stringify({ orders: [1, 2, 3] });
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  }).listen(0, "127.0.0.1");
  server.keepAliveTimeout = 60_000;
  await once(server, "listening");
  try {
    // A turn is one call: how long one takes varies by more than what there is to see between them.
    const pace = { ...bench.pace, turns: bench.pace.turns * 40, milliseconds: 0.1 };
    return { blocks: await timeEverywhere({ ...bench, pace }, "api-call", { url: `http://127.0.0.1:${server.address().port}/orders` }) };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
