// A real Redis of its own for the tests: on loopback, without a file, gone in the end. Debian: `apt-get install redis-server`.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start, within } from "../runtimes/launch.mjs";

const COMMAND = "redis-server";
const START_TIMEOUT = 10_000;
const ATTEMPTS = 5;

/** What this machine lacks for a Redis, or `undefined`. */
export function missingForRedis() {
  return spawnSync(COMMAND, ["--version"]).error ? `no ${COMMAND}` : undefined;
}

/**
 * @param {number} [port] to start again where one was
 * @returns {Promise<{ port: number, end: () => Promise<void> }>}
 */
export async function startRedis(port) {
  if (port !== undefined) return startOn(port);
  // Redis cannot pick a port itself, so another program may be faster.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOn(port) {
  const directory = mkdtempSync(join(tmpdir(), "gatepass-redis-"));
  const log = [];
  let ready;
  const listening = new Promise((resolve) => (ready = resolve));
  const server = start(COMMAND, ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", directory], {
    onLine(line) {
      log.push(line);
      if (line.includes("Ready to accept connections")) ready(true);
    },
  });
  const end = async () => {
    await server.end();
    rmSync(directory, { recursive: true, force: true });
  };
  if (await within(START_TIMEOUT, Promise.race([listening, server.exited.then(() => false)]))) return { port, end };
  await end();
  throw new Error(`${COMMAND} did not start:\n${log.slice(-5).join("\n")}`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
