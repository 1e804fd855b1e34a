// The fenced blocks of the README and of the guides, each with what the first line says of it.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const CODE = new Set(["js", "ts"]);
const RUNTIMES = { node: ["node"], deno: ["deno"], bun: ["bun"], workers: ["workerd"], types: ["types"] };

/** README.md and the guides, by their paths in the repository. */
export function documentsOf(repository) {
  const guides = readdirSync(join(repository, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...guides.sort().map((name) => `docs/${name}`)];
}

/**
 * @returns {{ place: string, name: string, language: string, words: string[], runtimes: string[], code: string }[]} `name` is
 * one for a file; `runtimes` are those of JavaScript and TypeScript
 */
export function readBlocks(repository, document) {
  const text = readFileSync(join(repository, document), "utf8");
  const blocks = [];
  const hidden = /^(?:[ \t>]+```|~~~).*$/m.exec(text);
  if (hidden) throw new Error(`${document} has a block that is not at the start of a line, so nothing would check it: ${hidden[0]}`);
  for (const match of text.matchAll(/^```([^\s`]*)([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const [, language, info, code] = match;
    const line = text.slice(0, match.index).split("\n").length;
    const words = info.trim().split(/\s+/).filter(Boolean);
    blocks.push({
      place: `${document}:${line}`,
      name: `${document.replace(/^docs\/|\.md$/g, "").toLowerCase()}-line-${line}`,
      language,
      words,
      runtimes: CODE.has(language) ? words.flatMap((word) => RUNTIMES[word] ?? []).flatMap((runtime) => versionsOf(runtime, document)) : [],
      code,
    });
  }
  return blocks;
}

/** What a newcomer pastes runs on both versions of Node.js that are supported. */
function versionsOf(runtime, document) {
  return runtime === "node" && document === "README.md" ? ["node", "node24"] : [runtime];
}

/** Whether a block is compiled and not run. */
export function isCompiled({ runtimes }) {
  return runtimes.includes("types");
}

/** Whether a block is for a JavaScript runtime or the compiler. */
export function isCode({ language }) {
  return CODE.has(language);
}
