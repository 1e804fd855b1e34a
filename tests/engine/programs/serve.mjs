// On Node.js: a server that needs a token for each request, as worker.mjs answers for workerd. A process outlives its
// requests, so no `waitUntil` is needed. `/control` needs none. Prints its port.

import { createServer } from "node:http";
import { Client } from "gatepass";

const client = new Client(JSON.parse(process.argv[2]));

const server = createServer(async (request, response) => {
  let status = 200;
  let answer;
  try {
    const { accessToken, source } = request.url === "/control" ? {} : await client.getToken();
    answer = { accessToken, source };
  } catch (error) {
    status = 500;
    answer = { code: error?.code, message: String(error) };
  }
  const text = JSON.stringify(answer);
  response.writeHead(status, { "content-length": Buffer.byteLength(text) }).end(text);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
