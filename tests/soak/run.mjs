// The library under load for a while: Node.js, Deno, Bun and workerd, tokens that are renewed every few seconds, keys that are
// replaced, callers that vanish, and faults of everything it depends on. On loopback only; from the packed package.
//
//   node tests/soak/run.mjs [--minutes=10]
//   node tests/soak/run.mjs --check         for half a minute, and whether it would find what is wrong; a suite
//
// Prints how it goes, a table in the end, and what must not be: an error that no fault explains, a caller who hangs, memory
// that grows, token requests that nobody needs. The figures go to target/soak.json.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startSuite } from "../package/counted.mjs";
import { ok, same, skip } from "../runtimes/assert.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { quantile } from "../engine/setting.mjs";
import { judge, megabytes } from "./judge.mjs";
import { checkJudge } from "./judge-check.mjs";
import { load, newTally } from "./load.mjs";
import { MEMBERS, startMember } from "./members.mjs";
import { LIFETIME, startWorld } from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" }, check: { type: "boolean", default: false } } });
const DURATION = values.check ? 32_000 : Number(values.minutes) * 60_000;
if (!(DURATION >= 30_000)) throw new Error("--minutes is half a minute or more");

/** Milliseconds. What fails in turn, each for its part of a cycle; there is a calm before it. */
const CYCLE = 40_000;
const FAULTS = [
  { part: "token", kinds: ["500", "reset", "503"], share: 0.5 },
  { part: "keys", kinds: ["500", "hang", "reset"], share: 1 },
  { part: "api", kinds: ["reset", "503"], share: 0.2 },
  { part: "store", kinds: ["error", "hang"], share: 1 },
];
const CALM = 0.2;
/** Of the time: then everything has been used, and what grows from there on grows. Half a minute is too short to say. */
const WARM_UP = values.check ? 1 : 0.25;
/** A token is renewed at four fifths of its life or sooner. */
const RENEWED_AFTER = 0.8 * LIFETIME * 1000;
const SHOW_EVERY = 5_000;

