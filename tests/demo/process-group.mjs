// A program in a process group of its own, with all that it starts: so that one can see whether anything is left of it.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

const running = new Set();
// Whatever happens here, nothing of it stays behind; a Ctrl-C for this program does not reach the groups by itself.
process.on("exit", () => {
  for (const group of running) signalGroup(group, "SIGKILL");
});

/** @returns {import("node:child_process").ChildProcess} the leader: its `pid` is the number of the group */
export function startGroup(command, args, options) {
  const leader = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  if (leader.pid !== undefined) running.add(leader.pid);
  return leader;
}

/** To be called when the group is known to be gone: its number may then be somebody else's. */
export function forgetGroup(group) {
  running.delete(group);
}

/** Sends a signal to every process of the group, as a terminal does on Ctrl-C. */
export function signalGroup(group, signal) {
  send(-group, signal);
}

/** The same, but the leader hears of it last: the order in which a signal to a group arrives is nobody's to choose. */
export async function signalGroupLeaderLast(group, signal, milliseconds) {
  for (const { pid } of livingIn(group)) {
    if (pid !== group) send(pid, signal);
  }
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  send(group, signal);
}

function send(target, signal) {
  try {
    process.kill(target, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // ESRCH: there is none left, which is what one wants
  }
}

/** The living processes of a group, by name and number. */
export function membersOf(group) {
  return livingIn(group).map(({ pid, name }) => `${name} (${pid})`);
}

/** A zombie has ended; that nobody collects it is no fault of its own. */
function livingIn(group) {
  return processes().filter((one) => one.group === group && !one.state.startsWith("Z"));
}

function processes() {
  return existsSync("/proc/self/stat") ? fromProc() : fromPs();
}

/**
 * Linux, where containers often lack `ps`. The state is behind a name in parentheses, which may hold any character
 * (proc_pid_stat(5)) and is a thread's: what a program calls itself is in its command line.
 */
function fromProc() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    let line, command;
    try {
      line = readFileSync(`/proc/${pid}/stat`, "utf8");
      command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return []; // it has ended meanwhile
    }
    const [state, , group] = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return [{ pid: Number(pid), name: basename(command.split(/[\0 ]/)[0]), state, group: Number(group) }];
  });
}

function fromPs() {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat=,comm="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const [, pid, group, state, name] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    return { pid: Number(pid), name: basename(name), state, group: Number(group) };
  });
}
