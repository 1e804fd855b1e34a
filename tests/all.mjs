// Runs the suites, each a command that prints its own results, and adds them up. Compilers and programs that mostly wait run
// beside each other; suites that look at the time run alone.
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

// A suite without `counts` is one test: it passes when its command succeeds. Suites of one lane run one after the other.
const SUITES = [
  { name: "format", lane: "crate", what: "rustfmt", command: cargo("fmt", "--check") },
  { name: "lints", lane: "crate", what: "clippy, native", command: cargo("clippy", "--locked", "--all-targets", "--", "-D", "warnings") },
  {
    name: "lints-wasm",
    lane: "crate",
    what: "clippy, wasm32",
    command: cargo("clippy", "--locked", "--tests", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"),
  },
  {
    name: "fuzz-targets",
    lane: "crate",
    what: "clippy, the fuzz targets",
    command: cargo("clippy", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--no-default-features", "--bins", "--", "-D", "warnings"),
    env: { CARGO_TARGET_DIR: "target" },
  },
  { name: "rustdoc", lane: "crate", what: "rustdoc without warnings", command: cargo("doc", "--locked", "--no-deps", "--quiet"), env: { RUSTDOCFLAGS: "-D warnings" } },
  {
    name: "rustdoc-wasm",
    lane: "crate",
    what: "rustdoc of the adapters to JavaScript, without warnings",
    command: cargo("doc", "--locked", "--no-deps", "--quiet", "--target", "wasm32-unknown-unknown"),
    env: { RUSTDOCFLAGS: "-D warnings" },
  },
  { name: "native", lane: "crate", what: "protocol and flow, native", command: cargo("test", "--locked"), counts: "cargo" },
  // What is tested on wasm32 is in the library; the examples in its documentation have a native host.
  { name: "wasm", lane: "crate", what: "host and js, in headless Node", command: ["wasm-pack", "test", "--node", "--", "--locked", "--lib"], counts: "cargo" },
  { name: "rust", lane: "crate", what: "the crate in Rust programs: natively, and as a Rust Worker on workerd", command: node("tests/rust/run.mjs"), counts: "suite" },
  { name: "build", lane: "package", what: "the npm package is built", command: node("pkg-template/build.mjs") },
  { name: "package", lane: "package", what: "what ships", command: node("tests/package/run.mjs"), counts: "suite" },
  { name: "bundlers", lane: "package", what: "Vite, Rollup, webpack and wrangler, publint and attw", command: node("tests/bundlers/run.mjs"), counts: "suite" },
  { name: "types", lane: "package", what: "index.d.ts", command: node("tests/types/run.mjs", "pkg/package"), counts: "suite" },
  { name: "runtimes", lane: "package", what: "one suite on five runtimes, from the tarball", command: node("tests/runtimes/run.mjs"), counts: "suite" },
  {
    name: "authorization-servers",
    lane: "package",
    what: "oidc-provider and Authlib on five runtimes, and that the test servers are right",
    command: node("tests/authorization-servers/run.mjs"),
    counts: "suite",
  },
  { name: "traps", lane: "package", what: "memory and stack that end within a call, on five runtimes", command: node("tests/traps/run.mjs"), counts: "suite" },
  { name: "vectors", lane: "package", what: "Wycheproof and the RFCs' examples, with each host's cryptography", command: node("tests/vectors/run.mjs"), counts: "suite" },
  { name: "guards", lane: "package", what: "the guards for Express and Hono, on real servers", command: node("tests/guards/run.mjs"), counts: "suite" },
  { name: "attacks", lane: "package", what: "forged tokens, and what other verifiers do with them", command: node("tests/attacks/run.mjs"), counts: "suite" },
  { name: "workerd", lane: "alone", what: "cancelled, concurrent and many requests on workerd", command: node("tests/workerd/run.mjs"), counts: "suite" },
  { name: "opentelemetry", lane: "package", what: "the OpenTelemetry bridge", command: node("tests/opentelemetry/run.mjs"), counts: "suite" },
  { name: "engine", lane: "alone", what: "the token engine under bursts, resets and failures, on old and new runtimes", command: node("tests/engine/run.mjs"), counts: "suite" },
  { name: "api-calls", lane: "alone", what: "calls to APIs: libraries, revoked tokens, faults, large bodies, cancelled requests", command: node("tests/api-calls/run.mjs"), counts: "suite" },
  { name: "stores", lane: "alone", what: "the stores, with a real Redis, Deno KV and workerd", command: node("tests/stores/run.mjs"), counts: "suite" },
  { name: "soak", lane: "alone", what: "half a minute under load and faults, on four runtimes", command: node("tests/soak/run.mjs", "--check"), counts: "suite" },
  { name: "fleet", lane: "alone", what: "fleets that share a store: one token request for all, and what stores do wrong", command: node("tests/fleet/run.mjs"), counts: "suite" },
  { name: "cli", lane: "alone", what: "the command line on Node.js, Deno and Bun, and on a terminal", command: node("tests/cli/run.mjs"), counts: "suite" },
  { name: "reference", lane: "package", what: "the API reference, without a warning", command: node("tests/reference/run.mjs"), counts: "suite" },
  { name: "readme", lane: "package", what: "the code and claims of the README and the guides", command: node("tests/readme/run.mjs"), counts: "suite" },
  { name: "www", lane: "alone", what: "make www: the page in Chromium, its worker on every runtime", command: node("tests/www/run.mjs"), counts: "suite" },
  {
    name: "supply-chain",
    lane: "package",
    what: "licences, sources and digests of what is used, and the bill of materials",
    command: node("tests/supply-chain/run.mjs"),
    counts: "suite",
  },
  { name: "bench", lane: "package", what: "the benchmarks run, and their documents are what their results give", command: node("benches/check.mjs"), counts: "suite" },
  { name: "demo", lane: "package", what: "make demo and how it fails, and make try", command: node("tests/demo/run.mjs"), counts: "suite" },
];

const PATTERNS = {
  cargo: /^test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed; (?<skipped>\d+) ignored/gm,
  suite: /^suite .+: (?<passed>\d+) passed, (?<failed>\d+) failed(?:, (?<skipped>\d+) skipped)?$/gm,
};

/** No suite takes a third of it; one that hangs must not take all the time there is. */
const LIMIT = 20 * 60_000;

const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    for (const child of running) kill(child, signal);
    process.exitCode = 130;
  });
}

