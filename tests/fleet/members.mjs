// The members of a fleet: processes, and isolates of workerd. Each is asked over HTTP and answers what programs/answer.mjs
// makes of it.

import { join } from "node:path";
import { equal, fail, same } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { start, within } from "../runtimes/launch.mjs";
import { startMiniflare } from "../stores/miniflare.mjs";
import { formsOf, SECRETS } from "./secrets.mjs";

const START_TIMEOUT = 30_000;
/** A call that takes longer hangs. */
const ANSWER_TIMEOUT = 30_000;

// 127.0.0.1 is where the servers are. The clients of Redis read the environment, Deno KV reads and writes its file.
const COMMANDS = {
  node: () => [],
  deno: (folder) => [
    "run", "--no-prompt", "--cached-only", "--unstable-kv", "--allow-net=127.0.0.1", "--allow-env", `--allow-read=${folder}`, `--allow-write=${folder}`,
  ],
};

/**
 * @param {"node" | "deno"} runtime
 * @param {string} folder where Deno may read and write
 */
export async function startProcess(project, runtime, name, folder) {
  const log = [];
  let listening;
  const port = new Promise((resolve) => (listening = resolve));
  const program = start(findBinary(runtime), [...COMMANDS[runtime](folder), "member.mjs"], {
    cwd: project,
    onLine: (line) => (/^\d+$/.test(line) ? listening(line) : log.push(line)),
    onErrorLine: (line) => log.push(line),
  });
  const started = await within(START_TIMEOUT, Promise.race([port, program.exited.then(() => undefined)]));
  if (started === undefined) {
    await program.end();
    throw new Error(`${name} did not start:\n${log.slice(-10).join("\n")}`);
  }
  return { ...memberAt(name, `http://127.0.0.1:${started}/`), end: program.end, kill: () => program.child.kill("SIGKILL") };
}

/**
 * Isolates in one workerd.
 * @param {object} settings
 * @param {string[]} settings.isolates their names
 * @param {Record<string, { classes: string[], options: object }>} settings.hosts isolates with Durable Objects, and what
 *   the token brokers among these are told
 * @returns {Promise<Record<string, object>>} the members by name, with `end` and `log`
 */
export async function startIsolates(project, { compatibilityDate, useSQLite, isolates, hosts = {} }) {
  const { origin, log, end } = await startMiniflare({
    project,
    entry: "worker.mjs",
    directory: join(project, `.isolates-${compatibilityDate}`),
    compatibilityDate,
    useSQLite,
    isolates,
    hosts,
  });
  const members = Object.fromEntries([...isolates, ...Object.keys(hosts)].map((name) => [name, memberAt(name, `${origin}/${name}`)]));
  return { members, log, end };
}

function memberAt(name, url) {
  /** Posts a message and resolves to the answer; another status, or none within the time, is a failure. */
  const post = async (message) => {
    let response;
    try {
      response = await fetch(url, { method: "POST", body: JSON.stringify(message), signal: AbortSignal.timeout(ANSWER_TIMEOUT) });
    } catch (error) {
      return fail(`${name}: ${error.name === "TimeoutError" ? "hangs" : error.cause ?? error}`);
    }
    const text = await response.text();
    equal(response.status, 200, `${name}: status (${text})`);
    return JSON.parse(text);
  };
  return {
    name,
    url,
    /** An answer, which must hold no secret besides the tokens that were asked for. */
    async ask(message) {
      const answer = await post(message);
      const { tokens, ...rest } = answer;
      const told = JSON.stringify(rest);
      for (const text of [...SECRETS, ...tokens.flatMap((token) => token?.value ?? [])]) {
        if (formsOf(text).some((form) => told.includes(form))) fail(`${name}: a secret or token shows in ${told}`);
      }
      return answer;
    },
    /** What is stored, past gatepass. */
    dump: (store) => post({ action: "dump", store }),
  };
}

/** What a member gets that must get one token, and no error. */
export async function tokenOf(member, message) {
  const answer = await member.ask(message);
  same(answer.errors, [], `${member.name}: errors`);
  const values = new Set(answer.tokens.map(({ value }) => value));
  equal(values.size, 1, `${member.name}: different tokens`);
  if (answer.tokens.some(({ left }) => left <= 0)) fail(`${member.name}: it was given a token that has ended`);
  return { ...answer, token: answer.tokens[0].value, source: answer.sources[0] };
}

export const typesOf = (events) => events.map(({ type }) => type);

/** How many token requests a member has made of its own. */
export const requestsOf = (events) => events.filter(({ type }) => type === "token_requested").length;

/** Why members may have gone without the store, for a message. */
export function storeFailures(answers) {
  const failures = answers.flatMap(({ events }) => events).filter(({ type }) => type === "store_failed");
  return failures.length === 0 ? "" : ` (${failures.map(({ operation, problem, error }) => `${operation} ${problem} ${error ?? ""}`).join(", ")})`;
}
