// What was measured on, and nothing that says whose machine it is.

import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";

export function machine() {
  const release = "/etc/os-release";
  const system = existsSync(release) ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync(release, "utf8"))?.[1] : undefined;
  return { cpu: cpus()[0]?.model.trim() || "unknown", cores: availableParallelism(), os: system ?? process.platform, architecture: process.arch };
}

/** How many processes wanted to run, on average of the last minute. */
export const load = () => Number(loadavg()[0].toFixed(1));
