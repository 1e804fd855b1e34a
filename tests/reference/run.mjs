// Makes the API reference out of the declarations, in target/docs, without a warning.
//
//   node tests/reference/run.mjs
//
// Counted: that it can be made, and that each declaration file of the package is in it.

import { Application, LogLevel } from "typedoc";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const template = join(repository, "pkg-template");
const out = join(repository, "target", "docs");
const project = join(repository, "tests", ".work", "reference");

const manifest = JSON.parse(readFileSync(join(template, "package.json"), "utf8"));
const declarations = manifest.files.filter((file) => file.endsWith(".d.ts"));

/** What the declarations say in terms of, and nobody needs to name. Anything else must be exported. */
const INTERNAL = ["EventBase", "FailedRequest", "HostFetch", "HostModule", "HostURL", "MaybePromise"];

let passed = 0;
let failed = 0;
await test("the reference is made without a warning", makeReference);
for (const [path, conditions] of Object.entries(manifest.exports).filter(([, conditions]) => conditions.types)) {
  await test(`${path} is in the reference`, () => {
    const name = conditions.types.slice(2, -".d.ts".length).replaceAll("/", "_");
    if (!existsSync(join(out, "modules", `${name}.html`))) throw new Error(`no page for ${name}`);
  });
}
console.log(`suite reference: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function makeReference() {
  rmSync(project, { recursive: true, force: true });
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "gatepass"), { recursive: true });
  for (const file of ["package.json", ...declarations]) cpSync(join(template, file), join(modules, "gatepass", file));
  for (const name of readdirSync(join(repository, "tests", "types", "node_modules")).filter((name) => !name.startsWith("."))) {
    symlinkSync(join(repository, "tests", "types", "node_modules", name), join(modules, name), "junction");
  }
  const options = { target: "ES2022", lib: ["ES2022"], types: ["node"], module: "NodeNext", strict: true, skipLibCheck: true };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["node_modules/gatepass/**/*.d.ts"], exclude: [] }));
  rmSync(out, { recursive: true, force: true });

  const complaints = [];
  const application = await Application.bootstrap({
    name: "gatepass",
    entryPoints: declarations.map((file) => join(modules, "gatepass", file)),
    tsconfig: join(project, "tsconfig.json"),
    readme: "none",
    disableSources: true,
    validation: { notExported: true, invalidLink: true, notDocumented: false },
    intentionallyNotExported: INTERNAL,
    treatWarningsAsErrors: true,
    logLevel: LogLevel.Warn,
  });
  const { log } = application.logger;
  application.logger.log = function (message, level) {
    if (level >= LogLevel.Warn) complaints.push(message);
    return log.call(this, message, level);
  };
  const reflections = await application.convert();
  if (!reflections) throw new Error(complaints.join("\n") || "nothing came out");
  application.validate(reflections);
  await application.generateDocs(reflections, out);
  if (complaints.length > 0) throw new Error(`${complaints.length} warnings`);
}

async function test(name, body) {
  try {
    await body();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`  FAILED ${name}: ${error.message}`);
  }
}
