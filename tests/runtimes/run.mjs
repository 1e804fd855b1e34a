// Runs the suite on each runtime against the packed package, as a user would install it:
//
//   node tests/runtimes/run.mjs [node node24 deno bun workerd workerd-2024] [--verbose]
//
// One line per failing test (with --verbose, per test) and one summary line per runtime; the exit status says whether all
// passed. GATEPASS_TARBALL names the package; without it, the newest in pkg/ is taken.

import { generateKeyPair } from "node:crypto";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startApi } from "../servers/api.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { startMisbehaving } from "../servers/misbehaving.mjs";
import { findBinary, newestCompatibilityDate } from "./binaries.mjs";
import { closedPort, endAll, start, within } from "./launch.mjs";
import { createProject, findTarball } from "./project.mjs";
import { startWorker } from "./worker.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const SUITE_TIMEOUT = 180_000;
// A process that has nothing left to do but does not end has something left behind by the library.
const EXIT_TIMEOUT = 10_000;

const COMMANDS = {
  node: ["run-node.mjs"],
  node24: ["run-node.mjs"],
  // 127.0.0.1 is where the servers are. Nothing else is allowed: no file, no environment variable, no other host.
  deno: ["run", "--no-prompt", "--allow-net=127.0.0.1", "run-deno.mjs"],
  bun: ["run", "run-bun.mjs"],
};
const COMPATIBILITY_DATES = { workerd: newestCompatibilityDate(), "workerd-2024": "2024-01-01" };
const RUNTIMES = [...Object.keys(COMMANDS), ...Object.keys(COMPATIBILITY_DATES)];

const args = process.argv.slice(2);
const verbose = args.includes("--verbose");
const wanted = args.filter((arg) => arg !== "--verbose");
const unknown = wanted.filter((runtime) => !RUNTIMES.includes(runtime));
if (unknown.length > 0) {
  console.error(`unknown runtime ${unknown.join(", ")}: there are ${RUNTIMES.join(", ")}`);
  process.exit(2);
}

let allPassed = true;
try {
  const project = await createProject({
    name: "suite",
    tarball: findTarball(),
    files: [...["suite", "suite.mjs", "assert.mjs", "run-node.mjs", "run-deno.mjs", "run-bun.mjs", "run-workerd.mjs"].map(
      (name) => [join(here, name), name],
    ),
    // What users have beside it: makers of proofs, and a framework.
    ...["jose", "hono"].map((name) => [join(dirname(here), "node_modules", name), `node_modules/${name}`])],
  });
  const keys = await makeKeys();
  for (const [index, runtime] of (wanted.length > 0 ? wanted : RUNTIMES).entries()) {
    allPassed = (await runSuite(runtime, project, { run: index, keys })) && allPassed;
  }
} catch (error) {
  console.error(error.message);
  allPassed = false;
} finally {
  await endAll();
}
process.exitCode = allPassed ? 0 : 1;

