// The package as JSR gets it: what `deno publish` says of it, and that what it would publish runs alone.

import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { equal, same } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { COMMANDS, expectOk, PROGRAMS } from "./loading.mjs";

const tests = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @param {(what: string, body: () => Promise<void>) => Promise<boolean>} test
 * @param {string} folder where the build has put the package's files, jsr.json among them
 */
export async function checkJsr(test, folder) {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const jsr = read("jsr.json");
  const work = join(tests, ".work", "jsr");
  rmSync(work, { recursive: true, force: true });

  await test("jsr.json and package.json are of one package", () => {
    const npm = read("package.json");
    same([jsr.version, jsr.license], [npm.version, npm.license], "version and licence");
    for (const [path, file] of Object.entries(jsr.exports)) equal(npm.exports[path]?.default, file, `what package.json exports as ${path}`);
  });

  await test("deno publish takes the package, with the files that jsr.json lists and no others", async () => {
    const project = join(work, "project");
    cpSync(folder, project, { recursive: true });
    // The peers of those who have them, so that nothing is asked of a registry.
    for (const name of ["hono", "@opentelemetry/api"]) {
      mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
      symlinkSync(join(tests, "node_modules", name), join(project, "node_modules", name), "junction");
    }
    const lines = await run(findBinary("deno"), ["publish", "--dry-run", "--allow-dirty"], { cwd: project, env: { ...process.env, NO_COLOR: "1" } });
    const listed = lines.map((line) => /file:\/\/.*\/jsr\/project\/(\S+) \(/.exec(line)?.[1]).filter(Boolean);
    same(listed.sort(), [...jsr.publish.include].sort(), "files");
  });

  await test("deno: what would be published runs alone, and has types", async () => {
    const alone = join(work, "alone");
    for (const file of jsr.publish.include) cpSync(join(folder, file), join(alone, "package", file), { recursive: true });
    for (const [from, to] of PROGRAMS) cpSync(from, join(alone, to), { recursive: true });
    const imports = Object.entries(jsr.exports).map(([path, file]) => [`gatepass${path.slice(1)}`, `./package/${file.slice(2)}`]);
    writeFileSync(join(alone, "deno.json"), JSON.stringify({ imports: Object.fromEntries(imports) }));
    await expectOk("deno", [...COMMANDS.deno, "import.mjs"], alone);
    writeFileSync(join(alone, "typed.ts"), 'import { Client } from "gatepass";\n// @ts-expect-error a mistake that only types can see\nnew Client({ domain: 1 });\n');
    await run(findBinary("deno"), ["check", "typed.ts"], { cwd: alone });
  });
}
