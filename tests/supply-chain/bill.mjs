// The bill of materials beside the tarball, against what cargo, the lock file and the tarball say.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { equal, fail, ok, same } from "../runtimes/assert.mjs";
import { readTarball } from "../package/tarball.mjs";

/** SPDX's licences that our crates have. */
const LICENSES = ["Apache-2.0", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "LLVM-exception"];

/**
 * @param {(what: string, body: () => void) => Promise<boolean>} test
 * @param {{ repository: string, tarball: string }} what was built
 */
export async function checkBill(test, { repository, tarball }) {
  const file = tarball.replace(/\.tgz$/, ".cdx.json");
  let text;
  let bill;
  const readable = await test("the package has a bill of materials, as CycloneDX 1.6", () => {
    if (!existsSync(file)) fail(`there is no ${file}`);
    text = readFileSync(file, "utf8");
    bill = JSON.parse(text);
    equal([bill.bomFormat, bill.specVersion, bill.version].join(), "CycloneDX,1.6,1", "what it says it is");
  });
  if (!readable) return;
  const crates = bill.components.filter(({ purl }) => purl?.startsWith("pkg:cargo/"));

  await test("the bill lists each crate that the lock file has for the blob, in its version", () => {
    const tree = ["tree", "--locked", "--edges", "normal,no-proc-macro", "--target", "wasm32-unknown-unknown", "--prefix", "none", "--format", "{p}"];
    const lines = execFileSync("cargo", tree, { cwd: repository, encoding: "utf8" }).split("\n").filter(Boolean);
    const used = new Set(lines.map((line) => /^(\S+) v(\S+)/.exec(line).slice(1).join("@")).filter((name) => !name.startsWith("gatepass@")));
    const listed = crates.map(({ name, version }) => `${name}@${version}`);
    ok(used.size > 5, "cargo knows of no crates");
    same([...used].filter((name) => !listed.includes(name)), [], "crates that are not listed");
  });

  await test("the bill lists the standard library, with the version of the compiler", () => {
    const toolchain = /^channel = "(.+)"$/m.exec(readFileSync(join(repository, "rust-toolchain.toml"), "utf8"))[1];
    const own = bill.components.filter(({ group }) => group === "rust-lang");
    same(["alloc", "core", "std"].filter((name) => !own.some((each) => each.name === name)), [], "what is missing");
    same([...new Set(own.map(({ version }) => version))], [toolchain], "its versions");
  });

  await test("each crate of the bill has a licence that SPDX knows, and the digest it was locked with", () => {
    const lock = readFileSync(join(repository, "Cargo.lock"), "utf8");
    for (const { name, version, licenses, hashes } of crates) {
      const words = licenses[0].expression.split(/[\s()]+/).filter((word) => word !== "" && !["AND", "OR", "WITH"].includes(word));
      same(words.filter((word) => !LICENSES.includes(word)), [], `licences of ${name}`);
      const locked = new RegExp(`name = "${name}"\nversion = "${version.replaceAll(".", "\\.").replace("+", "\\+")}"\nsource = .*\nchecksum = "(.*)"`).exec(lock)?.[1];
      // The standard library has a lock file of its own.
      if (locked !== undefined) equal(hashes[0].content, locked, `digest of ${name}`);
      ok(/^[0-9a-f]{64}$/.test(hashes[0].content), `digest of ${name}`);
    }
  });

  await test("the bill names the tarball and the blob in it by their digests", () => {
    const digest = (content) => createHash("sha256").update(content).digest("hex");
    equal(bill.metadata.component.hashes[0].content, digest(readFileSync(tarball)), "digest of the tarball");
    const blob = bill.components.find(({ name }) => name === "gatepass_bg.wasm");
    equal(blob.hashes[0].content, digest(readTarball(tarball).get("gatepass_bg.wasm")), "digest of the blob");
  });

  await test("each reference of the bill leads to something that it lists, and nothing is listed twice", () => {
    const references = [bill.metadata.component, ...bill.components].map((each) => each["bom-ref"]);
    equal(new Set(references).size, references.length, "different references");
    const used = bill.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]);
    same(used.filter((reference) => !references.includes(reference)), [], "references that lead nowhere");
  });

  await test("no path of the build machine is in the bill", () => ok(!text.includes(repository) && !text.includes(".cargo"), "there is one"));
}
