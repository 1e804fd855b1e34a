// Where it is measured, and how what was measured is summed up.

import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";

export const HOSTS = [
  { host: "node", name: "Node.js", args: [] },
  { host: "node24", name: "Node.js", args: [] },
  { host: "deno", name: "Deno", args: ["run", "--no-prompt", "--cached-only"] },
  { host: "bun", name: "Bun", args: ["run"] },
];

export async function versionOf(host) {
  const [line] = await run(findBinary(host), ["--version"]);
  return /\d+\.\d+\.\d+\S*/.exec(line)[0];
}

export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return { fastest: at(0), quarter: at(0.25), median: at(0.5), threeQuarters: at(0.75), slowest: at(1) };
}
