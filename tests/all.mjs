// Runs the suites, each a command that prints its own results, and adds them up.
//
//   node tests/all.mjs                 all of them
//   node tests/all.mjs native types    only these
//   node tests/all.mjs --list          their names
//
// The last line is "N passed, N failed", with ", N skipped" where something was skipped by name.

import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
// What make installs, also when make is not what runs this.
const tools = path.join(root, ".tools", "bin");
const node = (...args) => [process.execPath, ...args];
const cargo = (...args) => ["cargo", ...args];

// A suite without `counts` is one test: it passes when its command succeeds.
const SUITES = [
  { name: "format", what: "rustfmt", command: cargo("fmt", "--check") },
  { name: "lints", what: "clippy, native", command: cargo("clippy", "--locked", "--all-targets", "--", "-D", "warnings") },
  {
    name: "lints-wasm",
    what: "clippy, wasm32",
    command: cargo("clippy", "--locked", "--tests", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"),
  },
  { name: "rustdoc", what: "rustdoc without warnings", command: cargo("doc", "--locked", "--no-deps", "--quiet"), env: { RUSTDOCFLAGS: "-D warnings" } },
  { name: "native", what: "protocol and flow, native", command: cargo("test", "--locked"), counts: "cargo" },
  { name: "wasm", what: "host and js, in headless Node", command: ["wasm-pack", "test", "--node", "--", "--locked"], counts: "cargo" },
  { name: "build", what: "the npm package is built", command: node("pkg-template/build.mjs") },
  { name: "package", what: "what ships", command: node("tests/package/run.mjs"), counts: "suite" },
  { name: "types", what: "index.d.ts", command: node("tests/types/run.mjs", "pkg/package"), counts: "suite" },
  { name: "runtimes", what: "one suite on five runtimes, from the tarball", command: node("tests/runtimes/run.mjs"), counts: "suite" },
  {
    name: "authorization-servers",
    what: "oidc-provider and Authlib on five runtimes, and that the test servers are right",
    command: node("tests/authorization-servers/run.mjs"),
    counts: "suite",
  },
  { name: "vectors", what: "Wycheproof and the RFCs' examples, with each host's cryptography", command: node("tests/vectors/run.mjs"), counts: "suite" },
  { name: "guards", what: "the guards for Express and Hono, on real servers", command: node("tests/guards/run.mjs"), counts: "suite" },
  { name: "attacks", what: "forged tokens, and what other verifiers do with them", command: node("tests/attacks/run.mjs"), counts: "suite" },
  { name: "workerd", what: "cancelled, concurrent and many requests on workerd", command: node("tests/workerd/run.mjs"), counts: "suite" },
  { name: "opentelemetry", what: "the OpenTelemetry bridge", command: node("tests/opentelemetry/run.mjs"), counts: "suite" },
  { name: "engine", what: "the token engine under bursts, resets and failures, on old and new runtimes", command: node("tests/engine/run.mjs"), counts: "suite" },
  { name: "api-calls", what: "calls to APIs: libraries, revoked tokens, faults, large bodies, cancelled requests", command: node("tests/api-calls/run.mjs"), counts: "suite" },
  { name: "stores", what: "the stores, with a real Redis, Deno KV and workerd", command: node("tests/stores/run.mjs"), counts: "suite" },
  { name: "fleet", what: "fleets that share a store: one token request for all, and what stores do wrong", command: node("tests/fleet/run.mjs"), counts: "suite" },
  { name: "readme", what: "the README's code and claims", command: node("tests/readme/run.mjs"), counts: "suite" },
  { name: "bench", what: "the benchmarks run, and their documents are what their results give", command: node("benches/check.mjs"), counts: "suite" },
  { name: "demo", what: "make demo, and its failure modes", command: node("tests/demo/run.mjs"), counts: "suite" },
];

const PATTERNS = {
  cargo: /^test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed; (?<skipped>\d+) ignored/gm,
  suite: /^suite .+: (?<passed>\d+) passed, (?<failed>\d+) failed(?:, (?<skipped>\d+) skipped)?$/gm,
};

/** No suite takes a third of it; one that hangs must not take all the time there is. */
const LIMIT = 20 * 60_000;

let running;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    kill(running, signal);
    process.exitCode = 130;
  });
}

/** Ends a command and all that it started. */
function kill(child, signal) {
  try {
    if (child) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Runs a command, shows its output and gives it back with the exit code. */
function run([command, ...args], env) {
  return new Promise((resolve) => {
    running = spawn(command, args, { cwd: root, env: { ...process.env, PATH: `${tools}${path.delimiter}${process.env.PATH}`, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let output = "";
    const limit = setTimeout(() => {
      console.error(`FAILED: ${command} ${args.join(" ")} did not end within ${LIMIT / 60_000} minutes`);
      kill(running, "SIGKILL");
    }, LIMIT);
    running.stdout.on("data", (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    running.stderr.on("data", (chunk) => {
      output += chunk;
      process.stderr.write(chunk);
    });
    running.on("error", (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      clearTimeout(limit);
      resolve({ code: -1, output: "" });
    });
    running.on("close", (code) => {
      clearTimeout(limit);
      resolve({ code, output });
    });
  });
}

/** What a suite's output says; a command that fails without saying why is one failure. */
function count({ code, output }, pattern) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (pattern === undefined) return code === 0 ? { ...total, passed: 1 } : { ...total, failed: 1 };
  for (const { groups } of output.matchAll(PATTERNS[pattern])) {
    for (const key of Object.keys(total)) total[key] += Number(groups[key] ?? 0);
  }
  if (code !== 0 && total.failed === 0) total.failed = 1;
  // A suite in which nothing ran has not passed.
  if (total.passed + total.failed === 0) total.failed = 1;
  return total;
}

async function main(names) {
  if (names.includes("--list")) {
    for (const { name, what } of SUITES) console.log(`${name.padEnd(21)} ${what}`);
    return;
  }
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Error(`no such suite: ${unknown.join(", ")}`);
  const rows = [];
  for (const suite of SUITES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    if (process.exitCode) break;
    console.log(`\n=== ${suite.name}: ${suite.what}`);
    const start = performance.now();
    const counts = count(await run(suite.command, suite.env), suite.counts);
    rows.push({ suite: suite.name, ...counts, seconds: Number(((performance.now() - start) / 1000).toFixed(1)) });
  }
  console.log();
  console.table(rows);
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
  if (sum("failed") > 0) process.exitCode = 1;
  console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped}`);
}

await main(process.argv.slice(2));
