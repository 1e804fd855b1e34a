// Compiles an example that cannot run here, as JavaScript against the declarations of the packed package.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const typed = join(dirname(dirname(fileURLToPath(import.meta.url))), "types");

/** @returns {string | undefined} what is wrong with the code, in a project that has the package installed */
export function compileProblems(code, project) {
  const folder = join(project, "types");
  const modules = join(folder, "node_modules");
  mkdirSync(modules, { recursive: true });
  for (const name of readdirSync(join(typed, "node_modules")).filter((name) => !name.startsWith("."))) {
    if (!readdirSync(modules).includes(name)) symlinkSync(join(typed, "node_modules", name), join(modules, name), "junction");
  }
  cpSync(join(project, "node_modules", "gatepass"), join(modules, "gatepass"), { recursive: true, dereference: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "example.mjs"), code);
  const options = { target: "ES2022", lib: ["ES2022"], types: ["node"], module: "NodeNext", strict: true, checkJs: true, noEmit: true, skipLibCheck: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["example.mjs"] }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", folder], { encoding: "utf8" });
  return run.status === 0 ? undefined : `${run.stdout}${run.stderr}${run.error ?? ""}`;
}
