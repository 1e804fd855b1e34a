// Runs one block on one runtime, with the settings it is given, and says what is wrong.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { equal, fail } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { start, within } from "../runtimes/launch.mjs";
import { unlessStalled } from "../runtimes/stalls.mjs";
import { startWorker } from "../runtimes/worker.mjs";
import { startObjects } from "./objects.mjs";

const TIMEOUT = 60_000;

const COMMANDS = {
  node: (file) => [findBinary("node"), ["--import", "./host-map.mjs", file]],
  node24: (file) => [findBinary("node24"), ["--import", "./host-map.mjs", file]],
  deno: (file) => [findBinary("deno"), ["run", "--no-prompt", "--cached-only", "--unstable-kv", "--allow-net", "--allow-env", "--preload", "./host-map.mjs", file]],
  bun: (file) => [findBinary("bun"), ["run", "--preload", "./host-map.mjs", file]],
};

/** What verifies tokens is tried with good and bad ones; everything else calls an API. */
export function isVerifier({ code }) {
  return code.includes(".authorize(") || code.includes("protect(");
}

/**
 * Runs one block on one runtime; resolves to what is wrong, if anything is.
 *
 * @param {object} given
 * @param {string} [given.token] a good token, for what verifies
 * @param {string} [given.subject] whose it is; without it, the authorization server is down
 */
export async function execute({ block, runtime, project, settings, token, subject }) {
  const file = `${block.name}.mjs`;
  writeFileSync(join(project, file), block.code);
  if (runtime === "workerd") return executeWorker({ block, file, project, settings, token, subject });

  const isServer = /\b(createServer|Deno\.serve|Bun\.serve|listen)\(/.test(block.code);
  const [command, args] = COMMANDS[runtime](file);
  const lines = [];
  const errors = [];
  let listening;
  const port = new Promise((resolve) => (listening = resolve));
  const note = (log, line) => {
    log.push(line);
    const announced = /^listening on (?:http:\/\/[^:]+:)?([1-9]\d*)/i.exec(line);
    if (announced) listening(announced[1]);
  };
  const program = start(command, isServer && runtime.startsWith("node") ? ["--import", "./announce-port.mjs", ...args] : args, {
    cwd: project,
    env: { ...environmentOfPrograms(), ...settings, PORT: "0" },
    onLine: (line) => note(lines, line),
    onErrorLine: (line) => note(errors, line), // where Deno announces its port
  });
  try {
    if (isServer) {
      const found = await within(TIMEOUT, Promise.race([port, program.exited.then(() => undefined)]));
      if (!found) return `it does not listen:\n${[...lines, ...errors].join("\n")}`;
      const origin = `http://127.0.0.1:${found}`;
      if (!isVerifier(block)) return await checkCalling(origin);
      return subject ? await checkVerifying(origin, token, subject) : await checkOutage(origin, token, errors);
    }
    const ended = await within(TIMEOUT, program.exited);
    if (ended === undefined) return `it did not end within ${TIMEOUT / 1000} s`;
    if (ended.status !== 0) return `it ended with ${ended.status ?? ended.error?.message}:\n${errors.join("\n")}`;
    return comparePrints(block, lines);
  } finally {
    await program.end();
  }
}

async function executeWorker({ block, file, project, settings, token, subject }) {
  const directory = join(project, `worker-${block.name}`);
  mkdirSync(directory, { recursive: true });
  const entry = join(directory, "entry.mjs");
  writeFileSync(entry, `import "../host-map.mjs";\nexport * from "../${file}";\nexport { default } from "../${file}";\n`);
  if (block.code.includes("env.TOKENS")) {
    const start = () => startObjects({ entry, directory, bindings: settings, kind: block.code.includes("workersKv") ? "kv" : "objects" });
    // A store that is late is done without, and what it did not get it does not hold.
    await unlessStalled(() => checkStore(start), (why) => console.log(`  ${block.place}: ${why}`));
    return undefined;
  }
  const log = [];
  const worker = await startWorker({ entry, directory, bindings: settings, onLog: (line) => log.push(line) });
  try {
    if (!isVerifier(block)) return await checkCalling(worker.origin);
    return subject ? await checkVerifying(worker.origin, token, subject) : await checkOutage(worker.origin, token, log);
  } finally {
    await worker.end();
  }
}

/** In the end, the store holds a record for the token, and one for the keys it was verified with. */
async function checkStore(start) {
  const objects = await start();
  try {
    const problem = await checkCalling(objects.origin);
    if (problem) fail(problem);
    equal(await objects.records(), 2, "records in the store");
  } finally {
    await objects.end();
  }
}

async function checkCalling(origin) {
  for (const round of ["first", "second"]) {
    const response = await fetch(origin);
    const text = await response.text();
    if (response.status !== 200 || !text.includes('"orders"')) return `its ${round} answer is ${response.status} ${text}`;
  }
  return undefined;
}

async function checkVerifying(origin, token, subject) {
  const forged = `${token.slice(0, -6)}AAAAAA`;
  // RFC 6750 section 3.1: who brings no credentials is told no error.
  const cases = [
    { what: "no token", headers: {}, status: 401, challenge: "Bearer" },
    { what: "a token with a wrong signature", headers: { authorization: `Bearer ${forged}` }, status: 401, challenge: 'Bearer error="invalid_token"' },
    { what: "a good token", headers: { authorization: `Bearer ${token}` }, status: 200, challenge: null },
  ];
  for (const { what, headers, status, challenge } of cases) {
    const response = await fetch(`${origin}/orders`, { headers });
    const text = await response.text();
    if (response.status !== status) return `${what} is answered with ${response.status} ${text}`;
    const told = response.headers.get("www-authenticate")?.split(", ")[0] ?? null;
    // What a challenge says beside the error (a scope, an address) is the example's own matter.
    if (challenge === null ? told !== null : !told?.startsWith(challenge)) return `${what}: the challenge is ${told}`;
    if (status === 200 && JSON.parse(text).subject !== subject) return `${what} is answered with ${text}`;
  }
  return undefined;
}

async function checkOutage(origin, token, log) {
  const response = await fetch(`${origin}/orders`, { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 503) return `it is answered with ${response.status} ${await response.text()}`;
  for (let waited = 0; waited < 5000; waited += 100) {
    if (log.some((line) => line.includes("cannot verify: keys_unavailable: "))) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return `it logs ${JSON.stringify(log)}`;
}

function comparePrints({ code }, lines) {
  const promised = [...code.matchAll(/\/\/ prints: (.*)$/gm)].map(([, text]) => text);
  const missing = promised.filter((text) => !lines.includes(text));
  return missing.length === 0 ? undefined : `it should print ${JSON.stringify(missing)}, it printed ${JSON.stringify(lines)}`;
}

/** What a program needs to start; nothing of GATEPASS_ that the caller may have set for a real tenant. */
function environmentOfPrograms() {
  const names = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "DENO_DIR"];
  return Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}
