// gatepass against authorization servers that others have written, oidc-provider (npm) and Authlib (PyPI), on each runtime
// from the packed package; and before it, that these servers and the hostile one are right.
//
//   node tests/authorization-servers/run.mjs [node node24 deno bun workerd workerd-2024] [--verbose]
//
// What needs Authlib is skipped where Python cannot make a virtual environment. GATEPASS_TARBALL names the package; without
// it, the newest in pkg/ is taken.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { makeKeys } from "../runtimes/keys.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { readArguments, runOnRuntimes } from "../runtimes/runner.mjs";
import { startAuthlib, whyNoAuthlib } from "../servers/authlib.mjs";
import { startHostile } from "../servers/hostile.mjs";
import { startOidcProvider } from "../servers/oidc-provider.mjs";
import { skip } from "../runtimes/assert.mjs";
import { checkHostile } from "./checks/hostile.mjs";
import { checkServers } from "./checks/servers.mjs";
import { forAuthlib, forOidcProvider, makeClients } from "./clients.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const withoutAuthlib = whyNoAuthlib();

let allPassed = false;
try {
  const keys = await makeKeys();
  const clients = makeClients(keys);
  const checked = await check(keys, clients);
  allPassed = (await runOnRuntimes({
    ...readArguments(process.argv.slice(2)),
    title: "authorization servers",
    folder: "authorization-servers",
    entry: join(here, "suite.mjs"),
    files: [[join(here, "suite"), "servers"]],
    startServers: () => startServers(keys, clients),
  })) && checked;
} catch (error) {
  console.error(error.message);
} finally {
  await endAll();
}
process.exitCode = allPassed ? 0 : 1;

/** Of the servers alone; resolves to whether they are as they should be. */
async function check(keys, clients) {
  const { test, end } = startSuite("the servers themselves");
  const servers = await start(clients);
  const hostile = await startHostile();
  try {
    if (withoutAuthlib) await test("Authlib", () => skip(withoutAuthlib));
    await checkHostile(test, { hostile, keys });
    await checkServers(test, { ...servers, clients, keys });
  } finally {
    await Promise.all([servers.close(), hostile.close()]);
  }
  return end();
}

async function start(clients) {
  const settings = { clients: forOidcProvider(clients) };
  const [oidcProvider, withNonces, authlib] = await Promise.all([
    startOidcProvider(settings),
    startOidcProvider({ ...settings, nonces: true, signingAlgorithm: "ES256" }),
    withoutAuthlib ? undefined : startAuthlib(forAuthlib(clients)),
  ]);
  return {
    oidcProvider,
    withNonces,
    authlib,
    close: () => Promise.all([oidcProvider, withNonces, authlib].map((server) => server?.close())),
  };
}

async function startServers(keys, clients) {
  const servers = await start(clients);
  const { oidcProvider } = servers;
  const certificateOf = async (name) => ({ authority: oidcProvider.authority.certificate, ...(await oidcProvider.authority.issue(name)) });
  const address = new URL(oidcProvider.tlsTokenEndpoint).host;
  const tls = await certificateOf("machine");
  const addresses = (server) => server && { issuer: server.issuer, tokenEndpoint: server.tokenEndpoint };
  return {
    close: servers.close,
    config: {
      keys,
      clients,
      oidcProvider: addresses(servers.oidcProvider),
      withNonces: addresses(servers.withNonces),
      authlib: addresses(servers.authlib),
      withoutAuthlib,
      tls,
      tlsOfAnother: await certificateOf("another machine"),
    },
    certified: { CERTIFIED: { address, ...tls }, CERTIFIED_AS_ANOTHER: { address, ...(await certificateOf("another machine")) } },
  };
}
