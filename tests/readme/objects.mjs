// A Worker with the binding TOKENS, a Durable Object or a KV namespace, in the workerd that Miniflare sets up.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { bundle } from "../runtimes/worker.mjs";

const BINDINGS = {
  objects: { durableObjects: { TOKENS: { className: "TokenBroker", useSQLite: true } } },
  kv: { kvNamespaces: ["TOKENS"] },
};

/** @param {{ entry: string, directory: string, bindings: Record<string, string>, kind: "objects" | "kv" }} settings */
export async function startObjects({ entry, directory, bindings, kind }) {
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
    ...BINDINGS[kind],
    cf: false, // not asked of Cloudflare
  });
  const { origin } = await miniflare.ready;
  return {
    origin,
    /** How many records there are. */
    async records() {
      if (kind === "objects") return (await miniflare.listDurableObjectIds("TOKENS")).length;
      return (await (await miniflare.getKVNamespace("TOKENS")).list()).keys.length;
    },
    end: () => miniflare.dispose(),
  };
}
