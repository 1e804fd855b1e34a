// Compiles examples that cannot run here, as they stand, against the declarations of the packed package and the types of
// the packages that they use.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Compiles blocks, all of those that can be in one program at once.
 *
 * @returns {Map<object, string>} what is wrong with those that do not compile
 */
export function compileBlocks(blocks, project) {
  const folder = join(project, "types");
  prepare(folder, project);
  const programs = [...new Set(blocks.map(programOf))].map((program) => blocks.filter((block) => programOf(block) === program));
  return new Map(programs.flatMap((program) => compileProgram(program, folder)));
}

/** Two packages say what the request of Express has, each in its own way, so their users cannot be in one program. */
function programOf({ words, code }) {
  return `${words.includes("workers") ? "workers" : "node"} ${code.includes("express-oauth2-jwt-bearer")}`;
}

/** @returns {[object, string][]} */
function compileProgram(blocks, folder) {
  const files = new Map(blocks.map((block) => [`${block.name}.${block.language === "ts" ? "mts" : "mjs"}`, block]));
  for (const [file, { code }] of files) writeFileSync(join(folder, file), code);
  const types = blocks[0].words.includes("workers") ? ["@cloudflare/workers-types"] : ["node"];
  const options = { target: "ES2024", lib: ["ES2024"], types, module: "NodeNext", strict: true, checkJs: true, noEmit: true, skipLibCheck: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: [...files.keys()] }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", "tsconfig.json"], { cwd: folder, encoding: "utf8" });
  if (run.status === 0) return [];
  const output = `${run.stdout}${run.stderr}${run.error ?? ""}`;
  const wrong = [...files].map(([file, block]) => [block, output.split("\n").filter((line) => line.startsWith(`${file}(`)).join("\n")]);
  const found = wrong.filter(([, problem]) => problem !== "");
  // An error that is in none of them must not be lost.
  return found.length > 0 ? found : blocks.map((block) => [block, output]);
}

function prepare(folder, project) {
  const modules = join(folder, "node_modules");
  mkdirSync(modules, { recursive: true });
  linkPackages(join(tests, "types", "node_modules"), modules);
  // What has its types with it is installed for the tests that run it.
  linkPackages(join(tests, "node_modules"), modules);
  cpSync(join(project, "node_modules", "gatepass"), join(modules, "gatepass"), { recursive: true, dereference: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
}

/** Links what is in one node_modules into another, but for what is there already. */
export function linkPackages(from, to) {
  for (const name of readdirSync(from).filter((name) => !name.startsWith("."))) {
    if (!name.startsWith("@")) {
      if (!existsSync(join(to, name))) symlinkSync(join(from, name), join(to, name), "junction");
      continue;
    }
    mkdirSync(join(to, name), { recursive: true });
    for (const scoped of readdirSync(join(from, name))) {
      if (!existsSync(join(to, name, scoped))) symlinkSync(join(from, name, scoped), join(to, name, scoped), "junction");
    }
  }
}
