// Builds the npm package into pkg/: cargo, wasm-bindgen, wasm-opt, one bundle of JavaScript, the
// hand-written files of this folder, and the checks that nothing unwanted ships.
//
//   node pkg-template/build.mjs
//
// Prints the sizes and leaves them in pkg/sizes.json, the tarball as pkg/gatepass-<version>.tgz, and its bill of materials
// beside it as pkg/gatepass-<version>.cdx.json.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { namesInOrder } from "./function-order.mjs";
import { billOfMaterials } from "./sbom.mjs";
import { measure } from "./sizes.mjs";

const template = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(template);
// Of its own: other flags in the same folder would rebuild everything each time.
const target = path.join(root, "target", "package");
const glue = path.join(target, "glue");
const out = path.join(root, "pkg");
const files = path.join(out, "package");
const tools = createRequire(path.join(root, "tests", "package.json"));
const esbuild = tools("esbuild");

/**
 * Small functions are inlined more than for the least size: beside 15, what a verification takes without the signature is
 * nearly a tenth less, for 0.9 KB of gzip. 35 gains nothing more, for 1.4 KB.
 */
const INLINE = "-Cllvm-args=-inline-threshold=25";
/** What each call goes through. Compiled for speed it is inlined into its callers: 1 KB of gzip less, and a little faster. */
const FAST = ["wasm-bindgen", "js-sys", "talc", "compiler_builtins"];

function run(what, command, args, options = {}) {
  console.log(`  ${what}`);
  return execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], ...options });
}

const askRustc = (...args) => execFileSync("rustc", args, { cwd: root, encoding: "utf8" }).trim();

/**
 * Compiles without leaving this machine's folders in the blob. Gives what cargo says that it compiled.
 *
 * The standard library is compiled along, for size and with panics that trap at once instead of
 * formatting a message nobody sees: 27 KB of gzip less (123 instead of 96 when it was introduced).
 * That takes unstable flags, which RUSTC_BOOTSTRAP opens on the pinned stable toolchain.
 */
function compile() {
  const cargoHome = process.env.CARGO_HOME ?? path.join(homedir(), ".cargo");
  const remaps = [[root, "gatepass"], [cargoHome, "cargo"], [askRustc("--print", "sysroot"), "rust"]].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  const flags = [...remaps, "-Zunstable-options", INLINE, "-Cpanic=immediate-abort", "-Zfmt-debug=none", "-Zlocation-detail=none"];
  const fast = FAST.map((name) => `--config=profile.release.package.${name}.opt-level=3`);
  const args = ["build", ...fast, "--lib", "--release", "--locked", "--target", "wasm32-unknown-unknown", "--message-format=json-render-diagnostics"];
  const std = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
  const env = { ...process.env, RUSTC_BOOTSTRAP: "1", CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f"), CARGO_TARGET_DIR: target };
  const output = { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", maxBuffer: 2 ** 26 };
  return run("cargo build --release (wasm32, with its standard library)", "cargo", [...args, ...std], { env, ...output });
}

function bind() {
  rmSync(glue, { recursive: true, force: true });
  const wasm = path.join(target, "wasm32-unknown-unknown", "release", "gatepass.wasm");
  const flags = ["--target", "web", "--no-typescript", "--omit-default-module-path", "--remove-name-section", "--remove-producers-section"];
  run("wasm-bindgen", path.join(root, ".tools", "bin", "wasm-bindgen"), [...flags, "--out-dir", glue, "--out-name", "gatepass", wasm]);
  const optimizer = path.join(path.dirname(tools.resolve("binaryen/package.json")), "bin", "wasm-opt");
  // Of functions with one caller only the small ones are inlined: with larger ones it is smaller raw, but 1 % larger as gzip.
  // Flattened first and its control flow made anew, it is half a kilobyte of gzip smaller.
  const passes = ["--flatten", "--rereloop", "-Oz", "-Oz", "--one-caller-inline-max-function-size=20", "--minify-imports-and-exports-and-modules"];
  console.log("  wasm-opt -Oz");
  const [bound, optimized, shipped] = [path.join(glue, "gatepass_bg.wasm"), path.join(glue, "optimized.wasm"), path.join(files, "gatepass_bg.wasm")];
  const names = execFileSync(optimizer, [...passes, bound, "-o", optimized], { cwd: root, encoding: "utf8" });
  shortenNames(JSON.parse(names));
  const unnamed = readFileSync(optimized);
  writeFileSync(optimized, Buffer.concat([unnamed, namesInOrder(unnamed)]));
  run("its functions in order", optimizer, ["--reorder-functions-by-name", optimized, "-o", shipped]);
  return mark(shipped, createHash("sha256").update(names).digest("hex").slice(0, 16));
}

/** A custom section that says which code a wasm goes with: its short names mean something else to any other. */
function mark(file, fingerprint) {
  const section = Buffer.from(`\x08gatepass${fingerprint}`, "latin1");
  writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from([0, section.length]), section]));
  return fingerprint;
}

