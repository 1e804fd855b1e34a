// Whether the package is the same, bit for bit, wherever it is built: what pkg/ holds, and a build of the same files
// from nothing in another folder, whose path has another length.
//
//   node tests/supply-chain/reproducible.mjs
//
// Takes as long as a first build. The tools are those of this folder: what is compared is what the sources become.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ok, same } from "../runtimes/assert.mjs";
import { startSuite } from "../package/counted.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What git ignores and a build needs. */
const TOOLS = [".tools", "tests/node_modules"];

const { test, end } = startSuite("reproducible");
// Not below the repository: there, git and cargo would find what belongs to it.
const place = mkdtempSync(join(tmpdir(), "gatepass-reproducible-"));
try {
  const other = join(place, "in-a-folder-whose-path-is-of-quite-another-length-than-the-first", "gatepass");
  const built = await test("the package can be built from what git knows, in another folder", () => {
    ok(existsSync(join(repository, "pkg", "package")), "pkg/ is empty: make build");
    copySources(other);
    execFileSync(process.execPath, ["pkg-template/build.mjs"], { cwd: other, stdio: ["ignore", "ignore", "inherit"] });
  });
  if (built) {
    const [here, there] = [repository, other].map((folder) => filesBelow(join(folder, "pkg")));

    await test("both builds have the same files", () => same([...there.keys()], [...here.keys()], "files of pkg/"));

    const isSame = (fits) => () => {
      const names = [...here.keys()].filter(fits);
      ok(names.length > 0, "there is none");
      same(names.filter((name) => !there.get(name)?.equals(here.get(name))), [], "files that differ");
    };

    await test("the blob is the same, bit for bit", isSame((name) => name === "package/gatepass_bg.wasm"));

    await test("the tarball is the same, bit for bit", isSame((name) => name.endsWith(".tgz")));

    await test("the bill of materials is the same, bit for bit", isSame((name) => name.endsWith(".cdx.json")));

    await test("all files are the same, bit for bit", isSame(() => true));

    await test("neither folder's path is in any file", () => {
      const found = [...here, ...there].filter(([, content]) => [repository, place].some((path) => content.includes(path)));
      same(found.map(([name]) => name), [], "files with a path");
    });
  }
} finally {
  rmSync(place, { recursive: true, force: true });
  end();
}

/** What git knows and what is new, as it is now. */
function copySources(folder) {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: repository, encoding: "utf8" });
  for (const name of new Set(listed.split("\0").filter((name) => name !== "" && existsSync(join(repository, name))))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(repository, name), join(folder, name));
  }
  for (const name of TOOLS) symlinkSync(join(repository, name), join(folder, name));
}

/** @returns {Map<string, Buffer>} by their names */
function filesBelow(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => statSync(join(folder, name)).isFile());
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name))]));
}