async function runSuite(runtime, project, settings) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const report = ({ name, outcome, message, milliseconds }) => {
    counts[outcome] += 1;
    if (outcome === "failed") console.log(`  ${runtime}: FAILED ${name}: ${message}`);
    else if (verbose) console.log(`  ${runtime}: ${outcome} ${name} (${milliseconds} ms)${message ? `: ${message}` : ""}`);
  };
  const trouble = (message) => report({ name: "the suite runs to its end", outcome: "failed", message });

  const servers = await startServers();
  try {
    // A module, because every runtime can import one without being allowed anything.
    writeFileSync(join(project, "config.mjs"), `export default ${JSON.stringify({ ...settings, ...servers.config })};\n`);
    const running = runtime in COMMANDS
      ? runAsProgram(findBinary(runtime), COMMANDS[runtime], project, report)
      : runInWorker(COMPATIBILITY_DATES[runtime], join(project, `.${runtime}`), project, report);
    const problem = await within(SUITE_TIMEOUT, running.then((found) => found ?? "", (error) => error.message));
    if (problem === undefined) trouble(`it did not within ${SUITE_TIMEOUT / 1000} s`);
    else if (problem) trouble(problem);
    else if (counts.passed === 0) trouble("no test ran");
  } finally {
    await servers.close();
    await endAll();
  }
  console.log(`suite ${runtime}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0;
}

/** Resolves to what went wrong besides failing tests, if anything did. */
async function runAsProgram(command, args, project, report) {
  const noise = [];
  let results = 0;
  let lastResult = performance.now();
  const program = start(command, args, {
    cwd: project,
    onLine(line) {
      if (!line.startsWith("{")) return noise.push(line);
      results += 1;
      lastResult = performance.now();
      return report(JSON.parse(line));
    },
    onErrorLine: (line) => noise.push(line),
  });
  const { status, signal, error } = await program.exited;
  if (error || status !== 0) {
    return `ended with ${error?.message ?? signal ?? status} after ${results} tests: ${noise.slice(-15).join("\n")}`;
  }
  const lingered = performance.now() - lastResult;
  if (lingered > EXIT_TIMEOUT) return `the process lingered for ${Math.round(lingered)} ms after its last test`;
  return undefined;
}

async function runInWorker(compatibilityDate, directory, project, report) {
  const log = [];
  const worker = await startWorker({
    entry: join(project, "run-workerd.mjs"),
    directory,
    compatibilityDate,
    onLog: (line) => log.push(line),
  });
  const { tests } = await (await fetch(worker.origin)).json();
  for (let number = 0; number < tests; number += 1) {
    const response = await fetch(`${worker.origin}/?test=${number}`);
    if (!response.ok) {
      report({
        name: `test ${number}`, outcome: "failed", message: `workerd answered ${response.status}: ${log.slice(-5).join("\n")}`,
      });
      continue;
    }
    report(await response.json());
  }
  const complaint = log.find((line) => WORKERD_COMPLAINTS.some((message) => line.includes(message)));
  return complaint && `workerd complained: ${complaint}`;
}

// What workerd writes when one request touches what another one made.
const WORKERD_COMPLAINTS = [
  "This promise was created by a request that has since ended",
  "detected that your Worker's code had hung",
  "A promise was resolved or rejected from a different request context",
  "Cannot perform I/O on behalf of a different request",
];

async function startServers() {
  const [rs256, es256, misbehaving] = await Promise.all([
    startLogin3({ clientSecret: "canary-secret-of-login3", tokenLifetime: 3600 }),
    startLogin3({ clientSecret: "canary-secret-of-login3", tokenLifetime: 3600, signingAlgorithm: "ES256" }),
    startMisbehaving(),
  ]);
  const api = await startApi({ elsewhere: misbehaving.elsewhere });
  const close = () => Promise.all([rs256, es256, misbehaving, api].map((server) => server.close()));
  const describe = ({ issuer, domain, tokenEndpoint, clientId, clientSecret, audiences, organizations }) => ({
    issuer, domain, tokenEndpoint, clientId, clientSecret, audience: audiences[0], organization: organizations[0], tokenLifetime: 3600,
  });
  return {
    close,
    config: {
      login3: describe(rs256),
      login3WithES256: describe(es256),
      misbehaving: misbehaving.origin,
      elsewhere: misbehaving.elsewhere,
      api: api.origin,
      closedPort: await closedPort(),
    },
  };
}

/** The key pairs the suite signs with; the stranger's public key is published by no one unless a test does. */
async function makeKeys() {
  const make = async (name, alg, type, options) => {
    const { privateKey, publicKey } = await promisify(generateKeyPair)(type, options);
    const names = { kid: `suite-${name}`, alg, use: "sig" };
    return [name, {
      privateJwk: { ...privateKey.export({ format: "jwk" }), ...names },
      publicJwk: { ...publicKey.export({ format: "jwk" }), ...names },
      publicPem: publicKey.export({ format: "pem", type: "spki" }),
    }];
  };
  return Object.fromEntries(await Promise.all([
    make("rs256", "RS256", "rsa", { modulusLength: 2048 }),
    make("es256", "ES256", "ec", { namedCurve: "P-256" }),
    make("stranger", "RS256", "rsa", { modulusLength: 2048 }),
  ]));
}
