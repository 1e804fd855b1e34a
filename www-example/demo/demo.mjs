// `make demo`: a token from an authorization server, verified, and spent at an API that itself verifies it, from four
// runtimes. The package is installed from its tarball (GATEPASS_TARBALL, or the newest in pkg/), as a user would.

import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../../tests/runtimes/binaries.mjs";
import { endAll, ownSignal, run, start } from "../../tests/runtimes/launch.mjs";
import { createProject, findTarball } from "../../tests/runtimes/project.mjs";
import { startWorker } from "../../tests/runtimes/worker.mjs";
import { failed, failedStep, step, table, title } from "../print.mjs";
import { chooseServer } from "../settings.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const FILES = ["client.mjs", "api-worker.mjs", "client-worker.mjs", "run-node.mjs", "run-deno.mjs", "run-bun.mjs"];
const RUN_TIMEOUT = 60_000;

/** The server said no to the credentials; every other runtime would hear the same. */
class Refused extends Error {
  /** @param {string | undefined} description what the server says */
  constructor(description) {
    const says = description ? ` (the server says: ${description})` : "";
    super(`invalid_client: check GATEPASS_CLIENT_ID and GATEPASS_CLIENT_SECRET${says}`);
    this.reason = `invalid_client${description ? `: ${description}` : ""}`;
  }
}

// What npm and the runtimes print may be shown as the reason of a failure.
process.env.NO_COLOR = "1";
delete process.env.FORCE_COLOR;

let server;
try {
  title("gatepass: get a token, verify it, call an API with it, on four runtimes");
  const began = performance.now();
  server = await chooseServer(process.env);
  step("server", server.description, server.embedded ? performance.now() - began : undefined);
  process.exitCode = (await demo(server.env)) ? 0 : 1;
} catch (error) {
  failed(error.message);
  process.exitCode = 1;
} finally {
  await Promise.all([server?.close(), endAll()]);
}

async function demo(credentials) {
  const tarball = findTarball();
  const project = await timed(
    "package",
    () => createProject({ name: "demo", tarball, files: FILES.map((name) => [join(here, name), name]) }),
    () => `${basename(tarball)}, installed as a user would`,
  );
  const { GATEPASS_DOMAIN, GATEPASS_AUDIENCE } = credentials;
  const api = await timed(
    "API",
    () => startWorker({
      entry: join(project, "api-worker.mjs"),
      directory: join(project, ".api"),
      bindings: { GATEPASS_DOMAIN, GATEPASS_AUDIENCE },
    }),
    ({ origin }) => `${origin}/ on workerd, uses gatepass`,
  );
  const env = { ...credentials, API_URL: `${api.origin}/api` };

  const rows = [];
  for (const runtime of await runtimes(project, env)) {
    title(runtime.name);
    rows.push(await tryOn(runtime));
  }
  table(["Runtime", "Token", "Verified", "API call", "Once more", "Result"], rows);
  for (const { name, problem } of rows) {
    if (problem) failed(`${name}: ${problem}`);
  }
  return rows.every(({ ok }) => ok);
}

async function tryOn({ name, steps }) {
  const times = new Map();
  let problem;
  try {
    await steps((one) => {
      times.set(one.step, one.milliseconds);
      show(one);
    });
    if (!times.has("again")) throw new Error("it ended before its last step");
  } catch (error) {
    await ownSignal(); // a worker that is gone is an answer that does not come
    // Here for who keeps standard output only; once more on standard error, at the end.
    failedStep(error.reason ?? error.message);
    if (error instanceof Refused) throw error;
    problem = error.message;
  }
  return { name, ok: problem === undefined, problem, times: ["token", "verified", "api", "again"].map((key) => times.get(key)) };
}

