import { mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fail } from "../runtimes/assert.mjs";

/** An empty folder for bundles, beside the project and not in it: what they lack must not be found in node_modules. */
export async function makeElsewhere(test, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await test("where the bundles run, the package cannot be found", () => {
    try {
      createRequire(join(folder, "bundle.mjs")).resolve("gatepass");
    } catch (error) {
      if (error.code === "MODULE_NOT_FOUND") return;
      throw error;
    }
    fail("it was found");
  });
  return folder;
}
