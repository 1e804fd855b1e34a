// Executes the code of README.md as it stands there, and checks what the README says about names.
//
//   node tests/readme/run.mjs
//
// Each block that starts with ```js is followed by the runtimes it is for: ```js node deno. It becomes a file in a
// project in which the packed package was installed, and runs on each of them, without a change. The
// addresses it uses (https://tenant.login3.example, https://api.example) are led to servers on this machine by a
// replacement of globalThis.fetch that is loaded before it. What a comment `// prints: ...` promises must be
// what the line prints. What verifies tokens runs once more while the authorization server is down. A Worker with a
// Durable Object runs in the workerd that Miniflare sets up. What needs a server or a package that is not here
// (```js types) is compiled against the declarations instead.
//
// Counted: each block on each runtime, those that verify twice, and each check of names.

import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../runtimes/binaries.mjs";
import { endAll, start, within } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { startWorker } from "../runtimes/worker.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { checkNames } from "./names.mjs";
import { startObjects } from "./objects.mjs";
import { startOrdersApi } from "./orders-api.mjs";
import { compileProblems } from "./types.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const repository = dirname(dirname(here));
const TIMEOUT = 60_000;

const COMMANDS = {
  node: (file) => [findBinary("node"), ["--import", "./host-map.mjs", file]],
  node24: (file) => [findBinary("node24"), ["--import", "./host-map.mjs", file]],
  deno: (file) => [findBinary("deno"), ["run", "--no-prompt", "--cached-only", "--allow-net", "--allow-env", "--preload", "./host-map.mjs", file]],
  bun: (file) => [findBinary("bun"), ["run", "--preload", "./host-map.mjs", file]],
};
const RUNTIMES = { node: ["node", "node24"], deno: ["deno"], bun: ["bun"], workers: ["workerd"], types: ["types"] };

const servers = [];
let passed = 0;
let failed = 0;

const readme = readFileSync(join(repository, "README.md"), "utf8");
const blocks = javascriptBlocks(readme);

try {
  for (const { name, problem } of checkNames(readme, repository)) judge(name, problem);

  const login3 = await startLogin3({ clientSecret: randomUUID() });
  servers.push(login3);
  const api = await startOrdersApi(login3);
  servers.push(api);
  const settings = {
    GATEPASS_DOMAIN: login3.domain,
    GATEPASS_CLIENT_ID: login3.clientId,
    GATEPASS_CLIENT_SECRET: login3.clientSecret,
    GATEPASS_AUDIENCE: login3.audiences[0],
  };
  const token = await requestToken(login3);
  const outage = await startOutage();

  const project = await createProject({
    name: "readme",
    tarball: findTarball(),
    files: [[join(repository, "tests", "node_modules", "hono"), "node_modules/hono"]],
  });
  const hosts = { "https://tenant.login3.example": `http://${login3.domain}`, "https://api.example": api.origin };
  const hostMap = readFileSync(join(here, "host-map.mjs"), "utf8");
  writeFileSync(join(project, "host-map.mjs"), hostMap.replace('"HOSTS"', JSON.stringify(hosts)));
  copyFileSync(join(here, "announce-port.mjs"), join(project, "announce-port.mjs"));

  for (const block of blocks) {
    if (block.runtimes.length === 0) judge(`README.md:${block.line} says which runtimes it is for`, "write ```js and then node, deno, bun, workers or types");
    for (const runtime of block.runtimes) {
      const before = api.calls;
      const problem = await execute({ block, runtime, project, settings, token, login3 }).catch((error) => error.message);
      const unused = runtime !== "types" && block.code.includes("callApi(") && api.calls === before ? "the API was not called" : undefined;
      judge(`README.md:${block.line} ${runtime === "types" ? "compiles" : `runs on ${runtime}`}`, problem ?? unused);
      if (!isVerifier(block) || runtime === "types") continue;
      const hidden = await execute({ block, runtime, project, ...outage }).catch((error) => error.message);
      judge(`README.md:${block.line} on ${runtime} answers 503 without keys, and logs why`, hidden);
    }
  }
} catch (error) {
  failed += 1;
  console.error(`FAILED readme: ${error.stack}`);
} finally {
  await endAll();
  for (const server of servers) await server.close();
}
console.log(`suite readme: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** What is wrong with what the objects hold: there is one for the token, and one for the keys it was verified with. */
async function tokensHeld(objects) {
  const records = await objects.records();
  return records === 2 ? undefined : `${records} Durable Objects hold something, not the token and the keys`;
}

function isVerifier({ code }) {
  return code.includes(".authorize(") || code.includes("protect(");
}

/**
 * Runs one block on one runtime; resolves to what is wrong, if anything is. Without `login3` its authorization server
 * is down.
 */
async function execute({ block, runtime, project, settings, token, login3 }) {
  if (runtime === "types") return compileProblems(block.code, project);
  const file = `readme-line-${block.line}.mjs`;
  writeFileSync(join(project, file), block.code);
  if (runtime === "workerd") {
    const directory = join(project, `worker-line-${block.line}`);
    mkdirSync(directory, { recursive: true });
    const entry = join(directory, "entry.mjs");
    writeFileSync(entry, `import "../host-map.mjs";\nexport * from "../${file}";\nexport { default } from "../${file}";\n`);
    if (block.code.includes("TokenBroker")) {
      const objects = await startObjects({ entry, directory, bindings: settings });
      try {
        return (await checkCallingWorker(objects.origin)) ?? (await tokensHeld(objects));
      } finally {
        await objects.end();
      }
    }
    const log = [];
    const worker = await startWorker({ entry, directory, bindings: settings, onLog: (line) => log.push(line) });
    try {
      if (!isVerifier(block)) return await checkCallingWorker(worker.origin);
      return login3 ? await checkVerifyingApi(worker.origin, token, login3) : await checkOutage(worker.origin, token, log);
    } finally {
      await worker.end();
    }
  }

  const isServer = block.code.includes("createServer(");
  const [command, args] = COMMANDS[runtime](file);
  const lines = [];
  const errors = [];
  let listening;
  const port = new Promise((resolve) => (listening = resolve));
  const program = start(command, isServer ? ["--import", "./announce-port.mjs", ...args] : args, {
    cwd: project,
    env: { ...environmentOfPrograms(), ...settings, PORT: "0" },
    onLine: (line) => {
      lines.push(line);
      const announced = /^listening on (\d+)$/.exec(line);
      if (announced) listening(announced[1]);
    },
    onErrorLine: (line) => errors.push(line),
  });
  try {
    if (isServer) {
      const found = await within(TIMEOUT, Promise.race([port, program.exited.then(() => undefined)]));
      if (!found) return `it does not listen:\n${errors.join("\n")}`;
      const origin = `http://127.0.0.1:${found}`;
      return login3 ? await checkVerifyingApi(origin, token, login3) : await checkOutage(origin, token, errors);
    }
    const ended = await within(TIMEOUT, program.exited);
    if (ended === undefined) return `it did not end within ${TIMEOUT / 1000} s`;
    if (ended.status !== 0) return `it ended with ${ended.status ?? ended.error?.message}:\n${errors.join("\n")}`;
    return comparePrints(block, lines);
  } finally {
    await program.end();
  }
}

