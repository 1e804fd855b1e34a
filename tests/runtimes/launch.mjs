// Starting and ending other programs: the runtimes under test, the demo's workers, npm. Everything started here is
// ended when this process ends, however it ends: normally, by Ctrl-C or SIGTERM, or by an error nobody caught.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

const running = new Set();

// Ended by a signal, nothing more of this program runs but the `exit` handlers: no next step, no message about children
// that seem to have failed.
for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) {
  process.once(signal, () => process.exit(status));
}
// Also after an error nobody caught. Only synchronous work is possible here, so no grace is given.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * To be awaited before a failure is called one: Ctrl-C goes to all programs of a terminal, and another that it ends may be
 * noticed here before the signal itself. After this it has been heard, and has ended this program.
 */
export function ownSignal() {
  // Signals are heard between the two, also where this program was not let run meanwhile.
  return new Promise((resolve) => setTimeout(() => setImmediate(resolve), 500));
}

/** Ends every program that was started here, and waits until it has ended. */
export async function endAll() {
  await Promise.all([...running].map((child) => end(child)));
}

/**
 * Starts a program. Its output goes to the callbacks, line by line.
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string>} [options.env] instead of this process's environment
 * @param {(line: string) => void} [options.onLine] a line of its standard output
 * @param {(line: string) => void} [options.onErrorLine] a line of its standard error
 * @param {(line: string) => void} [options.onControlLine] a line of its file descriptor 3
 */
export function start(command, args, { cwd, env = process.env, onLine, onErrorLine, onControlLine } = {}) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe", onControlLine ? "pipe" : "ignore"],
  });
  running.add(child);
  const exited = new Promise((resolve) => {
    child.once("error", (error) => {
      running.delete(child);
      resolve({ status: null, signal: null, error });
    });
    // `close` and not `exit`: after it, every line has been handed over.
    child.once("close", async (status, signal) => {
      running.delete(child);
      if (status !== 0 && !child.killed) await ownSignal();
      resolve({ status, signal, error: undefined });
    });
  });
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, onErrorLine);
  if (onControlLine) eachLine(child.stdio[3], onControlLine);
  return { child, exited, end: () => end(child) };
}

/** Runs a program to its end and resolves to what it printed; rejects when it fails or takes too long. */
export async function run(command, args, { cwd, env, timeout = 120_000 } = {}) {
  const lines = [];
  const note = (line) => lines.push(line);
  const program = start(command, args, { cwd, env, onLine: note, onErrorLine: note });
  const ended = await within(timeout, program.exited);
  if (ended === undefined) {
    await program.end();
    throw new Error(`${command} ${args[0] ?? ""} did not end within ${timeout / 1000} s`);
  }
  if (ended.error || ended.status !== 0) {
    throw new Error(`${command} ${args.join(" ")} failed: ${ended.error?.message ?? lines.slice(-20).join("\n")}`);
  }
  return lines;
}

/** The promise's value, or `undefined` when it takes longer. */
export async function within(milliseconds, promise) {
  let timer;
  try {
    return await Promise.race([
      promise,
      new Promise((resolve) => {
        timer = setTimeout(resolve, milliseconds, undefined);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** A port on which nobody listens, nor can as long as this program runs: a connection has it as its own. */
export async function closedPort() {
  const server = createServer((socket) => socket.unref()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = connect(server.address().port, "127.0.0.1").unref();
  await Promise.all([once(server, "connection"), once(connection, "connect")]);
  server.close();
  return connection.localPort;
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close").then(() => true);
  child.kill("SIGTERM");
  if (await within(1_000, closed)) return;
  child.kill("SIGKILL");
  await closed;
}

function eachLine(stream, callback) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) callback?.(line);
  });
  stream.on("end", () => {
    if (rest) callback?.(rest);
  });
}
