// Blocks that are no JavaScript: commands, configuration, output.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";

/** What the commands of the documents may start with. A new one is a thing that readers must have. */
const PROGRAMS = new Set(["bun", "cargo", "cd", "curl", "deno", "export", "make", "node", "npm", "npx", "openssl"]);

/** @returns {string | undefined} what is wrong with a block */
export function otherProblem(block, { repository, directory }) {
  switch (block.language) {
    case "sh":
      return block.words.includes("run") ? failure("bash", ["-euo", "pipefail", "-c", block.code], directory) : commandsProblem(block.code, repository);
    case "json":
      return attempt(() => JSON.parse(block.code));
    case "toml":
      return attempt(() => parse(block.code));
    case "text":
      return undefined; // output, or what is no language: nothing to run
    default:
      return `a block of ${block.language || "no language"} is not checked by anything: write js, sh, json, toml or text`;
  }
}

/** Commands that need what a reader has (a clone, an account) are read by the shell, and not run. */
function commandsProblem(code, repository) {
  const wrong = failure("bash", ["-n", "-c", code]);
  if (wrong !== undefined) return wrong;
  const makefile = readFileSync(join(repository, "Makefile"), "utf8");
  const commands = code.replace(/\\\n/g, " ").split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));
  for (const command of commands) {
    const [program, argument] = command.replace(/^(?:[A-Z_]+=\S+ )+/, "").split(/\s+/);
    if (!PROGRAMS.has(program)) return `${program} is not among the programs that readers have`;
    if (program === "make" && !new RegExp(`^${argument}:`, "m").test(makefile)) return `there is no make ${argument}`;
  }
  return commands.length > 0 ? undefined : "it has no command";
}

function failure(command, args, cwd) {
  const run = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 60_000 });
  return run.status === 0 ? undefined : `${run.stdout}${run.stderr}${run.error ?? ""}`;
}

function attempt(action) {
  try {
    action();
    return undefined;
  } catch (error) {
    return error.message;
  }
}
