// Executes the code of README.md and of the guides in docs/ as it stands there, and checks what they say about names.
//
//   node tests/readme/run.mjs [DOCUMENT...]      README.md docs/deno.md: only these
//
// Each block that starts with ```js is followed by the runtimes it is for: ```js node deno. It becomes a file in a
// project in which the packed package was installed, and runs on each of them, without a change. The
// addresses it uses (https://tenant.login3.example, https://api.example) are led to servers on this machine by a
// replacement of globalThis.fetch that is loaded before it. What a comment `// prints: ...` promises must be
// what the line prints. What verifies tokens runs once more while the authorization server is down. A Worker with a
// binding TOKENS runs in the workerd that Miniflare sets up. What needs a server or a package that is not here
// (```js types) is compiled against the declarations instead; with `workers`, against the types of Workers. With the
// word `key` a block finds the settings of a client with a private key. Commands and configuration: other-blocks.mjs.
// A block that nothing runs or reads fails. Blocks of the README for Node.js run on both of its versions, those of the guides on
// the one that runs this.
//
// Counted: each block on each runtime, those that verify twice, and each check of names.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { documentsOf, isCode, isCompiled, readBlocks } from "./blocks.mjs";
import { checkNames } from "./names.mjs";
import { otherProblem } from "./other-blocks.mjs";
import { execute, isVerifier } from "./programs.mjs";
import { requestToken, startOutage, startServers } from "./settings.mjs";
import { compileBlocks, linkPackages } from "./types.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const repository = dirname(dirname(here));

const servers = [];
const counts = { passed: 0, failed: 0, skipped: 0 };
const all = documentsOf(repository);
const asked = process.argv.slice(2);
const unknown = asked.filter((document) => !all.includes(document));
if (unknown.length > 0) throw new Error(`no such document: ${unknown.join(", ")}`);

try {
  if (asked.length === 0) for (const { name, problem } of checkNames(repository, all)) judge(name, problem);

  const { login3, api, hosts, settings, missing } = await startServers(servers);
  const token = await requestToken(login3);
  const outage = await startOutage();

  const project = await createProject({ name: "readme", tarball: findTarball(), files: [] });
  linkPackages(join(repository, "tests", "node_modules"), join(project, "node_modules"));
  const hostMap = readFileSync(join(here, "host-map.mjs"), "utf8");
  writeFileSync(join(project, "host-map.mjs"), hostMap.replace('"HOSTS"', JSON.stringify(hosts)));
  copyFileSync(join(here, "announce-port.mjs"), join(project, "announce-port.mjs"));

  const blocks = (asked.length > 0 ? asked : all).flatMap((document) => readBlocks(repository, document));
  const uncompilable = compileBlocks(blocks.filter(isCompiled), project);
  for (const block of blocks) {
    if (!isCode(block)) judge(`${block.place} can be read`, inEmptyFolder((directory) => otherProblem(block, { repository, directory })));
    else if (isCompiled(block)) judge(`${block.place} compiles`, uncompilable.get(block));
    else await runOn({ block, project, api, missing, token, subject: login3.clientId, settings, outage });
  }
} catch (error) {
  counts.failed += 1;
  console.error(`FAILED readme: ${error.stack}`);
} finally {
  await endAll();
  for (const server of servers) await server.close();
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
console.log(`suite readme: ${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

/** Runs a block on each of its runtimes. */
async function runOn({ block, project, api, missing, token, subject, settings, outage }) {
  if (block.runtimes.length === 0) judge(`${block.place} says which runtimes it is for`, "write ```js and then node, deno, bun, workers or types");
  const chosen = settings[block.words.find((word) => word in settings) ?? "default"];
  for (const runtime of block.runtimes) {
    const lack = block.code.includes("REDIS_URL") ? missing.redis : undefined;
    if (lack) {
      counts.skipped += 1;
      console.log(`readme skipped: ${block.place} on ${runtime}: ${lack}`);
      continue;
    }
    const before = api.calls;
    const problem = await execute({ block, runtime, project, settings: chosen, token, subject }).catch((error) => error.message);
    const unused = block.code.includes("callApi(") && api.calls === before ? "the API was not called" : undefined;
    judge(`${block.place} runs on ${runtime}`, problem ?? unused);
    if (!isVerifier(block)) continue;
    const hidden = await execute({ block, runtime, project, token: outage.token, settings: { ...chosen, ...outage.settings } }).catch((error) => error.message);
    judge(`${block.place} on ${runtime} answers 503 without keys, and logs why`, hidden);
  }
}

function inEmptyFolder(action) {
  const directory = mkdtempSync(join(tmpdir(), "gatepass-readme-"));
  try {
    return action(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function judge(name, problem) {
  if (problem === undefined) {
    counts.passed += 1;
    console.log(`readme ok: ${name}`);
  } else {
    counts.failed += 1;
    console.error(`FAILED readme: ${name}\n  ${problem}`);
  }
}
