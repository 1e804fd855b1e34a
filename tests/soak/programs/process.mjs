// A member that is a process: Node.js, Deno or Bun. Prints its port.

import { createServer } from "node:http";
import { handle } from "./handler.mjs";

const server = createServer(async (request, response) => {
  const text = JSON.stringify(await handle(request.url));
  response.writeHead(200, { "content-length": Buffer.byteLength(text) }).end(text);
});
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
