// Runs a bundled worker in workerd with what Cloudflare binds to it, as Miniflare sets it up: Workers KV, the Cache API and
// Durable Objects, in memory. The argument is the settings as JSON. Prints its address.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const { directory, wasmModules, compatibilityDate, bindings, durableObjects } = JSON.parse(process.argv[2]);
const read = (path) => readFileSync(join(directory, path));

const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  modules: [
    { type: "ESModule", path: "worker.js", contents: read("worker.js") },
    ...wasmModules.map((path) => ({ type: "CompiledWasm", path, contents: read(path) })),
  ],
  compatibilityDate,
  bindings,
  kvNamespaces: ["KV"],
  durableObjects,
  cf: false, // not asked of Cloudflare
});
console.log(`listening on ${(await miniflare.ready).origin}`);

process.on("SIGTERM", async () => {
  await miniflare.dispose();
  process.exit(0);
});
