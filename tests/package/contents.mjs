// What is in the tarball, and what must not be.

import * as esbuild from "esbuild";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { equal, fail, includes, ok, same } from "../runtimes/assert.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const WASM = "gatepass_bg.wasm";
// What every base64 text of a wasm module starts with: "\0asm" and the first bits of its version.
const WASM_IN_BASE64 = "AGFzbQ";

/**
 * @param {(what: string, body: () => void) => Promise<boolean>} test
 * @param {Map<string, Buffer>} files of the tarball
 */
export async function checkContents(test, files) {
  const manifest = JSON.parse(files.get("package.json"));
  const template = JSON.parse(readFileSync(join(repository, "pkg-template", "package.json"), "utf8"));
  const code = [...files.keys()].filter((name) => name.endsWith(".js"));

  await test("the tarball holds the files that package.json lists, and nothing else", () => {
    same([...files.keys()].sort(), ["package.json", ...manifest.files].sort(), "files");
  });

  await test("no file is empty", () => {
    same([...files].filter(([, content]) => content.length === 0).map(([name]) => name), [], "empty files");
  });

  await test("the version is that of Cargo.toml, and nothing else was changed in package.json", () => {
    const cargo = readFileSync(join(repository, "Cargo.toml"), "utf8");
    const [, version] = /^\[package\][^[]*^version = "([^"]+)"/m.exec(cargo);
    equal(manifest.version, version, "version");
    same(manifest, { ...template, version }, "package.json");
  });

  await test("the package brings no dependency and runs nothing when it is installed", () => {
    const unwanted = ["dependencies", "optionalDependencies", "bundleDependencies", "bundledDependencies", "scripts"];
    same(unwanted.filter((member) => member in manifest), [], "members of package.json");
    const peers = Object.keys(manifest.peerDependencies ?? {});
    same(peers.filter((name) => !manifest.peerDependenciesMeta?.[name]?.optional), [], "peers that npm would install");
  });

  await test("only the bridge to OpenTelemetry needs its API", () => {
    const importers = [...files.keys()].filter((name) => /\.(js|d\.ts)$/.test(name) && files.get(name).includes('from "@opentelemetry/'));
    same(importers.sort(), ["opentelemetry.d.ts", "opentelemetry.js"], "files that import it");
  });

  await test("only the types of the guard for Hono need Hono, and nothing needs Express", () => {
    const importers = (name) => [...files.keys()].filter((file) => /\.(js|d\.ts)$/.test(file) && files.get(file).includes(`from "${name}"`));
    same([importers("hono"), importers("express")], [["hono.d.ts"], []], "files that import them");
  });

  await test("the changelog starts with an Unreleased section", () => {
    const [first] = /^## .*$/m.exec(files.get("CHANGELOG.md").toString()) ?? [];
    equal(first, "## Unreleased", "its first section");
  });

  await test("the conditions of exports are in the order types, workerd, default", () => {
    // The first one that fits wins, so the order is the meaning.
    equal(Object.keys(manifest.exports["."]).join(), "types,workerd,default", 'conditions of "."');
    for (const [path, conditions] of Object.entries(manifest.exports)) {
      if (path !== "." && typeof conditions === "object") equal(Object.keys(conditions).join(), "types,default", `conditions of "${path}"`);
    }
  });

  await test("every path in package.json leads to a file of the package", () => {
    const paths = [manifest.types, manifest.main, ...manifest.sideEffects, ...leaves(manifest.exports)];
    same(paths.filter((path) => !path.startsWith("./") || !files.has(path.slice(2))), [], "paths that lead nowhere");
  });

  await test("each store is a file of its own with types beside it, and nothing else of stores/ can be imported", () => {
    const paths = Object.keys(manifest.exports).filter((path) => path.startsWith("./stores/"));
    const typed = [...files.keys()].filter((name) => /^stores\/.*\.d\.ts$/.test(name)).map((name) => `./${name.slice(0, -".d.ts".length)}`);
    same([...paths].sort(), typed.sort(), "stores with types");
    for (const path of paths) same(manifest.exports[path], { types: `${path}.d.ts`, default: `${path}.js` }, path);
  });

  await test("the one program is the command line, which no entry of the library imports", () => {
    same(manifest.bin, { gatepass: "cli/main.js" }, "bin");
    ok(files.get("cli/main.js").toString().startsWith("#!/usr/bin/env node\n"), "its first line names no interpreter");
    const importers = code.filter((name) => !name.startsWith("cli/") && /["']\.{1,2}\/(?:.*\/)?cli\//.test(files.get(name).toString()));
    same(importers, [], "files that import it");
    same(Object.keys(manifest.exports).filter((path) => path.includes("cli")), [], "exports");
  });

  await test("there is one wasm blob, and its base64 text decodes to the same bytes", () => {
    same([...files.keys()].filter((name) => name.endsWith(".wasm")), [WASM], "wasm files");
    const holders = code.filter((name) => files.get(name).includes(WASM_IN_BASE64));
    same(holders, ["gatepass_bg.base64.js"], "files with a wasm module in base64");
    const texts = files.get(holders[0]).toString().match(/[A-Za-z0-9+/=]{100,}/g);
    equal(texts.length, 1, "base64 texts");
    ok(Buffer.from(texts[0], "base64").equals(files.get(WASM)), "the base64 text differs from the wasm file");
  });

  await test("the wasm file is a valid module", () => {
    ok(WebAssembly.validate(files.get(WASM)), "it is not");
  });

  await test("no entry file has a top-level await, so that require() works", () => {
    ok(hasTopLevelAwait("await 0;"), "the search does not find one that is there");
    same(code.filter((name) => hasTopLevelAwait(files.get(name).toString())), [], "files with one");
  });

  await test("no path of the build machine is in any file", () => {
    const places = placesOfThisMachine();
    const found = [...files].flatMap(([name, content]) => placesIn(content, places).map((place) => `${place} in ${name}`));
    same(found, [], "paths");
    for (const place of places) includes(placesIn(Buffer.from(`\0x${place}y`), places).join(), place, "what the search finds when it is there");
  });
}

/**
 * Prints the size on the way: it is what an isolate pays for at start. The limit holds what is there now, with a little
 * room: everything that a client and a guard can do is in one module (docs/bench/README.md).
 */
export function checkSize({ gzip }) {
  const [limit, aim] = [140_000, 100_000];
  console.log(`  workerd entry: ${gzip} bytes gzip (at most ${limit}; the aim is ${aim})`);
  if (gzip > limit) fail(`${gzip} bytes`);
}

/** All strings of a nested object. */
function leaves(value) {
  return typeof value === "string" ? [value] : Object.values(value).flatMap(leaves);
}

/** CommonJS has no top-level await, which esbuild therefore refuses to convert. */
function hasTopLevelAwait(source) {
  try {
    esbuild.transformSync(source, { format: "cjs", logLevel: "silent" });
    return false;
  } catch (error) {
    if (error.errors?.every(({ text }) => text.startsWith("Top-level await"))) return true;
    throw error;
  }
}

function placesOfThisMachine() {
  const folders = [repository, homedir(), process.env.CARGO_HOME, process.env.RUSTUP_HOME, sysroot()];
  return [
    // With the slash, because /app alone could be a part of any address; a home of "/" says nothing.
    ...new Set(folders.filter((folder) => folder && folder !== "/").map((folder) => `${folder}/`)),
    // Where Cargo keeps sources, whatever its home was called; and what rustc calls its own.
    "registry/src/",
    "/rustc/",
  ];
}

function sysroot() {
  return execFileSync("rustc", ["--print", "sysroot"], { cwd: repository, encoding: "utf8" }).trim();
}

function placesIn(content, places) {
  // As bytes: a path in the wasm's data has no separator before it.
  return places.filter((place) => content.includes(place));
}