if (values.check) {
  const { test, end } = startSuite("soak", { looksAtTime: true });
  await checkJudge(test);
  let summary;
  await test("half a minute under faults shows nothing wrong", async () => {
    summary = await soak();
    same(summary.problems, [], "problems");
  });
  await test("every part has failed, and keys were replaced", () => {
    if (!summary) skip("it has not run to its end");
    if (summary.missing) skip(summary.missing);
    ok(summary.failed > 10 && summary.rotations > 0, `${summary.failed} failed answers, ${summary.rotations} rotations`);
  });
  end();
} else {
  const { problems } = await soak();
  console.log(problems.length === 0 ? "nothing wrong" : problems.map((problem) => `FAILED ${problem}`).join("\n"));
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** Runs it, shows what it measured and writes it down. */
async function soak() {
  const summary = await measure().finally(endAll);
  mkdirSync(join(here, "..", "..", "target"), { recursive: true });
  writeFileSync(join(here, "..", "..", "target", "soak.json"), `${JSON.stringify(summary, undefined, 2)}\n`);
  show(summary);
  return summary;
}

async function measure() {
  const world = await startWorld();
  try {
    return await measureIn(world);
  } finally {
    await world.close();
  }
}

async function measureIn(world) {
  const files = [[join(here, "programs"), "."], [join(here, "..", "workerd", "instruments.mjs"), "instruments.mjs"]];
  const project = await createProject({ name: "soak", tarball: findTarball(), files });
  writeFileSync(join(project, "config.mjs"), `export default ${JSON.stringify(world.config)};\n`);
  const members = await Promise.all(MEMBERS.map((name) => startMember(project, name)));

  const began = performance.now();
  const goesOn = () => performance.now() - began < DURATION;
  const faults = [];
  const tallies = Object.fromEntries(members.map(({ name }) => [name, newTally()]));
  const warm = {};
  const [rotations] = await Promise.all([
    weather(world, faults, goesOn),
    showProgress(tallies, world, goesOn),
    sleep(DURATION * WARM_UP).then(async () => Object.assign(warm, await statesOf(members))),
    ...members.map((member) => load(member, { goesOn, faults, tally: tallies[member.name] })),
  ]);
  const end = await statesOf(members);
  await Promise.all(members.map((member) => member.end()));

  const lifetimes = DURATION / RENEWED_AFTER;
  const found = {
    members: Object.fromEntries(members.map(({ name, log }) => [name, membersFigures(tallies[name], log, warm[name], end[name])])),
    tokenRequests: world.counts.token,
    // While the store fails, each member works for itself; while the endpoint fails, each request is tried again.
    ideal: { least: Math.floor(lifetimes / 2), most: Math.ceil(lifetimes * (world.missing ? 2 * members.length : 2) + members.length * (2 + faults.length)) },
  };
  return { seconds: DURATION / 1000, lifetimes, rotations, failed: world.counts.failed, missing: world.missing, requests: world.counts, ...found, problems: judge(found) };
}

/** The faults, one after the other, and another key at the start of each cycle but the first. */
async function weather(world, faults, goesOn) {
  let rotations = 0;
  const length = Math.min(CYCLE, DURATION);
  const phase = (length * (1 - CALM)) / FAULTS.length;
  while (goesOn()) {
    await sleep((length * CALM) / 2);
    await world.rotate();
    rotations += 1;
    await sleep((length * CALM) / 2);
    for (const { part, ...fault } of FAULTS) {
      if (!goesOn()) break;
      const felt = { part, from: performance.now(), until: Infinity };
      faults.push(felt);
      world.faults[part] = { ...fault };
      await sleep(phase);
      delete world.faults[part];
      felt.until = performance.now();
    }
  }
  return rotations;
}

async function statesOf(members) {
  return Object.fromEntries(await Promise.all(members.map(async ({ name, port, rss }) => {
    const { pages, events } = await (await fetch(`http://127.0.0.1:${port}/state`)).json();
    return [name, { pages, events, rss: rss() }];
  })));
}

function membersFigures({ requests, resets, milliseconds, errors, unexplained }, log, warm, end) {
  const at = (share) => (milliseconds.length === 0 ? 0 : Math.round(quantile(milliseconds, share)));
  return { requests, resets, p50: at(0.5), p99: at(0.99), p999: at(0.999), longest: at(1), errors, unexplained, complaints: log.slice(0, 5), warm, end };
}

async function showProgress(tallies, world, goesOn) {
  const began = performance.now();
  while (goesOn()) {
    await sleep(Math.min(SHOW_EVERY, DURATION));
    const sum = (key) => Object.values(tallies).reduce((total, tally) => total + tally[key], 0);
    const unexplained = Object.values(tallies).flatMap((tally) => Object.values(tally.unexplained)).reduce((a, b) => a + b, 0);
    const failing = Object.keys(world.faults).join(", ") || "nothing";
    if (process.stdout.isTTY || !values.check) {
      console.log(`  ${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s: ${sum("requests")} requests, ${sum("resets")} vanished, ${world.counts.token} token requests, ${unexplained} unexplained; fails: ${failing}`);
    }
  }
}

function show({ seconds, members, tokenRequests, ideal, lifetimes, rotations, failed, missing }) {
  console.table(Object.fromEntries(Object.entries(members).map(([name, one]) => [name, {
    requests: one.requests,
    vanished: one.resets,
    "p50 ms": one.p50,
    "p99 ms": one.p99,
    "p99.9 ms": one.p999,
    "longest ms": one.longest,
    "errors of faults": Object.entries(one.errors).map(([what, count]) => `${count} ${what}`).join(", ") || "-",
    unexplained: Object.entries(one.unexplained).map(([what, count]) => `${count} ${what}`).join(", ") || "-",
    "wasm pages": `${one.warm.pages} -> ${one.end.pages}`,
    RSS: `${megabytes(one.warm.rss)} -> ${megabytes(one.end.rss)}`,
  }])));
  console.log(`  ${seconds} s, ${lifetimes.toFixed(1)} lifetimes of tokens: ${tokenRequests} token requests, ${ideal.most} explained at most; ${rotations} keys replaced, ${failed} answers failed`);
  if (missing) console.log(`  without a store, because there is ${missing}`);
}
