// A Worker in the workerd that Miniflare sets up, with the binding TOKENS: a Durable Object or a KV namespace.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { bundle } from "../runtimes/worker.mjs";

const BINDINGS = {
  none: {},
  objects: { durableObjects: { TOKENS: { className: "TokenBroker", useSQLite: true } } },
  kv: { kvNamespaces: ["TOKENS"] },
};

/** @param {{ entry: string, directory: string, bindings: Record<string, string>, kind: "objects" | "kv" }} settings */
export async function startObjects({ entry, directory, bindings, kind }) {
  const wasmModules = await bundle(entry, directory);
  return startModules({ directory, names: ["worker.js", ...wasmModules], bindings, kind });
}

/**
 * @param {object} settings
 * @param {string} settings.directory where the modules are
 * @param {string[]} settings.names of the modules, the main one first
 * @param {Record<string, string>} settings.bindings
 * @param {"none" | "objects" | "kv"} settings.kind what TOKENS is
 * @param {string} [settings.compatibilityDate]
 * @param {(request: Request) => Promise<Response>} [settings.outboundService] what answers the Worker's own requests
 */
export async function startModules({ directory, names, bindings, kind, compatibilityDate = newestCompatibilityDate(), outboundService }) {
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    modules: names.map((path) => ({ type: path.endsWith(".js") ? "ESModule" : "CompiledWasm", path, contents: readFileSync(join(directory, path)) })),
    compatibilityDate,
    bindings,
    ...(outboundService && { outboundService }),
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
