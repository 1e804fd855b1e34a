// Large bodies down and up: they are passed on and not kept. With --full a gigabyte each way.

import { existsSync, readFileSync } from "node:fs";
import { equal, ok, skip } from "../runtimes/assert.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { startCountingApi } from "./api.mjs";
import { COMMANDS, runProgram, withWorker, WORKERS } from "./hosts.mjs";
import { clientOf } from "./setting.mjs";

const GIGABYTE = 1_073_741_824;
const bytes = process.argv.includes("--full") ? GIGABYTE : GIGABYTE / 2;
/** What a process may grow by while it passes so many bytes on: garbage that is not collected yet, but not a copy of all. */
const GROWTH = 200_000_000;

async function withServers(action) {
  const endpoint = await startTokenEndpoint();
  const api = await startCountingApi();
  try {
    await action(clientOf(endpoint), api.origin);
  } finally {
    await Promise.all([endpoint.close(), api.close()]);
  }
}

export const streamTests = (project, note) => [
  ...Object.keys(COMMANDS).map((host) => ({
    what: `${host}: ${megabytes(bytes)} down and up leave memory flat`,
    body: () => withServers(async (client, origin) => {
      const [found] = await runProgram(host, project, "streams.mjs", { client, origin, bytes }, { timeout: 300_000 });
      for (const way of ["down", "up"]) {
        const [ours, its] = [found[way], found[`${way}ByFetch`]];
        note(`${host}: ${way}: ${megabytes(ours.received)} in ${(ours.milliseconds / 1000).toFixed(1)} s, grown by ${megabytes(ours.grown)}; by fetch in ${(its.milliseconds / 1000).toFixed(1)} s, ${megabytes(its.grown)}`);
        equal(ours.received, bytes, `bytes ${way}`);
        ok(ours.grown <= Math.max(0, its.grown) + GROWTH, `the process grew by ${megabytes(ours.grown)} on the way ${way}, with fetch by ${megabytes(its.grown)}`);
      }
    }),
  })),
  ...Object.keys(WORKERS).map((host) => ({
    what: `${host}: ${megabytes(bytes)} down and up leave memory flat`,
    body: () => withServers((client, origin) => withWorker(host, project, "streams-worker.mjs", async (worker) => {
      if (!existsSync(`/proc/${worker.pid}/status`)) skip("the memory of another process can be read on Linux only");
      const memory = () => Number(/VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${worker.pid}/status`, "utf8"))[1]) * 1024;
      const address = (target) => `${worker.origin}/?${new URLSearchParams({ client: JSON.stringify(client), target })}`;
      await (await fetch(address(`${origin}/bytes/1000`))).text();
      for (const [way, transfer] of Object.entries({ down, up })) {
        const before = memory();
        let most = before;
        const timer = setInterval(() => (most = Math.max(most, memory())), 20);
        const began = performance.now();
        const received = await transfer(address, origin);
        clearInterval(timer);
        note(`${host}: ${way}: ${megabytes(received)} in ${((performance.now() - began) / 1000).toFixed(1)} s, grown by ${megabytes(most - before)}`);
        equal(received, bytes, `bytes ${way}`);
        ok(most - before <= GROWTH, `workerd grew by ${megabytes(most - before)} on the way ${way}`);
      }
    })),
  })),
];

async function down(address, origin) {
  const response = await fetch(address(`${origin}/bytes/${bytes}`));
  let received = 0;
  for await (const chunk of response.body) received += chunk.length;
  return received;
}

async function up(address, origin) {
  const chunk = new Uint8Array(65_536);
  let left = bytes;
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
      if (left <= 0) controller.close();
    },
  });
  const response = await fetch(address(`${origin}/bytes`), { method: "POST", body, duplex: "half" });
  return (await response.json()).bytes;
}

const megabytes = (count) => `${(count / 1e6).toFixed(0)} MB`;
