// What bundlers make of the default entry: one file, which runs where the package is not installed.

import { join } from "node:path";
import { build } from "esbuild";
import { same } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { makeElsewhere } from "./elsewhere.mjs";
import { COMMANDS, expectOk, STORES } from "./loading.mjs";

const esbuild = (options) => (project, entry, outfile) =>
  build({ absWorkingDir: project, entryPoints: [entry], outfile, bundle: true, platform: "node", target: "node20", logLevel: "silent", ...options });
const bun = (...flags) => (project, entry, outfile) =>
  run(findBinary("bun"), ["build", ...flags, `--outfile=${outfile}`, entry], { cwd: project });
// Deno brings the version of esbuild that fits it from npm, the first time.
const deno = (...flags) => (project, entry, outfile) =>
  run(findBinary("deno"), ["bundle", "--no-lock", ...flags, "--output", outfile, entry], { cwd: project });

const BUNDLES = [
  { name: "esbuild --platform=node --format=esm", make: esbuild({ format: "esm" }), file: "esbuild.mjs", hosts: ["node", "node24"] },
  { name: "esbuild --platform=node --format=esm --minify", make: esbuild({ format: "esm", minify: true }), file: "esbuild-min.mjs", hosts: ["node", "node24"] },
  { name: "esbuild --platform=node, of CommonJS", make: esbuild({}), entry: "bundled.cjs", file: "esbuild.cjs", hosts: ["node", "node24"] },
  { name: "bun build", make: bun("--target=bun"), file: "bun.mjs", hosts: ["bun"] },
  { name: "bun build --minify", make: bun("--target=bun", "--minify"), file: "bun-min.mjs", hosts: ["bun"] },
  { name: "bun build --target=node", make: bun("--target=node"), file: "bun-node.mjs", hosts: ["node", "node24"] },
  { name: "deno bundle", make: deno(), file: "deno.mjs", hosts: ["deno"] },
  { name: "deno bundle --minify", make: deno("--minify"), file: "deno-min.mjs", hosts: ["deno"] },
  { name: "esbuild, of the stores", make: esbuild({ format: "esm" }), entry: "stores.mjs", file: "esbuild-stores.mjs", hosts: ["node", "node24"] },
  { name: "bun build, of the stores", make: bun("--target=bun"), entry: "stores.mjs", file: "bun-stores.mjs", hosts: ["bun"] },
  { name: "deno bundle, of the stores", make: deno(), entry: "stores.mjs", file: "deno-stores.mjs", hosts: ["deno"] },
];

/**
 * @param {(what: string, body: () => Promise<void>) => Promise<boolean>} test
 * @param {string} project where the package and the programs are
 */
export async function checkBundles(test, project) {
  const elsewhere = await makeElsewhere(test, `${project}-bundles`);

  for (const { name, make, entry = "import.mjs", file, hosts } of BUNDLES) {
    const made = await test(`${name} takes the package`, () => make(project, entry, join(elsewhere, file)));
    if (!made) continue;
    for (const host of hosts) await test(`the bundle of ${name} runs on ${host}`, () => expectOk(host, [...COMMANDS[host], file], elsewhere));
  }
  await test("for workerd, the token broker is bundled with the one library that everything else uses", async () => {
    const inputs = await bundledFor(project, 'export * from "gatepass"; export * from "gatepass/stores/durable-object";');
    same(inputs, ["gatepass.js", "stores/broker-messages.js", "stores/durable-object.js", "stores/options.js", "stores/token-broker.js", "workerd.js"]);
  });

  for (const store of STORES.filter((name) => name !== "durable-object")) {
    await test(`${store} brings nothing but itself into a bundle`, async () => {
      const inputs = await bundledFor(project, `export * from "gatepass/stores/${store}";`);
      same(inputs, [`stores/${store}.js`, "stores/options.js", ...(store === "redis" ? ["stores/upstash.js"] : [])].sort());
    });
  }
}

/** The files of the package that a Worker with this main module is made of. */
async function bundledFor(project, contents) {
  const { metafile } = await build({
    stdin: { contents, resolveDir: project }, absWorkingDir: project, bundle: true, format: "esm", conditions: ["workerd", "worker"], external: ["*.wasm"],
    write: false, metafile: true, logLevel: "silent",
  });
  const prefix = "node_modules/gatepass/";
  return Object.keys(metafile.inputs).filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)).sort();
}
