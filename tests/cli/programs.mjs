// The command line as a program of the installed package, on each runtime; and everything that it ever printed.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { findBinary } from "../runtimes/binaries.mjs";
import { within } from "../runtimes/launch.mjs";

export const HOSTS = ["node", "node24", "deno", "bun"];
const FLAGS = { node: [], node24: [], deno: ["run", "-A", "--no-prompt", "--cached-only"], bun: ["run"] };
const LIMIT = 40_000;

/** @param {string} project where the package is installed */
export function programsOf(project) {
  const main = join(project, "node_modules", "gatepass", "cli", "main.js");
  const outputs = [];

  /** What starts it on a runtime; `bin` is what npm has linked. */
  const commandOf = (host) => (host === "bin" ? [join(project, "node_modules", ".bin", "gatepass")] : [findBinary(host), ...FLAGS[host], main]);

  /**
   * Runs it to its end.
   * @param {object} [options]
   * @param {Record<string, string>} [options.env]
   * @param {string} [options.input] of the standard input
   * @param {string} [options.cwd]
   * @param {(child: import("node:child_process").ChildProcess) => void} [options.meanwhile]
   */
  async function run(command, { env = {}, input = "", cwd = project, meanwhile } = {}) {
    const began = performance.now();
    const { PATH, HOME, DENO_DIR } = process.env;
    const child = spawn(command[0], command.slice(1), { cwd, env: { PATH, HOME, ...(DENO_DIR && { DENO_DIR }), DENO_NO_UPDATE_CHECK: "1", ...env } });
    const result = { command, stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (result[name] += text));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    meanwhile?.(child);
    const ended = await within(LIMIT, new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code: code ?? signal }));
    }));
    if (!ended) {
      child.kill("SIGKILL");
      throw new Error(`gatepass ${command.slice(-3).join(" ")} did not end within ${LIMIT / 1000} s`);
    }
    outputs.push(result);
    return { ...result, ...ended, took: performance.now() - began };
  }

  return {
    outputs,
    commandOf,
    run,
    on: (host) => (args, options) => run([...commandOf(host), ...args], options),
  };
}
