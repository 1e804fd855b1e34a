// What ships: the tarball's contents, its size, and how the installed package is loaded and bundled.
//
//   node tests/package/run.mjs [--verbose]
//
// GATEPASS_TARBALL names the package; without it, the newest in pkg/ is taken.

import * as esbuild from "esbuild";
import { dirname, join } from "node:path";
import { measure } from "../../pkg-template/sizes.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { checkBundles } from "./bundles.mjs";
import { checkContents, checkSize } from "./contents.mjs";
import { startSuite } from "./counted.mjs";
import { checkJsr } from "./jsr.mjs";
import { checkLoading, PROGRAMS } from "./loading.mjs";
import { checkMeant } from "./meant.mjs";
import { readTarball } from "./tarball.mjs";

const { test, end } = startSuite("package");
try {
  let tarball;
  let files;
  const readable = await test("the tarball holds plain files below package/ only", () => {
    tarball = findTarball();
    files = readTarball(tarball);
  });
  if (readable) {
    await checkContents(test, files);
    await checkMeant(test, files);
    // A tarball from elsewhere has no jsr.json beside it, and none in it.
    if (!process.env.GATEPASS_TARBALL) await checkJsr(test, join(dirname(tarball), "package"));
  }

  let project;
  const installed = readable && (await test("the tarball can be installed", async () => {
    project = await createProject({ name: "package", tarball, files: PROGRAMS });
  }));
  if (installed) {
    await test("the workerd entry is small enough", () => {
      // Of what was installed, so that the number is that of this tarball.
      checkSize(measure(esbuild, join(project, "node_modules", "gatepass"), tarball)["workerd entry (minified code + wasm)"]);
    });
    await checkLoading(test, project);
    await checkBundles(test, project);
  }
} finally {
  await endAll();
  end();
}
