// Every file that ships is there for a reason: something that users import, what that imports in turn, or a document.

import { posix } from "node:path";
import { same } from "../runtimes/assert.mjs";

const DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE", "LICENSE-MIT", "LICENSE-APACHE"];

/**
 * @param {(what: string, body: () => void) => Promise<boolean>} test
 * @param {Map<string, Buffer>} files of the tarball
 */
export async function checkMeant(test, files) {
  const text = (name) => files.get(name).toString("latin1");

  await test("each file is exported, imported by one that is, or a document", () => {
    const reached = new Set(["package.json", ...DOCUMENTS]);
    const left = entries(JSON.parse(text("package.json")));
    while (left.length > 0) {
      const name = left.pop();
      if (reached.has(name) || !files.has(name)) continue;
      reached.add(name);
      if (/\.(js|ts)$/.test(name)) left.push(...importsOf(text(name)).map((path) => posix.join(posix.dirname(name), path)));
    }
    for (const name of guidesOf(text("README.md"))) reached.add(name);
    same([...files.keys()].filter((name) => !reached.has(name)), [], "files that nothing leads to");
  });

  await test("each guide that ships is linked from the README", () => {
    const shipped = [...files.keys()].filter((name) => name.startsWith("docs/"));
    same(shipped.filter((name) => !guidesOf(text("README.md")).includes(name)), [], "guides");
  });
}

function entries(manifest) {
  const paths = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(paths));
  return paths([manifest.exports, manifest.bin ?? {}]).map((path) => path.replace(/^\.\//, ""));
}

/** The relative paths that code or declarations import; of declarations, `.js` stands for what lies beside it. */
function importsOf(source) {
  const paths = [...source.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path]) => path);
  return paths.flatMap((path) => [path, path.replace(/\.js$/, ".d.ts")]);
}

function guidesOf(readme) {
  return [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, path]) => path);
}
