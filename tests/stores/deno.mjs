// `gatepass/stores/deno-kv`, and `gatepass/stores/cache-api` on Deno: with the pinned Deno.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equal, ok, same, thrownBy } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { start, within } from "../runtimes/launch.mjs";
import { context, endingIn, lockOf, newKey, testContract } from "./contract.mjs";
import { remote } from "./remote.mjs";

const START_TIMEOUT = 20_000;
const CALLERS = 20;

/** @param {string} project where the package and the hosts' programs are */
export async function testDeno(test, project) {
  const folder = mkdtempSync(join(tmpdir(), "gatepass-deno-"));
  try {
    const { origin, end } = await startDeno(project, folder);
    await testDenoKv(test, origin);
    await testContract(test, "cache-api (Deno)", remote(origin, "cache"), { locks: false, hasPrefix: false });
    await test("cache-api (Deno): two names share nothing", async () => {
      const [one, other] = [await remote(origin, "cache")(), await remote(origin, "named cache")()];
      const key = newKey();
      await one.set(key, "value", endingIn(60_000));
      equal(await other.get(key, context), null);
    });
    await end();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function testDenoKv(test, origin) {
  const inspect = await remote(origin, "inspect")();
  await test("deno-kv: a database that could not be opened is an error, and is opened at the next call", async () => {
    const store = await remote(origin, "file")("opening:");
    equal((await thrownBy(() => store.get(newKey(), context))).message, "the first opening fails");
    equal(await store.get(newKey(), context), null);
  });
  await test("deno-kv: a database is opened once, however many ask at once", async () => {
    const before = await inspect.opened();
    const store = await remote(origin, "file")("opened-once:");
    await Promise.all(Array.from({ length: CALLERS }, () => store.get(newKey(), context)));
    equal((await inspect.opened()) - before, 1);
  });

  await testContract(test, "deno-kv (in memory)", remote(origin, "memory"));
  await testContract(test, "deno-kv (in a file)", remote(origin, "file"));

  await test("deno-kv: what Deno keeps beyond its end counts as gone, and its lock is free for one", async () => {
    const key = newKey();
    await inspect.stale("stale:", key);
    const store = await remote(origin, "memory")("stale:");
    equal(await store.get(key, context), null);
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => store.acquire(lockOf(key), 60_000)));
    equal(answers.filter(Boolean).length, 1, "callers that got it");
  });
  await test("deno-kv: the keys of the database start with the prefix", async () => {
    const key = newKey();
    await (await remote(origin, "default prefix")()).set(key, "value", endingIn(60_000));
    same((await inspect.keys()).filter((parts) => parts.includes(key)), [["gatepass:", key]]);
  });
  await test("deno-kv: when the database is closed, every operation fails", async () => {
    const store = await remote(origin, "closed")();
    const key = newKey();
    const operations = [
      () => store.get(key, context), () => store.set(key, "value", endingIn(60_000)), () => store.delete(key), () => store.acquire(key, 1_000),
    ];
    for (const operation of operations) ok((await thrownBy(operation)) instanceof Error);
  });
}

async function startDeno(project, folder) {
  const log = [];
  let listening;
  const address = new Promise((resolve) => (listening = resolve));
  const program = start(findBinary("deno"), [
    "run", "--no-prompt", "--cached-only", "--unstable-kv", "--allow-net=127.0.0.1", `--allow-read=${folder}`, `--allow-write=${folder}`, "deno.mjs", folder,
  ], {
    cwd: project,
    // Where Deno keeps its caches: in a folder that is gone after the test.
    env: { ...process.env, DENO_DIR: join(folder, "deno") },
    onLine: (line) => (line.startsWith("http://") ? listening(line) : log.push(line)),
    onErrorLine: (line) => log.push(line),
  });
  const origin = await within(START_TIMEOUT, Promise.race([address, program.exited.then(() => undefined)]));
  if (origin !== undefined) return { origin, end: program.end };
  await program.end();
  throw new Error(`Deno did not start:\n${log.slice(-10).join("\n")}`);
}
