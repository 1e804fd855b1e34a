// What the package is made of, and what its tests use: who made it, under which licence, and whether it is what was
// locked.
//
//   node tests/supply-chain/run.mjs [--advisories] [--verbose]
//
// With --advisories: whether anything of it is known to be vulnerable. That takes the databases of RustSec and npm, and
// what they say changes from one day to the next: so it is no part of the tests of a commit.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { fail, same, skip } from "../runtimes/assert.mjs";
import { findTarball } from "../runtimes/project.mjs";
import { checkBill } from "./bill.mjs";
import { checkChangelogRule } from "./changelog.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const tools = join(repository, ".tools", "bin");
const NPM_PROJECTS = ["tests", "tests/types"];
/** npm packages that run code of theirs when they are installed: each looks for its program for this platform. */
const INSTALLERS = ["bun", "deno", "esbuild", "workerd"];

const { test, end } = startSuite(process.argv.includes("--advisories") ? "advisories" : "supply-chain");
if (process.argv.includes("--advisories")) await checkAdvisories();
else await checkWhatIsUsed();
end();

async function checkWhatIsUsed() {
  await test("licence, source and version of each crate are what deny.toml allows", () => {
    const { status, output } = cargoDeny("--offline", "check", "bans", "licenses", "sources");
    if (status !== 0) fail(output);
  });

  for (const project of NPM_PROJECTS) {
    const packages = Object.entries(JSON.parse(readFileSync(join(repository, project, "package-lock.json"), "utf8")).packages).filter(([path]) => path !== "");

    await test(`each npm package of ${project}/ is locked by a SHA-512 digest, and says no address to get it from`, () => {
      same(packages.filter(([, { integrity, link }]) => !link && !integrity?.startsWith("sha512-")).map(([path]) => path), [], "packages without one");
      same(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path), [], "packages with an address");
    });

    await test(`of the npm packages of ${project}/, only those that are known run code when they are installed`, () => {
      const installers = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path, { name }]) => name ?? path.split("node_modules/").at(-1));
      same([...new Set(installers)].filter((name) => !INSTALLERS.includes(name)), [], "packages that do");
    });
  }

  await checkChangelogRule(test);
  await checkBill(test, { repository, tarball: findTarball() });
}

async function checkAdvisories() {
  await test("no crate is known to be vulnerable, unmaintained or yanked", () => {
    const { status, output } = cargoDeny("check", "advisories");
    if (output.includes("failed to fetch advisory database")) skip("the advisory database of RustSec cannot be had here");
    if (status !== 0) fail(output);
  });

  for (const project of NPM_PROJECTS) {
    await test(`no npm package of ${project}/ is known to be vulnerable`, () => {
      const { stdout, stderr } = spawnSync("npm", ["audit", "--json"], { cwd: join(repository, project), encoding: "utf8" });
      const { vulnerabilities, message } = JSON.parse(stdout || "{}");
      if (vulnerabilities === undefined) skip(`the advisories of npm cannot be had here: ${message ?? stderr}`);
      same(Object.keys(vulnerabilities), [], "packages that are");
    });
  }
}

function cargoDeny(...args) {
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH}` };
  if (spawnSync("cargo-deny", ["--version"], { env }).status !== 0) skip("cargo-deny is not installed (make deny installs it)");
  const { status, stderr, stdout } = spawnSync("cargo", ["deny", "--locked", ...args], { cwd: repository, env, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}
