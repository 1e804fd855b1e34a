// What Vite, Rollup and webpack make of the package for Node.js: one file, which runs where the package is not installed.
// Those of esbuild, Bun and Deno are in tests/package/bundles.mjs.

import { nodeResolve } from "@rollup/plugin-node-resolve";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rollup } from "rollup";
import { build as viteBuild } from "vite";
import webpack from "webpack";
import { equal, ok } from "../runtimes/assert.mjs";
import { makeElsewhere } from "../package/elsewhere.mjs";
import { expectOk } from "../package/loading.mjs";

/** `vite build --ssr`, with the package in the bundle or left outside. */
const vite = (ssr, minify = false) => async (project, entry, folder) => {
  await viteBuild({
    root: project,
    configFile: false,
    logLevel: "error",
    ssr,
    build: { ssr: entry, outDir: folder, emptyOutDir: false, minify, rolldownOptions: { output: { entryFileNames: "bundle.mjs" } } },
  });
};

const withRollup = async (project, entry, folder) => {
  const warnings = [];
  const bundle = await rollup({
    input: join(project, entry),
    plugins: [nodeResolve({ exportConditions: ["node"] })],
    external: (id) => id.startsWith("node:"),
    onwarn: (warning) => warnings.push(warning.message),
  });
  await bundle.write({ file: join(folder, "bundle.mjs"), format: "es" });
  await bundle.close();
  equal(warnings.join("\n"), "", "warnings");
};

const withWebpack = ({ module, minimize = false }) => async (project, entry, folder) => {
  const compiler = webpack({
    mode: "production",
    context: project,
    target: "node20",
    entry: `./${entry}`,
    output: { path: folder, filename: module ? "bundle.mjs" : "bundle.cjs", ...(module && { module: true, chunkFormat: "module", library: { type: "module" } }) },
    experiments: { outputModule: module },
    optimization: { minimize },
    performance: { hints: false },
  });
  const stats = await new Promise((resolve, reject) => compiler.run((error, result) => (error ? reject(error) : resolve(result))));
  await new Promise((resolve) => compiler.close(resolve));
  const complaints = stats.toString({ all: false, errors: true, warnings: true });
  equal(complaints, "", "what webpack complains about");
};

const BUNDLES = [
  { name: "vite build --ssr", make: vite({ noExternal: true }), entry: "import.mjs" },
  { name: "vite build --ssr --minify", make: vite({ noExternal: true }, true), entry: "import.mjs" },
  { name: "vite build --ssr, of the stores", make: vite({ noExternal: true }), entry: "stores.mjs" },
  { name: "Rollup", make: withRollup, entry: "import.mjs" },
  { name: "Rollup, of the stores", make: withRollup, entry: "stores.mjs" },
  { name: "webpack --mode=production", make: withWebpack({ module: true, minimize: true }), entry: "import.mjs" },
  { name: "webpack, of the stores", make: withWebpack({ module: true }), entry: "stores.mjs" },
  { name: "webpack, of CommonJS", make: withWebpack({ module: false }), entry: "bundled.cjs", file: "bundle.cjs" },
];

/**
 * @param {(what: string, body: () => Promise<void>) => Promise<boolean>} test
 * @param {string} project where the package and the programs are
 */
export async function checkBundlers(test, project) {
  const elsewhere = await makeElsewhere(test, `${project}-output`);

  for (const [number, { name, make, entry, file = "bundle.mjs" }] of BUNDLES.entries()) {
    const folder = join(elsewhere, String(number));
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), "{}\n");
    if (!(await test(`${name} takes the package`, () => make(project, entry, folder)))) continue;
    for (const host of ["node", "node24"]) await test(`the bundle of ${name} runs on ${host}`, () => expectOk(host, [file], folder));
  }

  await test("vite build --ssr can leave the package outside, and what it makes runs beside it", async () => {
    const folder = join(project, "external");
    await vite({})(project, "import.mjs", folder);
    ok(/from ?"gatepass"/.test(readFileSync(join(folder, "bundle.mjs"), "utf8")), "it is in the bundle");
    await expectOk("node", ["bundle.mjs"], folder);
  });
}
