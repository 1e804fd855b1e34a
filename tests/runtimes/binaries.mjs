// Where the pinned runtimes are. The binaries come in platform packages that npm picks by `os` and `cpu`; the install
// scripts of `bun` and `deno` would only move them, so none is run (see ../.npmrc) and they are found in their place.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** The newest one, and older ones under the names that package.json gives them. */
export const WORKERD_VERSIONS = ["workerd", "workerd-2025-07", "workerd-2024-09"];

const FINDERS = {
  node: () => process.execPath,
  node24: () => join(tests, "node_modules", `node24-${process.platform}-${process.arch}`, "bin", "node"),
  deno: () => fromPlatformPackage("deno", ["deno", "deno.exe"]),
  bun: () => fromPlatformPackage("bun", ["bin/bun", "bin/bun.exe"]),
  ...Object.fromEntries(WORKERD_VERSIONS.map((name) => [name, () => require(name).default])),
};

/** @param {"node" | "node24" | "deno" | "bun" | "workerd" | "workerd-2025-07" | "workerd-2024-09"} runtime */
export function findBinary(runtime) {
  let path;
  try {
    path = FINDERS[runtime]();
  } catch {
    // Not installed: said below, in words that help.
  }
  if (!path || !existsSync(path)) {
    throw new Error(`${runtime} is not installed for ${process.platform}-${process.arch}: run \`npm ci\` in tests/`);
  }
  return path;
}

/** The newest compatibility date that a pinned workerd accepts. */
export function newestCompatibilityDate(version = "workerd") {
  return require(version).compatibilityDate;
}

function fromPlatformPackage(name, places) {
  const home = join(tests, "node_modules", name);
  const { optionalDependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  return Object.keys(optionalDependencies)
    .flatMap((platformPackage) => places.map((place) => join(tests, "node_modules", platformPackage, place)))
    // npm 11 leaves out what does not fit this machine's C library; older ones may install both kinds.
    .filter((path) => existsSync(path))
    .sort((a, b) => Number(a.includes("musl")) - Number(b.includes("musl")))[0];
}
