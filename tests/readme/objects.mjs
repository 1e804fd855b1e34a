// A Worker with the Durable Object TOKENS, in the workerd that Miniflare sets up.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { bundle } from "../runtimes/worker.mjs";

export async function startObjects({ entry, directory, bindings }) {
  const wasmModules = await bundle(entry, directory);
  const read = (path) => readFileSync(join(directory, path));
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    modules: [
      { type: "ESModule", path: "worker.js", contents: read("worker.js") },
      ...wasmModules.map((path) => ({ type: "CompiledWasm", path, contents: read(path) })),
    ],
    compatibilityDate: newestCompatibilityDate(),
    bindings,
    durableObjects: { TOKENS: { className: "TokenBroker", useSQLite: true } },
    cf: false, // not asked of Cloudflare
  });
  const { origin } = await miniflare.ready;
  return {
    origin,
    /** How many objects hold something. */
    records: async () => (await miniflare.listDurableObjectIds("TOKENS")).length,
    end: () => miniflare.dispose(),
  };
}
