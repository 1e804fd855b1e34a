// Time of a call that finds its token in memory.

import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { HOSTS, spread, versionOf } from "./hosts.mjs";

/**
 * @param {string} project where gatepass and the peer are installed beside the programs
 * @returns {Promise<object[]>} per runtime: nanoseconds of each candidate, and `ratio` to the peer
 */
export async function measureWarmCalls(project) {
  const rows = [];
  for (const { host, name, args } of HOSTS) {
    const runtime = `${name} ${await versionOf(host)}`;
    console.log(`  ${runtime}: getToken() from memory`);
    const [line] = await run(findBinary(host), [...args, "warm-call.mjs"], { cwd: project, timeout: 120_000 });
    const rounds = JSON.parse(line);
    const times = Object.fromEntries(Object.entries(rounds).map(([candidate, samples]) => [candidate, spread(samples)]));
    // Of the same round each: what slowed the machine down slowed both down.
    const ratio = spread(rounds.getToken.map((time, round) => time / rounds.badgateway[round]));
    rows.push({ runtime, ...times, ratio });
  }
  return rows;
}
