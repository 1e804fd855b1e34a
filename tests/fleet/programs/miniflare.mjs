// Runs a fleet of isolates in one workerd: all with the same script, each with its own memory, sharing a Workers KV namespace
// and the Durable Objects that some of them, the hosts, have in them. The argument is the settings as JSON. Prints its
// address.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const { directory, wasmModules, compatibilityDate, useSQLite, isolates, hosts } = JSON.parse(process.argv[2]);
const read = (path) => readFileSync(join(directory, path));
const modules = [
  { type: "ESModule", path: "worker.js", contents: read("worker.js") },
  ...wasmModules.map((path) => ({ type: "CompiledWasm", path, contents: read(path) })),
];

/** The classes of all hosts, as they are bound to a worker. */
const durableObjects = (worker) => Object.fromEntries(
  Object.entries(hosts).flatMap(([host, { classes }]) =>
    classes.map((className) => [
      `${host}-${className}`,
      host === worker ? { className, useSQLite } : { className, useSQLite, scriptName: host },
    ])),
);
const member = (name, bindings = {}) =>
  ({ name, modules, compatibilityDate, bindings, kvNamespaces: { KV: "shared" }, durableObjects: durableObjects(name) });
const members = [
  ...isolates.map((name) => member(name)),
  ...Object.entries(hosts).map(([name, { options }]) => member(name, { BROKER: JSON.stringify(options) })),
];

const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  cf: false, // not asked of Cloudflare
  workers: [
    {
      name: "front",
      modules: [{ type: "ESModule", path: "front.mjs", contents: readFileSync("front.mjs") }],
      compatibilityDate,
      serviceBindings: Object.fromEntries(members.map(({ name }) => [name, name])),
    },
    ...members,
  ],
});
console.log(`listening on ${(await miniflare.ready).origin}`);

process.on("SIGTERM", async () => {
  await miniflare.dispose();
  process.exit(0);
});
