// What every family is measured in, and how thoroughly.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createProject, findTarball } from "../../tests/runtimes/project.mjs";

const benches = dirname(dirname(fileURLToPath(import.meta.url)));
const ALGORITHMS = ["RS256", "ES256", "EdDSA", "HS256"];

export const THOROUGH = { pace: { rounds: 15, turns: 8, milliseconds: 1 }, callers: 1000, bursts: 3, starts: 9, warmUps: 1, most: 100_000, algorithms: ALGORITHMS };
export const QUICK = { pace: { rounds: 5, turns: 3, milliseconds: 1 }, callers: 1000, bursts: 1, starts: 3, warmUps: 1, most: 1000, algorithms: ALGORITHMS };
/** Shows that everything runs, on two runtimes. */
export const SMOKE = { pace: { rounds: 1, turns: 1, milliseconds: 0.2 }, callers: 20, bursts: 1, starts: 1, warmUps: 0, most: 10, algorithms: ["ES256"], only: ["node24", "workerd"] };

/** A project with gatepass, packed, and its peers beside the programs. */
export async function projectOf(name) {
  const modules = join(benches, "node_modules");
  if (!existsSync(modules)) throw new Error("the peers are not installed: run `npm ci` in benches/");
  const peers = readdirSync(modules).filter((entry) => !entry.startsWith(".")).map((entry) => [join(modules, entry), `node_modules/${entry}`]);
  return createProject({ name, tarball: findTarball(), files: [[join(benches, "programs"), "."], ...peers] });
}

export function versionsOf(packages) {
  return Object.fromEntries(packages.map((name) => [name, JSON.parse(readFileSync(join(benches, "node_modules", name, "package.json"), "utf8")).version]));
}

export const versionOfGatepass = () => /gatepass-(.+)\.tgz$/.exec(findTarball())[1];
