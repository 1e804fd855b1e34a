// The crate for those who write Rust: the programs of examples/ as they stand there, against the Login 3.0 server and an
// API on loopback.
//
//   node tests/rust/run.mjs [--verbose]

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { startOrdersApi } from "../readme/orders-api.mjs";
import { equal, includes, ok } from "../runtimes/assert.mjs";
import { endAll, start, within } from "../runtimes/launch.mjs";
import { startWorker } from "../runtimes/worker.mjs";
import { startLogin3 } from "../servers/login3.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const repository = dirname(dirname(here));
/** Of all examples: what they share is compiled once. */
const target = join(repository, "target", "examples");
const TIMEOUT = 60_000;

const { test, end } = startSuite("rust", { looksAtTime: true });
const login3 = await startLogin3({ clientSecret: randomUUID() });
const api = await startOrdersApi([{ issuer: login3.issuer, jwksUri: login3.jwksUri, audience: login3.audiences[0] }]);
const settings = {
  GATEPASS_DOMAIN: login3.domain,
  GATEPASS_CLIENT_ID: login3.clientId,
  GATEPASS_CLIENT_SECRET: login3.clientSecret,
  GATEPASS_AUDIENCE: login3.audiences[0],
};
const wrongSecret = randomUUID();
try {
  await checkNative();
  await checkWorker();
} finally {
  await endAll();
  await Promise.all([login3.close(), api.close()]);
  end();
}

async function checkNative() {
  const program = join(target, "debug", "gatepass-native");
  const run = async (env) => {
    const lines = [];
    const started = start(program, [`${api.origin}/orders`], { env, onLine: (line) => lines.push(line), onErrorLine: (line) => lines.push(line) });
    const ended = await within(TIMEOUT, started.exited);
    return { status: ended?.status, output: lines.join("\n") };
  };
  if (!(await test("the native example is compiled", () => cargo("native", "build")))) return;

  await test("a native program gets a token, calls an API with it, and verifies it", async () => {
    const calls = api.calls;
    const { status, output } = await run(settings);
    equal(output.replace(/\d+ s$/gm, "N s"), [
      "a token from network, good for N s",
      "a token from memory, good for N s",
      "the API answers 200",
      `verified: ${login3.clientId}`,
    ].join("\n"), "its output");
    equal([status, api.calls - calls].join(), "0,1", "its exit code, and the calls that the API has seen");
  });

  await test("a native program with a wrong secret says so, and the secret is not in what it says", async () => {
    const { status, output } = await run({ ...settings, GATEPASS_CLIENT_SECRET: wrongSecret });
    equal(status, 1, "its exit code");
    includes(output, "invalid_client", "its output");
    ok(!output.includes(wrongSecret), "the secret is in its output");
  });

  await test("a native program whose server cannot be reached says which", async () => {
    const { status, output } = await run({ ...settings, GATEPASS_DOMAIN: "127.0.0.1:9" });
    equal(status, 1, "its exit code");
    includes(output, "http://127.0.0.1:9/oauth/token could not be reached", "its output");
  });
}

async function checkWorker() {
  const folder = join(repository, "tests", ".work", "rust");
  const made = await test("the Rust Worker is compiled", () => {
    cargo("rust-worker", "build", "--target", "wasm32-unknown-unknown");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const wasm = join(target, "wasm32-unknown-unknown", "debug", "gatepass_rust_worker.wasm");
    // What worker-build does with it, with the tool that is here.
    const flags = ["--target", "web", "--no-typescript", "--omit-default-module-path", "--out-dir", folder, "--out-name", "gatepass"];
    execFileSync(join(repository, ".tools", "bin", "wasm-bindgen"), [...flags, wasm], { stdio: ["ignore", "ignore", "inherit"] });
    writeFileSync(join(folder, "entry.js"), [
      'import module from "./gatepass_bg.wasm";',
      'import { fetch, initSync } from "./gatepass.js";',
      "initSync({ module });",
      "export default { fetch };",
    ].join("\n"));
  });
  if (!made) return;

  let served = 0;
  const serve = (name, bindings) => {
    const directory = join(folder, `${name}-${(served += 1)}`);
    return startWorker({ entry: join(folder, "entry.js"), directory, bindings: { ...settings, API_URL: `${api.origin}/orders`, ...bindings } });
  };
  const ask = async (worker, path, headers) => {
    const response = await fetch(`${worker.origin}${path}`, { headers, signal: AbortSignal.timeout(TIMEOUT) });
    return { status: response.status, source: response.headers.get("x-token-source"), text: await response.text() };
  };
  let worker;

  await test("a Rust Worker gets a token, calls an API with it, and keeps it for the next request", async () => {
    worker = await serve("good", {});
    const calls = api.calls;
    for (const source of ["network", "memory", "memory"]) {
      const answer = await ask(worker, "/");
      equal(JSON.stringify(answer), JSON.stringify({ status: 200, source, text: "the API answers 200" }), "its answer");
    }
    equal(api.calls - calls, 3, "calls that the API has seen");
  });

  await test("fifty requests that reach a cold Rust Worker at once are all answered, with one token request", async () => {
    const cold = await serve("cold", {});
    const requests = login3.requests;
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(cold, "/")));
    equal(answers.filter(({ status }) => status === 200).length, 50, "good answers");
    equal(login3.requests - requests, 1, "token requests");
  });

  await test("a Rust Worker verifies a token that arrives, and refuses one that was altered, and none", async () => {
    const token = await requestToken();
    const good = await ask(worker, "/claims", { authorization: `Bearer ${token}` });
    equal(good.status, 200, "status with a good token");
    equal(JSON.parse(good.text).client_id, login3.clientId, "the client id among its claims");
    const altered = token.slice(0, -8) + (token.endsWith("AAAAAAAA") ? "BBBBBBBB" : "AAAAAAAA");
    equal((await ask(worker, "/claims", { authorization: `Bearer ${altered}` })).status, 401, "status with an altered one");
    equal((await ask(worker, "/claims", {})).status, 401, "status with none");
  });

  await test("a Rust Worker with a wrong secret answers with what went wrong, without the secret", async () => {
    const wrong = await serve("wrong", { GATEPASS_CLIENT_SECRET: wrongSecret });
    const answer = await ask(wrong, "/");
    equal(answer.status, 502, "its status");
    includes(answer.text, "invalid_client", "its answer");
    ok(!answer.text.includes(wrongSecret), "the secret is in its answer");
  });
}

function cargo(example, ...args) {
  const env = { ...process.env, CARGO_TARGET_DIR: target };
  execFileSync("cargo", [...args, "--locked", "--quiet"], { cwd: join(repository, "examples", example), env, stdio: ["ignore", "inherit", "inherit"] });
}

async function requestToken() {
  const response = await fetch(`http://${login3.domain}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: login3.clientId,
      client_secret: login3.clientSecret,
      audience: login3.audiences[0],
    }),
  });
  return (await response.json()).access_token;
}
