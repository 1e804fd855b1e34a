// The stores, each with the real thing behind it: a Redis server, Deno KV, and Workers KV, the Cache API and Durable Objects
// in workerd. From the packed package:
//
//   node tests/stores/run.mjs [--verbose]
//
// What needs a `redis-server` is skipped where there is none. GATEPASS_TARBALL names the package; without it, the newest in
// pkg/ is taken.

import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { testDeno } from "./deno.mjs";
import { testRedis } from "./redis.mjs";
import { testWorkers } from "./workers.mjs";

const here = dirname(fileURLToPath(import.meta.url));

const { test, end } = startSuite("stores", { looksAtTime: true });
try {
  let project;
  const installed = await test("the tarball can be installed", async () => {
    project = await createProject({ name: "stores", tarball: findTarball(), files: [[join(here, "hosts"), "."]] });
  });
  if (installed) {
    const store = (name) => import(pathToFileURL(join(project, "node_modules", "gatepass", "stores", `${name}.js`)).href);
    await testRedis(test, await store("redis"));
    await testDeno(test, project);
    await testWorkers(test, project);
  }
} finally {
  await endAll();
  end();
}