async function checkCallingWorker(origin) {
  for (const round of ["first", "second"]) {
    const response = await fetch(origin);
    const text = await response.text();
    if (response.status !== 200 || !text.includes('"orders"')) return `its ${round} answer is ${response.status} ${text}`;
  }
  return undefined;
}

async function checkVerifyingApi(origin, token, login3) {
  const forged = `${token.slice(0, -6)}AAAAAA`;
  // RFC 6750 section 3.1: who brings no credentials is told no error.
  const cases = [
    { what: "no token", headers: {}, status: 401, challenge: "Bearer" },
    { what: "a token with a wrong signature", headers: { authorization: `Bearer ${forged}` }, status: 401, challenge: 'Bearer error="invalid_token"' },
    { what: "a good token", headers: { authorization: `Bearer ${token}` }, status: 200, challenge: null },
  ];
  for (const { what, headers, status, challenge } of cases) {
    const response = await fetch(origin, { headers });
    const text = await response.text();
    if (response.status !== status) return `${what} is answered with ${response.status} ${text}`;
    const told = response.headers.get("www-authenticate")?.split(", ")[0] ?? null;
    if (told !== challenge) return `${what}: the challenge is ${told}`;
    if (status === 200 && JSON.parse(text).subject !== login3.clientId) return `${what} is answered with ${text}`;
  }
  return undefined;
}

async function checkOutage(origin, token, log) {
  const response = await fetch(origin, { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 503) return `it is answered with ${response.status} ${await response.text()}`;
  for (let waited = 0; waited < 5000; waited += 100) {
    if (log.some((line) => line.includes("cannot verify: keys_unavailable: "))) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return `it logs ${JSON.stringify(log)}`;
}

/** A good token of an authorization server that is down, and the settings of an API that accepts it. */
async function startOutage() {
  const login3 = await startLogin3({ clientSecret: randomUUID() });
  const token = await requestToken(login3);
  await login3.close();
  return { token, settings: { GATEPASS_DOMAIN: login3.domain, GATEPASS_AUDIENCE: login3.audiences[0] } };
}

/** A token that gatepass had no part in. */
async function requestToken({ tokenEndpoint, clientId, clientSecret, audiences }) {
  const response = await fetch(tokenEndpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      audience: audiences[0],
    }),
  });
  return (await response.json()).access_token;
}

function comparePrints({ code }, lines) {
  const promised = [...code.matchAll(/\/\/ prints: (.*)$/gm)].map(([, text]) => text);
  const missing = promised.filter((text) => !lines.includes(text));
  return missing.length === 0 ? undefined : `it should print ${JSON.stringify(missing)}, it printed ${JSON.stringify(lines)}`;
}

function javascriptBlocks(text) {
  const found = [];
  for (const match of text.matchAll(/^```(js|javascript|mjs|ts|typescript)\b([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const [, , info, code] = match;
    const runtimes = info.trim().split(/\s+/).flatMap((word) => RUNTIMES[word] ?? []);
    found.push({ line: text.slice(0, match.index).split("\n").length, runtimes, code });
  }
  if (found.length === 0) throw new Error("README.md has no JavaScript block");
  return found;
}

/** What a program needs to start; nothing of GATEPASS_ that the caller may have set for a real tenant. */
function environmentOfPrograms() {
  const names = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "DENO_DIR"];
  return Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

function judge(name, problem) {
  if (problem === undefined) {
    passed += 1;
    console.log(`readme ok: ${name}`);
  } else {
    failed += 1;
    console.error(`FAILED readme: ${name}\n  ${problem}`);
  }
}
