// A project as a user has one: an empty folder in which `npm install <tarball>` was run.

import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./launch.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const work = join(repository, "tests", ".work");

/** The packed package: the one named by GATEPASS_TARBALL, or the newest in `pkg/`. */
export function findTarball() {
  const named = process.env.GATEPASS_TARBALL;
  if (named) {
    if (!existsSync(named)) throw new Error(`GATEPASS_TARBALL names no file: ${named}`);
    return resolve(named);
  }
  const folder = join(repository, "pkg");
  const tarballs = existsSync(folder) ? readdirSync(folder).filter((name) => /^gatepass-.*\.tgz$/.test(name)) : [];
  if (tarballs.length === 0) throw new Error("there is no pkg/gatepass-<version>.tgz: run `make build` first");
  return tarballs
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/**
 * Makes `tests/.work/<name>` anew, with the package installed, further packages from the registry, and the given files and
 * folders beside it.
 * @returns {Promise<string>} the project's folder
 */
export async function createProject({ name, tarball, files, packages = [] }) {
  const project = join(work, name);
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  writeFileSync(join(work, ".gitignore"), "*\n");
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  await run("npm", ["install", "--no-audit", "--no-fund", tarball, ...packages], { cwd: project });
  for (const [from, to] of files) cpSync(from, join(project, to), { recursive: true });
  return project;
}
