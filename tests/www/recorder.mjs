// Stands between the browser and the worker, and keeps every byte that the browser receives.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** @param {string} origin of the worker */
export async function startRecorder(origin) {
  const { hostname, port } = new URL(origin);
  const received = [];
  const sockets = new Set();
  const server = createServer((browser) => {
    const worker = connect(Number(port), hostname);
    for (const socket of [browser, worker]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        browser.destroy();
        worker.destroy();
      });
    }
    worker.on("data", (bytes) => received.push(bytes));
    browser.pipe(worker);
    worker.pipe(browser);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    /** What the browser has received, each line once. */
    text: () => [...new Set(Buffer.concat(received).toString("latin1").split("\n"))].join("\n"),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
