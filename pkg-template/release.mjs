// Makes the files of a release and publishes nothing: a rehearsal that ends where something is not as it must be.
//
//   node pkg-template/release.mjs
//
// Leaves them in target/release-<version>/: the npm package with its bill of materials, the crate, what CHANGELOG.md says
// of the version, and the SHA-256 of each. CONTRIBUTING.md says what comes before and after.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { notesOf, problemsOfRelease } from "./changelog.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const read = (file) => readFileSync(path.join(root, file), "utf8");
const node = (...args) => [process.execPath, ...args];

function step(what, [command, ...args]) {
  console.log(`\n=== ${what}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) stop([`${what}: failed`]);
}

/** Advisories that nobody can get at hold up no release; those that there are do. */
function checkAdvisories() {
  console.log("\n=== known vulnerabilities");
  const { stdout } = spawnSync(process.execPath, ["tests/supply-chain/run.mjs", "--advisories"], { cwd: root, encoding: "utf8" });
  process.stdout.write(stdout);
  if (!/^suite advisories: \d+ passed, 0 failed/m.test(stdout)) stop(["known vulnerabilities: failed"]);
}

function stop(problems) {
  for (const problem of problems) console.error(`not released: ${problem}`);
  process.exit(1);
}

function main() {
  const version = /^version = "(.+)"$/m.exec(read("Cargo.toml"))[1];
  const changed = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }).trim();
  const tags = execFileSync("git", ["tag", "--list", `v${version}`], { cwd: root, encoding: "utf8" }).trim();
  const problems = [
    ...(changed === "" ? [] : [`there are changes that are not committed:\n${changed}`]),
    ...(tags === "" ? [] : [`the tag ${tags} is there already`]),
    ...problemsOfRelease(read("CHANGELOG.md"), version),
  ];
  if (problems.length > 0) stop(problems);

  step("the npm package", node("pkg-template/build.mjs"));
  step("what ships", node("tests/package/run.mjs"));
  step("what it is made of", node("tests/supply-chain/run.mjs"));
  checkAdvisories();
  step("a second build, in another folder", node("tests/supply-chain/reproducible.mjs"));
  step("the crate, as its registry would take it", ["cargo", "publish", "--dry-run", "--locked"]);
  step("the crate", ["cargo", "package", "--no-verify", "--quiet", "--locked"]);

  const out = path.join(root, "target", `release-${version}`);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const files = [`pkg/gatepass-${version}.tgz`, `pkg/gatepass-${version}.cdx.json`, `target/package/gatepass-${version}.crate`];
  for (const file of files) copyFileSync(path.join(root, file), path.join(out, path.basename(file)));
  writeFileSync(path.join(out, "NOTES.md"), `${notesOf(read("CHANGELOG.md"), version)}\n`);
  const sums = readdirSync(out).map((file) => `${createHash("sha256").update(readFileSync(path.join(out, file))).digest("hex")}  ${file}\n`);
  writeFileSync(path.join(out, "SHA256SUMS"), sums.join(""));
  console.log(`\n${path.relative(root, out)}:\n${sums.join("")}\nNothing was published.`);
}

main();
