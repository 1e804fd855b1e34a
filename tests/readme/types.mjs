// Compiles an example that cannot run here, as it stands, against the declarations of the packed package and the types of
// the packages that it uses.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {string | undefined} what is wrong with the code, in a project that has the package installed */
export function compileProblems({ code, name, language, words }, project) {
  const folder = join(project, "types");
  if (!existsSync(folder)) prepare(folder, project);
  const file = `${name}.${language === "ts" ? "mts" : "mjs"}`;
  writeFileSync(join(folder, file), code);
  const types = words.includes("workers") ? ["@cloudflare/workers-types"] : ["node"];
  const options = { target: "ES2024", lib: ["ES2024"], types, module: "NodeNext", strict: true, checkJs: true, noEmit: true, skipLibCheck: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: [file] }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", folder], { encoding: "utf8" });
  rmSync(join(folder, file));
  return run.status === 0 ? undefined : `${run.stdout}${run.stderr}${run.error ?? ""}`;
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
