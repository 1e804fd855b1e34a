// Measures what the package weighs, how fast it starts and what a call costs, and writes it to docs/measured.md and the README.
//
//   make measure                          builds the package first
//   node tests/measure/run.mjs warm       only calls that find their token in memory; prints the rows and writes nothing
//
// Nothing else should be running on the machine meanwhile.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { measureApiCalls, PEER_FILES } from "./api-call.mjs";
import { digest, document, warmCallsSection } from "./report.mjs";
import { measureStartUp, RUNS, YARDSTICK } from "./start-up.mjs";
import { measureVerification, PEERS } from "./verify.mjs";
import { measureWarmCalls } from "./warm-call.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const repository = dirname(dirname(here));
const [BEGIN, END] = ["<!-- measured:begin -->", "<!-- measured:end -->"];

try {
  const tarball = findTarball();
  if (process.argv[2] === "warm") console.log(`\n${warmCallsSection(await measureWarmCalls(await projectOf(tarball)))}`);
  else await measureAll(tarball);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await endAll();
}

function projectOf(tarball) {
  return createProject({ name: "measure", tarball, files: [[join(here, "programs"), "."], YARDSTICK, ...PEER_FILES], packages: PEERS.map(pinned) });
}

async function measureAll(tarball) {
  // Before anything is measured, which would be in vain.
  splitReadme();
  const sizes = readSizes(tarball);
  const project = await projectOf(tarball);
  console.log("measuring from import to first call");
  const measured = { version: versionOf(tarball), date: new Date().toISOString().slice(0, 10), machine: machine(), load: loadavg()[0].toFixed(1), sizes, runs: RUNS };
  measured.startUp = await measureStartUp(project);
  console.log("measuring calls that find their token in memory");
  measured.warmCalls = await measureWarmCalls(project);
  console.log("measuring calls to an API");
  measured.apiCalls = await measureApiCalls(project);
  console.log("measuring what verifying a token takes");
  measured.verification = await measureVerification(project);

  const text = document(measured);
  mkdirSync(join(repository, "docs"), { recursive: true });
  writeFileSync(join(repository, "docs", "measured.md"), text);
  const readme = splitReadme();
  writeFileSync(join(repository, "README.md"), `${readme.before}${BEGIN}\n${digest(measured)}\n${END}${readme.after}`);
  console.log(`\n${text}\nwritten to docs/measured.md and README.md`);
}

/** The sizes that the build of this very tarball found. */
function readSizes(tarball) {
  const file = join(dirname(tarball), "sizes.json");
  if (!existsSync(file)) throw new Error("there are no sizes beside the package: run `make build` first");
  const sizes = JSON.parse(readFileSync(file, "utf8"));
  if (sizes.tarball.raw !== statSync(tarball).size) throw new Error("the sizes beside the package are those of another build: run `make build`");
  return sizes;
}

function splitReadme() {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  const [before, rest, ...more] = readme.split(BEGIN);
  const [, after, ...others] = rest?.split(END) ?? [];
  if (after === undefined || more.length + others.length > 0) throw new Error(`README.md must have ${BEGIN} and, after it, ${END}, once each`);
  return { before, after };
}

/** A peer, in the version that the tests are pinned to. */
function pinned(name) {
  return `${name}@${JSON.parse(readFileSync(join(repository, "tests", "package.json"), "utf8")).devDependencies[name]}`;
}

function versionOf(tarball) {
  return /gatepass-(.+)\.tgz$/.exec(tarball)[1];
}

/** Nothing that says whose machine it is. */
function machine() {
  return `${process.platform} ${process.arch} with ${availableParallelism()} cores`;
}
