// The bill of materials of the npm package, as CycloneDX 1.6 JSON: the package, its blob, and each crate that was compiled
// into the blob, with version, licence and digest.
//
// From what cargo says that it compiled, the standard library with its own crates included: tools that read Cargo.lock
// know nothing of those, and list what only other targets, tests and build scripts need.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** Of the Rust project, whose Cargo.toml files do not all repeat it. */
const RUST_LICENSE = "MIT OR Apache-2.0";
const TARGET = `${path.sep}wasm32-unknown-unknown${path.sep}`;

/**
 * @param {object} build
 * @param {string} build.messages what `cargo build --message-format=json` prints, a JSON object a line
 * @param {string} build.root of the repository
 * @param {string} build.sysroot of the compiler
 * @param {string} build.rustc the compiler's version
 * @param {{ name: string, version: string, description: string, license: string }} build.manifest package.json as it ships
 * @param {Buffer} build.wasm the blob
 * @param {Buffer} build.tarball
 * @returns {object} the document. Without a time and a random number in it: the same build has the same one.
 */
export function billOfMaterials({ messages, root, sysroot, rustc, manifest, wasm, tarball }) {
  const crates = compiledCrates(messages, root);
  const library = path.join(sysroot, "lib", "rustlib", "src", "rust", "library");
  const digests = new Map([root, library].flatMap((folder) => lockedDigests(path.join(folder, "Cargo.lock"))));
  const components = crates.map((crate) => component(crate, { digests, library, rustc }));
  const self = `pkg:npm/${manifest.name}@${manifest.version}`;
  const blob = `${self}#gatepass_bg.wasm`;
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "library",
        "bom-ref": self,
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        hashes: [sha256(tarball)],
        licenses: [{ expression: manifest.license }],
        purl: self,
      },
    },
    components: [
      { type: "file", "bom-ref": blob, name: "gatepass_bg.wasm", hashes: [sha256(wasm)] },
      ...components,
    ],
    dependencies: [
      { ref: self, dependsOn: [blob] },
      { ref: blob, dependsOn: components.map((each) => each["bom-ref"]) },
    ],
  };
}

function sha256(content) {
  return { alg: "SHA-256", content: createHash("sha256").update(content).digest("hex") };
}

/** The crates that cargo compiled for wasm: not the build scripts, nor what runs within the compiler. */
function compiledCrates(messages, root) {
  const manifests = new Set();
  for (const line of messages.split("\n").filter(Boolean)) {
    const { reason, manifest_path, filenames } = JSON.parse(line);
    const isOurs = manifest_path === path.join(root, "Cargo.toml");
    if (reason === "compiler-artifact" && !isOurs && filenames.some((file) => file.includes(TARGET))) manifests.add(manifest_path);
  }
  return [...manifests].map(readCrate).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const key = ({ name, version }) => `${name}@${version}`;

/** What a Cargo.toml says of its package. Those of the registry are written by cargo, in one form. */
function readCrate(manifest) {
  const text = readFileSync(manifest, "utf8");
  const [section] = /^\[package\]$[^]*?(?=^\[|(?![^]))/m.exec(text);
  const value = (name) => new RegExp(`^${name} = "(.*)"$`, "m").exec(section)?.[1];
  return { manifest, name: value("name"), version: value("version"), license: value("license") };
}

/** By name and version: the digests of what was downloaded. */
function lockedDigests(file) {
  if (!existsSync(file)) return [];
  const packages = readFileSync(file, "utf8").matchAll(/^name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "([0-9a-f]{64})"$/gm);
  return [...packages].map(([, name, version, digest]) => [`${name}@${version}`, digest]);
}

function component(crate, { digests, library, rustc }) {
  // Parts of the standard library come with the compiler, and have its version and its licence.
  const isOfLibrary = crate.manifest.startsWith(library + path.sep) && !digests.has(key(crate));
  const license = crate.license ?? (isOfLibrary ? RUST_LICENSE : undefined);
  const version = isOfLibrary ? rustc : crate.version;
  const purl = isOfLibrary ? `pkg:generic/rust-lang/${crate.name}@${version}` : `pkg:cargo/${crate.name}@${version}`;
  const digest = digests.get(key(crate));
  if (license === undefined || (digest === undefined && !isOfLibrary)) throw new Error(`${key(crate)} has no licence or no digest`);
  return {
    type: "library",
    "bom-ref": purl,
    ...(isOfLibrary && { group: "rust-lang" }),
    name: crate.name,
    version,
    ...(digest && { hashes: [{ alg: "SHA-256", content: digest }] }),
    // Cargo once took a slash for an "or", which SPDX does not know.
    licenses: [{ expression: license.replace(/ ?\/ ?/g, " OR ") }],
    purl,
  };
}
