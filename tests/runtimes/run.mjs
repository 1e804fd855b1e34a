// Runs the suite on each runtime against the packed package, as a user would install it:
//
//   node tests/runtimes/run.mjs [node node24 deno bun workerd workerd-2024] [--verbose]
//
// One line per failing test (with --verbose, per test) and one summary line per runtime; the exit status says whether all
// passed. GATEPASS_TARBALL names the package; without it, the newest in pkg/ is taken.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startApi } from "../servers/api.mjs";
import { startHostile } from "../servers/hostile.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { checkInteropTable } from "./interop-table.mjs";
import { badKeys, makeKeys } from "./keys.mjs";
import { closedPort, endAll } from "./launch.mjs";
import { readArguments, runOnRuntimes } from "./runner.mjs";

const here = dirname(fileURLToPath(import.meta.url));

let allPassed = false;
try {
  const keys = await makeKeys();
  allPassed = await runOnRuntimes({
    ...readArguments(process.argv.slice(2)),
    folder: "suite",
    entry: join(here, "suite.mjs"),
    // What users have beside it: makers of proofs, and a framework.
    files: ["jose", "hono"].map((name) => [join(dirname(here), "node_modules", name), `node_modules/${name}`]),
    startServers: () => startServers(keys),
    check: (project) => checkInteropTable(join(here, "..", "..", "docs", "interop.md"), project),
  });
} catch (error) {
  console.error(error.message);
} finally {
  await endAll();
}
process.exitCode = allPassed ? 0 : 1;

/** The servers of one runtime's run, and what the suite is told about them. */
async function startServers(keys) {
  const [rs256, es256, hostile] = await Promise.all([
    startLogin3({ clientSecret: "canary-secret-of-login3", tokenLifetime: 3600 }),
    startLogin3({ clientSecret: "canary-secret-of-login3", tokenLifetime: 3600, signingAlgorithm: "ES256" }),
    startHostile(),
  ]);
  const api = await startApi({ elsewhere: hostile.elsewhere });
  const close = () => Promise.all([rs256, es256, hostile, api].map((server) => server.close()));
  const describe = ({ issuer, domain, tokenEndpoint, clientId, clientSecret, audiences, organizations }) => ({
    issuer, domain, tokenEndpoint, clientId, clientSecret, audience: audiences[0], organization: organizations[0], tokenLifetime: 3600,
  });
  return {
    close,
    unplayed: hostile.unplayed,
    config: {
      looksAtTime: true,
      keys,
      badKeys: await badKeys(),
      login3: describe(rs256),
      login3WithES256: describe(es256),
      hostile: hostile.origin,
      resources: hostile.resources,
      elsewhere: hostile.elsewhere,
      api: api.origin,
      closedPort: await closedPort(),
    },
  };
}
