// Time of a call that finds its token in memory.

import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { HOSTS, spread, versionOf } from "./hosts.mjs";

/**
 * @param {string} project where gatepass is installed beside the programs
 * @returns {Promise<object[]>} nanoseconds: per runtime `getToken` and `nothing`, an empty async function
 */
export async function measureWarmCalls(project) {
  const rows = [];
  for (const { host, name, args } of HOSTS) {
    const runtime = `${name} ${await versionOf(host)}`;
    console.log(`  ${runtime}: getToken() from memory`);
    const [line] = await run(findBinary(host), [...args, "warm-call.mjs"], { cwd: project });
    const times = JSON.parse(line);
    rows.push({ runtime, getToken: spread(times.getToken), nothing: spread(times.nothing) });
  }
  return rows;
}
