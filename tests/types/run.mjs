// Type tests: the package's declarations against the types of every host, one `tsc` project each.
//
//   node tests/types/run.mjs PACKAGE_FOLDER
//
// PACKAGE_FOLDER is the npm package, unpacked. It is installed into a project of its own in a temporary
// folder, so that the package's `exports` are what resolves `gatepass` and `gatepass/init`.
//
// Counted: each declaration file and each positive file that compiles without an error, and each
// `// @ts-expect-error CODE: reason` of the negative files, once per host. A negative assertion passes when
// the compiler uses it up and, with all of them taken out, reports CODE on the line below: it cannot pass for
// another reason than the one it names. With `CODE 'name':` the report must also name that member, as whoever made
// the mistake needs it. That it can fail is proved at the end, by declarations that allow
// everything.

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../runtimes/binaries.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const EXPECTATION = /^\s*\/\/ @ts-expect-error (TS\d+)(?: ('\w+'))?: \S/;
const HOSTS = ["dom", "node", "bun", "deno", "workers", "bare"];

const packageFolder = process.argv[2] && resolve(process.argv[2]);
if (!packageFolder || !existsSync(join(packageFolder, "package.json"))) {
  fail("usage: node tests/types/run.mjs PACKAGE_FOLDER (the unpacked npm package)");
}
if (!existsSync(join(here, "node_modules"))) fail("tests/types/node_modules is missing: run `npm ci` in tests/types first");