/**
 * The names that glue and wasm call each other by hold hashes, which do not compress: 3 KB of gzip in the two together. The
 * optimizer has given the wasm short ones; here the glue gets the same.
 */
function shortenNames({ imports, exports }) {
  const file = path.join(glue, "gatepass.js");
  let text = readFileSync(file, "utf8");
  const replace = (what, pattern, by) => {
    const shortened = text.replace(pattern, by);
    if (shortened === text) throw new Error(`the glue does not have ${what}`);
    text = shortened;
  };
  // Functions of snippets are imported as they are, by modules of their own; the optimizer has merged these into one.
  const direct = [];
  for (const [module, name, short] of imports) {
    if (module === "./gatepass_bg.js") replace(name, new RegExp(`\\b${name}(?=[:(])`), JSON.stringify(short));
    else direct.push(`${JSON.stringify(short)}: ${new RegExp(`"${module}": (import\\d+)`).exec(text)[1]}.${name}`);
  }
  replace("an import object", /return \{\s*__proto__: null,\s*"\.\/gatepass_bg\.js": import0,[^}]*\}/, `return { a: { ...import0, ${direct.join(", ")} } }`);
  for (const [name, short] of exports) {
    if (text.includes(`wasm.${name}`)) replace(name, new RegExp(`\\bwasm\\.${name}\\b`, "g"), () => `wasm[${JSON.stringify(short)}]`);
  }
  writeFileSync(file, ofInstances(text));
}

/**
 * The glue as a function that makes an instance, with memory, caches and closures of its own: what is left of one that is
 * lost never meets the next one. `guarded` wraps the instance's exports, and is given what lets go of its memory.
 */
