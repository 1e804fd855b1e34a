// The package in a project that has no `@opentelemetry/api`, outside of the folders where one could be found.

import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { equal, includes, ok, thrownBy } from "../runtimes/assert.mjs";
import { run } from "../runtimes/launch.mjs";

/**
 * @param {(what: string, body: () => void | Promise<void>) => Promise<boolean>} test
 * @param {string} project into which the package was installed
 */
export async function checkPeer(test, project) {
  const folder = mkdtempSync(join(tmpdir(), "gatepass-no-peer-"));
  const node = (code) => run(process.execPath, ["--input-type=module", "--eval", code], { cwd: folder });
  try {
    cpSync(project, folder, { recursive: true });

    await test("installing the package does not install the OpenTelemetry API", () => {
      ok(existsSync(join(folder, "node_modules", "gatepass")), "the package is not there");
      ok(!existsSync(join(folder, "node_modules", "@opentelemetry")), "the API is there");
    });

    await test("without the API, importing the bridge is the host's own error, which names it", async () => {
      const [code, message] = await node('import("gatepass/opentelemetry").catch(({ code, message }) => console.log(`${code}\\n${message}`));');
      equal(code, "ERR_MODULE_NOT_FOUND", "code");
      includes(message, "'@opentelemetry/api'", "message");
    });

    await test("without the API, the package itself can be imported", async () => {
      equal((await node('import { Client } from "gatepass"; console.log(typeof Client);')).join(), "function", "Client");
    });

    await test("without the API, the package itself compiles", () => compile(folder, "gatepass", "gatepass/init"));

    await test("without the API, compiling the bridge fails for that reason", async () => {
      const { message } = await thrownBy(() => compile(folder, "gatepass/opentelemetry"));
      includes(message, "TS2307: Cannot find module '@opentelemetry/api'", "errors");
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles a file that imports these, with the declarations they come with. */
function compile(folder, ...names) {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  writeFileSync(join(folder, "main.ts"), names.map((name) => `import ${JSON.stringify(name)};\n`).join(""));
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--pretty", "false"];
  return run(process.execPath, [tsc, ...flags, "main.ts"], { cwd: folder });
}
