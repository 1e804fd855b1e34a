// Time to verify a token, beside the host's own check of the signature, and beside peers.

import { join } from "node:path";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { startWorker } from "../runtimes/worker.mjs";
import { HOSTS, spread, versionOf } from "./hosts.mjs";

const ALGORITHMS = ["RS256", "ES256", "EdDSA", "HS256"];
const TOKENS = 300;
const ROUNDS = 15;
const WARM_UP = 5;

/** What is measured beside gatepass, installed as it is in tests/. */
export const PEERS = ["jose", "fast-jwt", "aws-jwt-verify"];

/**
 * @param {string} project where gatepass is installed beside the programs
 * @returns {Promise<object[]>} microseconds: per runtime and algorithm, each way to verify
 */
export async function measureVerification(project) {
  const rows = [];
  for (const { host, name, args } of HOSTS) {
    const runtime = `${name} ${await versionOf(host)}`;
    console.log(`  ${runtime}: verifying`);
    const flags = host === "deno" ? [...args, "--allow-all"] : args;
    const lines = await run(findBinary(host), [...flags, "verify.mjs"], { cwd: project, timeout: 600_000 });
    rows.push(...rowsOf(runtime, JSON.parse(lines.at(-1))));
  }
  console.log("  workerd: verifying");
  rows.push(...rowsOf("workerd", await inWorkerd(project)));
  return rows;
}

function rowsOf(runtime, times) {
  return Object.entries(times).map(([algorithm, ways]) => ({
    runtime, algorithm, ways: Object.fromEntries(Object.entries(ways).map(([way, values]) => [way, spread(values)])),
  }));
}

/** What it takes to ask, without anything to do, is taken off. */
async function inWorkerd(project) {
  const worker = await startWorker({ entry: join(project, "verify-worker.mjs"), directory: join(project, "worker") });
  const timed = async (path) => {
    const began = performance.now();
    const ways = await (await fetch(`${worker.origin}/${path}`)).json();
    return { took: performance.now() - began, ways };
  };
  try {
    const times = {};
    for (const algorithm of ALGORITHMS) {
      const { ways } = await timed(`${algorithm}/nothing`);
      const found = (times[algorithm] = Object.fromEntries(ways.map((way) => [way, []])));
      for (let round = -WARM_UP; round < ROUNDS; round += 1) {
        const { took: asking } = await timed(`${algorithm}/nothing`);
        for (const way of ways) {
          const { took } = await timed(`${algorithm}/${encodeURIComponent(way)}`);
          if (round >= 0) found[way].push((Math.max(0, took - asking) * 1000) / TOKENS);
        }
      }
    }
    return times;
  } finally {
    await worker.end();
  }
}