function ofInstances(glue) {
  const lines = glue.split("\n");
  const isOutside = (line) => /^import |^export \{ (?!initSync)/.test(line);
  const functions = [...glue.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
  let text = lines.filter((line) => !isOutside(line)).join("\n").replaceAll(/^export function/gm, "function");
  const replace = (what, pattern, by) => {
    const replaced = text.replace(pattern, () => by);
    if (replaced === text) throw new Error(`the glue does not have ${what}`);
    text = replaced;
  };
  // The one closure that is made lives as long as its instance. A finalizer would call into one that is lost.
  replace("a registry of closures", /const CLOSURE_DTORS = [^;]*?new FinalizationRegistry\([^;]*;/, "const CLOSURE_DTORS = { register() {}, unregister() {} };");
  const caches = [...new Set(text.match(/\bcached\w+Memory0\b/g))].join(" = ");
  replace("its exports", /wasmInstance = instance;\s*wasm = instance\.exports;\s*wasmModule = module;/, `wasm = guarded(instance.exports, (gone) => { wasm = gone; ${caches} = null; });`);
  replace("its variables", "let wasmModule, wasmInstance, wasm;", "let wasm;");
  // What is loaded otherwise than from a module that is there.
  replace("its loader", /async function __wbg_load\([\s\S]*?\n\}\n/, "");
  replace("its start", /function initSync\([\s\S]*$/, "__wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()));");
  // What browsers need: a decoder that is replaced after 2 GB, and an encoder without `encodeInto`. The suite asks the hosts for both.
  replace("a decoder that is replaced", /const MAX_SAFARI_DECODE_BYTES[\s\S]*?function decodeText[\s\S]*?\n\}\n/, "const decodeText = (bytes) => cachedTextDecoder.decode(bytes);\n");
  replace("a substitute for encodeInto", /if \(!\('encodeInto' in cachedTextEncoder\)\) \{[\s\S]*?\n\}\n/, "");
  // A longer text is nearly always a token: the host copies ASCII as a whole in half the time that it takes character by character.
  const copy = "if (len > 32) { const { read, written } = cachedTextEncoder.encodeInto(arg, mem.subarray(ptr, ptr + len)); if (read === len) offset = written; }";
  replace("a text that is copied", /let offset = 0;\n/, `let offset = 0;\n${copy}\n`);
  const begin = `export function begin(module, guarded) {\n${text}\nreturn { ${functions.join(", ")} };\n}`;
  return [...lines.filter(isOutside), begin, ""].join("\n");
}

function bundle(fingerprint) {
  console.log("  bundle");
  esbuild.buildSync({
    entryPoints: [path.join(template, "src", "gatepass.js")],
    outfile: path.join(files, "gatepass.js"),
    alias: { "#glue": path.join(glue, "gatepass.js") },
    define: { FINGERPRINT: JSON.stringify(fingerprint) },
    bundle: true,
    format: "esm",
    target: "es2022",
    minifySyntax: true,
    legalComments: "none",
    logLevel: "warning",
  });
  const wasm = readFileSync(path.join(files, "gatepass_bg.wasm"));
  writeFileSync(path.join(files, "gatepass_bg.base64.js"), `export default "${wasm.toString("base64")}";\n`);
}

function copy(manifest) {
  const modules = ["index", "init", "opentelemetry", "hono", "express"].flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
  const own = [...modules, "workerd.js", "gatepass_bg.wasm.d.ts", "middleware.js", "stores", "cli"];
  for (const file of own) cpSync(path.join(template, file), path.join(files, file), { recursive: true });
  const documents = manifest.files.filter((file) => file.endsWith(".md") || file.startsWith("LICENSE"));
  for (const file of documents) cpSync(path.join(root, file), path.join(files, file));
  writeManifest("package.json", manifest);
  // For JSR. It lies beside package.json, and npm does not ship it.
  writeManifest("jsr.json", { ...readManifest("jsr.json"), version: manifest.version });
}

function readManifest(name) {
  return JSON.parse(readFileSync(path.join(template, name), "utf8"));
}

function writeManifest(name, manifest) {
  writeFileSync(path.join(files, name), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** No folder of this machine may be left in what ships, and exactly the listed files ship. */
function check(manifest) {
  const shipped = filesBelow(files);
  for (const file of shipped) {
    const text = readFileSync(path.join(files, file), "latin1");
    const found = [root, homedir(), ".cargo/registry"].find((place) => text.includes(place));
    if (found !== undefined) throw new Error(`${file} holds a path of the build machine: ${found}`);
  }
  const missing = manifest.files.filter((file) => !shipped.includes(file));
  const unlisted = shipped.filter((file) => !["package.json", "jsr.json", ...manifest.files].includes(file));
  if (missing.length + unlisted.length > 0) throw new Error(`package.json's files: missing ${missing}, unlisted ${unlisted}`);
}

/** By their paths in the package. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .map((name) => name.split(path.sep).join("/"));
}

function pack() {
  console.log("  npm pack");
  const report = execFileSync("npm", ["pack", "--json", "--pack-destination", out], { cwd: files, encoding: "utf8" });
  const packed = Object.values(JSON.parse(report))[0];
  return path.join(out, packed.filename);
}

function describe(messages, manifest, tarball) {
  const [sysroot, rustc] = [askRustc("--print", "sysroot"), askRustc("--version").split(" ")[1]];
  const [wasm, packed] = [path.join(files, "gatepass_bg.wasm"), tarball].map((file) => readFileSync(file));
  const bill = billOfMaterials({ messages, root, sysroot, rustc, manifest, wasm, tarball: packed });
  writeFileSync(tarball.replace(/tgz$/, "cdx.json"), `${JSON.stringify(bill, null, 2)}\n`);
}

function main() {
  console.log("building the npm package");
  const version = /^version = "(.+)"$/m.exec(readFileSync(path.join(root, "Cargo.toml"), "utf8"))[1];
  const manifest = { ...readManifest("package.json"), version };
  rmSync(out, { recursive: true, force: true });
  mkdirSync(files, { recursive: true });
  const messages = compile();
  bundle(bind());
  copy(manifest);
  check(manifest);
  const tarball = pack();
  describe(messages, manifest, tarball);
  const sizes = measure(esbuild, files, tarball);
  writeFileSync(path.join(out, "sizes.json"), `${JSON.stringify(sizes, null, 2)}\n`);
  console.log(`  ${path.relative(root, tarball)} (${statSync(tarball).size} bytes)\n`);
  console.table(sizes);
}

main();