/** Ends a command and all that it started. */
function kill(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Runs a command and resolves to its exit code and its output, which is shown at once when it is `live`. */
function run([command, ...args], env, live) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, PATH: `${tools}${path.delimiter}${process.env.PATH}`, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    running.add(child);
    let output = "";
    const take = (chunk) => {
      output += chunk;
      if (live) process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const limit = setTimeout(() => {
      take(`FAILED: ${command} ${args.join(" ")} did not end within ${LIMIT / 60_000} minutes\n`);
      kill(child, "SIGKILL");
    }, LIMIT);
    const end = (code) => {
      clearTimeout(limit);
      running.delete(child);
      resolve({ code, output });
    };
    child.on("error", (error) => {
      take(`${command} could not be started: ${error.message}\n`);
      end(-1);
    });
    child.on("close", end);
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
  const wanted = SUITES.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows = [];
  const runLane = async (lane, { live }) => {
    for (const suite of wanted.filter((one) => one.lane === lane)) {
      if (process.exitCode) break;
      const title = `\n=== ${suite.name}: ${suite.what}`;
      if (live) console.log(title);
      const start = performance.now();
      const ended = await run(suite.command, suite.env, live);
      if (!live) console.log(`${title}\n${ended.output.trimEnd()}`);
      const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
      rows.push({ suite: suite.name, ...count(ended, suite.counts), seconds });
    }
  };
  const together = ["crate", "package"].filter((lane) => wanted.some((suite) => suite.lane === lane));
  await Promise.all(together.map((lane) => runLane(lane, { live: together.length === 1 })));
  await runLane("alone", { live: true });
  console.log();
  console.table(rows);
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
  if (sum("failed") > 0) process.exitCode = 1;
  console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped}`);
}

await main(process.argv.slice(2));
