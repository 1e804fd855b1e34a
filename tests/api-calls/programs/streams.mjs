// Node.js, Deno, Bun: a large body down and up, by callApi and by the host's own fetch, and what the process grows by
// meanwhile. One line of JSON.

import { Client } from "gatepass";

const { client: options, origin, bytes } = JSON.parse(globalThis.Deno?.args[0] ?? globalThis.process.argv[2]);
const memory = () => (globalThis.Deno?.memoryUsage() ?? globalThis.process.memoryUsage()).rss;
const client = new Client(options);
const CHUNK = new Uint8Array(65_536).fill(120);

/** A body of so many bytes, made when it is asked for. */
function upload() {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(left, CHUNK.length);
      // The same one each time: no garbage of its own.
      if (size > 0) controller.enqueue(CHUNK.subarray(0, size));
      left -= size;
      if (left <= 0) controller.close();
    },
  });
}

async function down(send) {
  const response = await send(`${origin}/bytes/${bytes}`);
  let received = 0;
  for await (const chunk of response.body) received += chunk.length;
  return received;
}

async function up(send) {
  const response = await send(`${origin}/bytes`, { method: "POST", body: upload(), duplex: "half", headers: { "content-type": "application/octet-stream" } });
  return (await response.json()).bytes;
}

async function measured(transfer, send) {
  const before = memory();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, memory())), 10);
  const began = performance.now();
  const received = await transfer(send);
  clearInterval(timer);
  return { received, grown: Math.max(most, memory()) - before, milliseconds: performance.now() - began };
}

const call = (url, init) => client.callApi(url, init);
// Once before: code and buffers of the host.
await down(call);
await up(call);
console.log(JSON.stringify({
  down: await measured(down, call),
  up: await measured(up, call),
  downByFetch: await measured(down, fetch),
  upByFetch: await measured(up, fetch),
}));