let passed = 0;
let failed = 0;
const scratch = mkdtempSync(join(tmpdir(), "gatepass-types-"));
try {
  const asIs = project("as-is", packageFolder);
  const stripped = project("stripped", packageFolder, (text) => text.replace(/@ts-expect-error/g, "expected:"));
  const denoTypes = execFileSync(findBinary("deno"), ["types"], { encoding: "utf8", maxBuffer: 1 << 26 });
  for (const folder of [asIs, stripped]) writeFileSync(join(folder, "hosts/deno/deno.d.ts"), denoTypes);
  for (const host of HOSTS) checkHost(host, asIs, stripped);
  checkThatNegativesCanFail();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`suite types: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** All assertions of one host. `bare` is no host: the declarations alone. */
function checkHost(host, asIs, stripped) {
  const before = { passed, failed };
  const found = compile(asIs, host);
  const bare = compile(stripped, host);
  const negative = host === "bare" ? [] : sources("negative");
  const clean = declarations().map((name) => `node_modules/gatepass/${name}`);
  clean.push(...(host === "bare" ? [] : sources("positive")), ...sources(`hosts/${host}`));
  for (const file of clean) judge(`${host}: ${file} compiles`, errorsOf(found, file));
  const strays = found.filter(({ file }) => !clean.includes(file) && !negative.includes(file) && !isHostsOwn(file));
  if (strays.length > 0) judge(`${host}: nothing else fails`, strays);

  for (const file of negative) {
    const expected = expectations(file);
    const errors = errorsOf(found, file);
    const reported = errorsOf(bare, file);
    for (const { line, code, named, text } of expected) {
      const below = reported.filter((error) => error.line === line + 1);
      judge(
        `${host}: ${file}:${line} ${text}`,
        errors.filter((error) => error.line === line),
        below.some((error) => error.code === code) ? [] : [`expected ${code}, got ${below.map((error) => error.code).join(", ") || "no error"}`],
        named === undefined || below.some(({ detail }) => detail.includes(named)) ? [] : [`${named} is not named: ${below.map(({ detail }) => detail).join(" ")}`],
      );
    }
    const lines = new Set(expected.map(({ line }) => line));
    for (const error of errors.filter((error) => !lines.has(error.line))) judge(`${host}: ${file} has no error of its own`, [error]);
  }
  console.log(`types ${host}: ${passed - before.passed} passed, ${failed - before.failed} failed`);
}

/** With declarations that allow everything, each negative assertion must be reported as unused. */
function checkThatNegativesCanFail() {
  const loose = join(scratch, "loose");
  mkdirSync(loose);
  const names = new Set(
    sources("negative").flatMap((file) =>
      [...read(file).matchAll(/import (?:type )?\{([^}]*)\} from "gatepass/g)].flatMap(([, list]) =>
        list.split(",").map((name) => name.trim().replace(/^type /, "").replace(/ as .*/, "")),
      ),
    ),
  );
  const declarations = [...names].map((name) => `export declare const ${name}: any; export type ${name} = any;`);
  writeFileSync(join(loose, "index.d.ts"), [...declarations, "declare const anything: any;", "export default anything;"].join("\n"));
  writeFileSync(
    join(loose, "package.json"),
    JSON.stringify({ name: "gatepass", version: "0.0.0", type: "module", exports: { ".": "./index.d.ts", "./*": "./index.d.ts" } }),
  );
  const found = compile(project("loose-project", loose), "dom");
  for (const file of sources("negative")) {
    const unused = new Set(errorsOf(found, file).filter((error) => error.code === "TS2578").map((error) => error.line));
    const blind = expectations(file).filter(({ line }) => !unused.has(line));
    judge(`control: each negative assertion of ${file} fails when everything is allowed`, blind.map(({ line }) => `line ${line} did not fail`));
  }
}

/** A project with the tests and the package in it; `change` rewrites the negative files. */
function project(name, packageSource, change = (text) => text) {
  const folder = join(scratch, name);
  const modules = join(folder, "node_modules");
  mkdirSync(modules, { recursive: true });
  for (const entry of readdirSync(join(here, "node_modules"))) {
    if (!entry.startsWith(".")) symlinkSync(join(here, "node_modules", entry), join(modules, entry), "junction");
  }
  cpSync(packageSource, join(modules, "gatepass"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  for (const entry of ["tsconfig.base.json", "expect.ts", "positive", "negative", "hosts"]) {
    cpSync(join(here, entry), join(folder, entry), { recursive: true });
  }
  for (const file of sources("negative")) writeFileSync(join(folder, file), change(read(file)));
  return folder;
}

/** Compiles one host's project and returns its errors. */
function compile(folder, host) {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", join("hosts", host)], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (run.error) throw run.error;
  const errors = [];
  for (const text of run.stdout.split(/\r?\n/)) {
    const match = /^(\S.*?)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(text);
    if (match) {
      const [, path, line, code, message] = match;
      errors.push({ file: relative(folder, resolve(folder, path)).split(sep).join("/"), line: Number(line), code, message, detail: "" });
    } else if (/^ +\S/.test(text) && errors.length > 0) {
      // The reasons of the line above; the last of them is the one that helps.
      errors.at(-1).detail = text.trim();
    } else if (/^error TS\d+/.test(text)) {
      fail(`tsc cannot compile hosts/${host}: ${text}`);
    }
  }
  if (run.status !== 0 && errors.length === 0) fail(`tsc failed on hosts/${host}:\n${run.stdout}${run.stderr}`);
  return errors;
}

/** Declarations of the hosts, which are not ours to check. */
function isHostsOwn(file) {
  return file.startsWith("..") || (file.startsWith("node_modules/") && !file.startsWith("node_modules/gatepass/")) || file.endsWith("/deno.d.ts");
}

function errorsOf(errors, file) {
  return errors.filter((error) => error.file === file);
}

function expectations(file) {
  return read(file)
    .split("\n")
    .flatMap((text, index) => {
      if (!text.includes("@ts-expect-error")) return [];
      const match = EXPECTATION.exec(text);
      if (!match) fail(`${file}:${index + 1}: write "// @ts-expect-error TS1234: the reason", or "TS1234 'name': the reason"`);
      return [{ line: index + 1, code: match[1], named: match[2], text: text.trim() }];
    });
}

/** The declaration files of the package, by their paths in it. */
function declarations() {
  return readdirSync(packageFolder, { recursive: true })
    .map((name) => name.split(sep).join("/"))
    .filter((name) => name.endsWith(".d.ts"))
    .sort();
}

function sources(folder) {
  return readdirSync(join(here, folder))
    .filter((name) => /\.c?ts$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);
}

function read(file) {
  return readFileSync(join(here, file), "utf8");
}

function judge(name, ...problems) {
  const all = problems.flat();
  if (all.length === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  console.error(`FAILED ${name}`);
  for (const problem of all) console.error(`  ${typeof problem === "string" ? problem : `${problem.file}:${problem.line} ${problem.code} ${problem.message}`}`);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