/** Prints one step of client.mjs. */
function show(one) {
  switch (one.step) {
    case "request":
      return step("token request", `POST ${one.url}  →  ${one.status}`, one.milliseconds, one.form);
    case "token":
      step("token, in all", `${one.type}, valid until ${one.expiresAt}`, one.milliseconds);
      if (!one.header) return step("", "opaque: there is nothing to decode");
      step("  header", "", undefined, Object.entries(one.header));
      return step("  claims", "", undefined, Object.entries(one.claims).map(withDate));
    case "verified":
      return step("verified", "signature, issuer, audience and times are good", one.milliseconds);
    case "api":
      return step("API call", `GET ${one.url}  →  ${one.status}`, one.milliseconds, Object.entries(one.body));
    case "refused":
      return step("API refuses", "", undefined, [
        ["no token", String(one.without)],
        ["changed token", `${one.forged} ${one.error} (${one.reason})`],
      ]);
    case "again":
      return step("once more", `token from ${one.source}, API answered ${one.status}`, one.milliseconds);
    case "failed":
      if (one.code === "invalid_client") throw new Refused(one.description);
      throw new Error(one.code ? `${one.message} [${one.code}]` : one.message);
    default:
      throw new Error(`unknown step ${one.step}`);
  }
}

/** NumericDate claims (RFC 7519 section 2) with the time they mean. */
function withDate([name, value]) {
  const isDate = ["exp", "iat", "nbf", "auth_time"].includes(name) && Number.isSafeInteger(value);
  return [name, isDate ? `${value}  (${new Date(value * 1000).toISOString()})` : value];
}

async function runtimes(project, env) {
  const version = async (runtime) => (await run(findBinary(runtime), ["--version"]))[0];
  // Nothing of our own environment but what a program needs to start, so that no other GATEPASS_* reaches a client.
  const { PATH, HOME } = process.env;
  const program = (runtime, args) => (onStep) => runProgram(findBinary(runtime), args, { cwd: project, env: { PATH, HOME, NO_COLOR: "1", ...env } }, onStep);
  return [
    { name: `Node.js ${process.versions.node}`, steps: program("node", ["run-node.mjs"]) },
    {
      name: `Deno ${(await version("deno")).split(" ")[1]}`,
      // The two hosts it talks to, and its environment, where the credentials are.
      steps: program("deno", ["run", "--no-prompt", `--allow-net=127.0.0.1,${env.GATEPASS_DOMAIN}`, "--allow-env", "run-deno.mjs"]),
    },
    { name: `Bun ${await version("bun")}`, steps: program("bun", ["run", "run-bun.mjs"]) },
    { name: `workerd ${(await version("workerd")).split(" ")[1]}`, steps: (onStep) => runWorker(project, env, onStep) },
  ];
}

async function runProgram(command, args, options, onStep) {
  const noise = [];
  let problem;
  const program = start(command, args, {
    ...options,
    onLine(line) {
      try {
        onStep(JSON.parse(line));
      } catch (error) {
        problem ??= error;
      }
    },
    onErrorLine: (line) => noise.push(line),
  });
  const timer = setTimeout(() => {
    problem ??= new Error(`no end within ${RUN_TIMEOUT / 1000} s`);
    program.end();
  }, RUN_TIMEOUT);
  const { status, error } = await program.exited;
  clearTimeout(timer);
  if (problem) throw problem;
  if (error || status !== 0) throw error ?? new Error(`ended with status ${status}: ${noise.slice(-5).join(" ")}`);
}

async function runWorker(project, env, onStep) {
  const worker = await startWorker({ entry: join(project, "client-worker.mjs"), directory: join(project, ".client"), bindings: env });
  try {
    const response = await fetch(worker.origin, { signal: AbortSignal.timeout(RUN_TIMEOUT) });
    if (!response.ok) throw new Error(`workerd answered ${response.status}`);
    for (const one of await response.json()) onStep(one);
  } finally {
    await worker.end();
  }
}

async function timed(label, action, describe) {
  const began = performance.now();
  const result = await action();
  step(label, describe(result), performance.now() - began);
  return result;
}
