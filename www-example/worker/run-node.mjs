import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import app from "./app.mjs";
import { ASSETS } from "./assets.mjs";

const env = { ...process.env, ASSETS };
const server = createServer(async (incoming, outgoing) => {
  const { method, headers, url } = incoming;
  // No body is read: the page sends none.
  const response = await app.fetch(new Request(new URL(url, `http://${headers.host}`), { method, headers }), env);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // A browser that leaves ends its stream of events.
  await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => {});
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
