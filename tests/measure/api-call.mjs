// Time of a call to an API that finds its token in memory, beside the host's own fetch and other libraries.

import { once } from "node:events";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { HOSTS, spread, versionOf } from "./hosts.mjs";

const modules = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules");
// Short rounds, and many: what slows the machine down for a while then falls on all ways alike.
const CALLS = 20;
const ROUNDS = 400;
const PEERS = ["@badgateway/oauth2-client", "openid-client"];
/** The peers and what they need, where gatepass is found, too. */
export const PEER_FILES = [...PEERS, "oauth4webapi"].map((name) => [join(modules, name), `node_modules/${name}`]);

/**
 * @param {string} project where gatepass and its peers are installed beside the programs
 * @returns {Promise<{ calls: number, rounds: number, versions: object, rows: object[] }>} microseconds: per runtime and way `time`, and `ratio` to fetch
 */
export async function measureApiCalls(project) {
  const body = JSON.stringify({ orders: [1, 2, 3] });
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  }).listen(0, "127.0.0.1");
  server.keepAliveTimeout = 60_000;
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/orders`;
  const rows = [];
  for (const { host, name, args } of HOSTS) {
    const runtime = `${name} ${await versionOf(host)}`;
    console.log(`  ${runtime}: calls to an API`);
    const allowed = host === "deno" ? ["--allow-net=127.0.0.1", "--allow-env"] : [];
    const lines = await run(findBinary(host), [...args, ...allowed, "api-call.mjs", JSON.stringify({ url, calls: CALLS, rounds: ROUNDS })], { cwd: project, timeout: 300_000 });
    const times = JSON.parse(lines.at(-1));
    const ways = Object.entries(times).map(([way, samples]) => ({
      way, time: spread(samples), ratio: spread(samples.map((sample, round) => sample / times.fetch[round])),
    }));
    rows.push({ runtime, ways });
  }
  server.closeAllConnections();
  server.close();
  const versions = PEERS.map((peer) => [peer, JSON.parse(readFileSync(join(modules, peer, "package.json"), "utf8")).version]);
  return { calls: CALLS, rounds: ROUNDS, versions: Object.fromEntries(versions), rows };
}
