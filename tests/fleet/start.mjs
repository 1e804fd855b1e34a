// Starts the members that the tests share: 8 processes, and isolates under an old and the newest compatibility date.

import { newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { startIsolates, startProcess } from "./members.mjs";
import { clientOf, LATENCY, LIFETIME } from "./setting.mjs";

// Durable Objects come with two kinds of storage.
const CONFIGURATIONS = [
  { compatibilityDate: newestCompatibilityDate(), useSQLite: true, size: 12 },
  { compatibilityDate: "2024-01-01", useSQLite: false, size: 4 },
];

/**
 * Workers with Durable Objects in them. Each has a token endpoint of its own, so that a test can steer its brokers'; where
 * `lifetime` does not say so, no token ends during a test.
 */
const HOSTS = {
  keeper: { classes: ["PlainBroker"] },
  rolling: { classes: ["OwningBroker"], lifetime: LIFETIME },
  burst: { classes: ["OwningBroker"] },
  alone: { classes: ["OwningBroker"], lifetime: 2 },
  failing: { classes: ["OwningBroker"], lifetime: LIFETIME },
  down: { classes: ["OwningBroker"] },
  left: { classes: ["OwningBroker"] },
  odd: { classes: ["StrangeBroker", "ClosedBroker", "MistakenBroker", "ThrowingBroker"] },
  shared: { classes: ["OwningBroker", "PlainBroker"], lifetime: LIFETIME },
};

/** @param {string} folder that Deno may use */
export async function startMembers(project, folder) {
  const start = async (runtime, number, redis) => ({
    ...(await startProcess(project, runtime, `${runtime} ${number}`, folder)),
    redis,
  });
  const nodes = await Promise.all([1, 2, 3, 4].map((number) => start("node", number, number % 2 === 0 ? "ioredis" : "node-redis")));
  const denos = await Promise.all([1, 2, 3, 4].map((number) => start("deno", number, "node-redis")));
  const fleets = [];
  for (const configuration of CONFIGURATIONS) fleets.push(await startFleet(project, configuration));
  // An isolate starts with its first request, and all at once they would keep the machine busy for seconds.
  for (const { isolates, hosts } of fleets) {
    for (const one of [...isolates, ...Object.values(hosts)]) await one.dump({ kind: "workers-kv" });
  }
  return {
    nodes,
    denos,
    fleets,
    startNode: (name) => start("node", name, "node-redis"),
    async end() {
      await Promise.all([...nodes, ...denos, ...fleets].map((one) => one.end()));
    },
  };
}

async function startFleet(project, { size, ...configuration }) {
  const endpoints = {};
  for (const [name, { lifetime }] of Object.entries(HOSTS)) endpoints[name] = await startTokenEndpoint({ latency: LATENCY, lifetime });
  const names = Array.from({ length: size }, (_, index) => `isolate-${index + 1}`);
  const { members, log, end } = await startIsolates(project, {
    ...configuration,
    isolates: names,
    hosts: Object.fromEntries(Object.entries(HOSTS).map(([name, { classes }]) => [name, { classes, options: clientOf(endpoints[name]) }])),
  });
  return {
    ...configuration,
    log,
    isolates: names.map((name) => members[name]),
    hosts: Object.fromEntries(Object.keys(HOSTS).map((name) => [name, { ...members[name], endpoint: endpoints[name] }])),
    async end() {
      await end();
      await Promise.all(Object.values(endpoints).map((endpoint) => endpoint.close()));
    },
  };
}
