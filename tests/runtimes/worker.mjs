// A worker as a Cloudflare user has it: bundled with the `workerd` condition, the `.wasm` kept as a module of its own,
// served by workerd on a loopback port.

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { findBinary, newestCompatibilityDate } from "./binaries.mjs";
import { start, within } from "./launch.mjs";

const START_TIMEOUT = 20_000;

/**
 * @param {object} settings
 * @param {string} settings.entry the worker's main module
 * @param {string} settings.directory where the bundle and the configuration are written
 * @param {string} [settings.workerd] which of the pinned versions
 * @param {string} [settings.compatibilityDate] the newest this workerd knows by default
 * @param {string[]} [settings.compatibilityFlags]
 * @param {Record<string, string>} [settings.bindings] the worker's `env`. Handed over in workerd's own environment, so
 *   that a secret is in no file and on no command line.
 * @param {Record<string, { address: string, authority: string, certificate: string, key: string }>} [settings.certified]
 *   fetchers of the worker's `env` that present a client certificate to one server, as `mtls_certificates` are on
 *   Cloudflare: `host:port` of the server, who vouches for it, and the certificate with its key, as PEM texts
 * @param {object[]} [settings.plugins] further plugins of esbuild, which come first
 * @param {Record<string, string>} [settings.folders] fetchers of the worker's `env` that serve the files of a folder, as
 *   `[assets]` are on Cloudflare
 * @param {{ folder: string, classes: Record<string, string> }} [settings.objects] namespaces of Durable Objects of the
 *   worker's `env`, by the names of their classes, and the folder that keeps what they store
 * @param {number} [settings.port] of loopback; a free one by default
 * @param {(line: string) => void} [settings.onLog] what workerd and the worker print
 * @returns {Promise<{ origin: string, pid: number, end: () => Promise<void>, exited: Promise<object> }>}
 */
export async function startWorker({
  entry,
  directory,
  workerd = "workerd",
  compatibilityDate = newestCompatibilityDate(workerd),
  compatibilityFlags = [],
  bindings = {},
  certified = {},
  plugins = [],
  folders = {},
  objects = { classes: {} },
  port = 0,
  onLog,
}) {
  const wasmModules = await bundle(entry, directory, plugins);
  const config = join(directory, "config.capnp");
  writeFileSync(config, configuration({ wasmModules, compatibilityDate, compatibilityFlags, names: Object.keys(bindings), certified, folders, objects, port }));

  const log = [];
  const note = (line) => {
    log.push(line);
    onLog?.(line);
  };
  let listening;
  const chosen = new Promise((resolve) => (listening = resolve));
  const program = start(findBinary(workerd), ["serve", basename(config), "--control-fd=3"], {
    cwd: directory,
    env: bindings,
    onLine: note,
    onErrorLine: note,
    // workerd picks the port itself and says which: no moment in which another program could take it.
    onControlLine: (line) => {
      const message = JSON.parse(line);
      if (message.event === "listen") listening(message.port);
    },
  });
  const started = await within(START_TIMEOUT, Promise.race([chosen, program.exited.then(() => undefined)]));
  if (started === undefined) {
    await program.end();
    throw new Error(`workerd did not start:\n${log.slice(-10).join("\n")}`);
  }
  return { origin: `http://127.0.0.1:${started}`, pid: program.child.pid, end: program.end, exited: program.exited };
}

/** Writes `worker.js` and the wasm modules it imports; returns the names of the latter. */
export async function bundle(entry, directory, plugins = []) {
  mkdirSync(directory, { recursive: true });
  const wasmModules = new Set();
  await build({
    entryPoints: [entry],
    outfile: join(directory, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "import"],
    external: ["node:*"],
    logLevel: "silent",
    plugins: [...plugins, {
      name: "wasm-stays-a-module",
      setup({ onResolve }) {
        onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
          const name = basename(path);
          copyFileSync(join(resolveDir, path), join(directory, name));
          wasmModules.add(name);
          return { path: `./${name}`, external: true };
        });
      },
    }],
  });
  return [...wasmModules];
}

// The format is workerd.capnp of the workerd repository. `private` lets the worker reach loopback.
function configuration({ wasmModules, compatibilityDate, compatibilityFlags, names, certified, folders, objects, port }) {
  const text = JSON.stringify; // a Cap'n Proto text literal is escaped as JSON is, for the names used here
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
${Object.entries(certified).map(([name, { address, authority, certificate, key }]) => `    (name = ${text(name)}, external = (address = ${text(address)}, https = (
      certificateHost = "127.0.0.1",
      tlsOptions = (trustedCertificates = [${text(authority)}], keypair = (privateKey = ${text(key)}, certificateChain = ${text(certificate)})),
    ))),\n`).join("")}${Object.entries(folders).map(([name, path]) => `    (name = ${text(name)}, disk = (path = ${text(path)})),\n`).join("")}${objects.folder ? `    (name = "objects", disk = (path = ${text(objects.folder)}, writable = true)),\n` : ""}  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
${wasmModules.map((name) => `    (name = ${text(`./${name}`)}, wasm = embed ${text(name)}),\n`).join("")}  ],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(text).join(", ")}],
  bindings = [
${names.map((name) => `    (name = ${text(name)}, fromEnvironment = ${text(name)}),\n`).join("")}${Object.keys({ ...certified, ...folders }).map((name) => `    (name = ${text(name)}, service = ${text(name)}),\n`).join("")}${Object.entries(objects.classes).map(([name, className]) => `    (name = ${text(name)}, durableObjectNamespace = ${text(className)}),\n`).join("")}  ],
${objects.folder ? `  durableObjectNamespaces = [
${Object.values(objects.classes).map((className) => `    (className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true),\n`).join("")}  ],
  durableObjectStorage = (localDisk = "objects"),
` : ""});
`;
}
