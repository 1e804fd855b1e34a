// Runs the demo as `make demo` does, or another program of www-example/, and keeps what it prints.

import { once } from "node:events";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../runtimes/assert.mjs";
import { within } from "../runtimes/launch.mjs";
import { forgetGroup, membersOf, signalGroup, startGroup } from "./process-group.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const TIMEOUT = 120_000;
// What ends, ends within this time after the demo itself has ended.
const GRACE = 5_000;

// Whether there are colours is for each test to say.
const NOT_INHERITED = /^(GATEPASS_(?!TARBALL$)|NO_COLOR$|FORCE_COLOR$)/;
// What the demo is told by a terminal: without one, that standard output is one.
const AS_ON_A_TERMINAL = ["--import", "data:text/javascript,process.stdout.isTTY=true"];

/**
 * @param {Record<string, string>} [variables] GATEPASS_*; those of this process do not reach the demo
 * @param {object} [how]
 * @param {boolean} [how.terminal] let it believe that it writes to a terminal
 * @param {string} [how.program] in place of the demo
 * @param {number} [how.head] pipe it into `head`, which goes after so many lines; the demo's exit status is then the last
 *   line of standard error
 */
export function startDemo(variables = {}, { terminal = false, program: script = "www-example/demo/demo.mjs", head } = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  const command = [process.execPath, ...(terminal ? AS_ON_A_TERMINAL : []), script];
  const [program, ...args] = head === undefined
    ? command
    : ["sh", "-c", `{ "$@"; echo "status $?" >&2; } | head -n ${head}`, "sh", ...command];
  const leader = startGroup(program, args, {
    cwd: repository,
    env: { ...Object.fromEntries(inherited), ...variables },
  });
  const shown = { stdout: "", stderr: "" };
  const watchers = new Set();
  for (const name of ["stdout", "stderr"]) {
    leader[name].setEncoding("utf8").on("data", (text) => {
      shown[name] += text;
      for (const look of watchers) look();
    });
  }
  const closed = once(leader, "close");

  return {
    group: leader.pid,

    /** Resolves to all of standard output when it has shown this. */
    async until(text) {
      let look;
      const seen = new Promise((resolve) => {
        look = () => shown.stdout.includes(text) && resolve(true);
      });
      watchers.add(look);
      look();
      const found = await within(TIMEOUT, Promise.race([seen, closed.then(() => false)]));
      watchers.delete(look);
      if (!found) fail(`the demo never showed ${JSON.stringify(text)}: ${shown.stdout}${shown.stderr}`);
      return shown.stdout;
    },

    /** Resolves when the demo has ended and everything it started with it; fails when something is left of it. */
    async ended() {
      const end = await within(TIMEOUT, closed);
      const left = end ? await waitForEmpty(leader.pid) : membersOf(leader.pid);
      signalGroup(leader.pid, "SIGKILL");
      forgetGroup(leader.pid);
      if (!end) fail(`the demo did not end within ${TIMEOUT / 1000} s; it had shown: ${shown.stdout}${shown.stderr}`);
      if (left.length > 0) fail(`the demo has ended, but not ${left.join(", ")}`);
      const [status, signal] = end;
      const errors = shown.stderr.split("\n").filter((line) => line !== "");
      return { status, signal, stdout: shown.stdout, stderr: shown.stderr, errors, output: shown.stdout + shown.stderr };
    },
  };
}

/** Runs the demo to its end. */
export function runDemo(variables, how) {
  return startDemo(variables, how).ended();
}

async function waitForEmpty(group) {
  const deadline = performance.now() + GRACE;
  for (;;) {
    const members = membersOf(group);
    if (members.length === 0 || performance.now() > deadline) return members;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
