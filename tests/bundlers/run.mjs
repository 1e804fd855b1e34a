// The packed package in the hands of bundlers, and of those who check npm packages.
//
//   node tests/bundlers/run.mjs [--verbose]
//
// The bundlers are in an npm project of their own, so that not everybody has to install them. GATEPASS_TARBALL names the
// package; without it, the newest in pkg/ is taken.

import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { PROGRAMS } from "../package/loading.mjs";
import { installed } from "../../www-example/serve.mjs";
import { startOrdersApi } from "../readme/orders-api.mjs";
import { endAll, run } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { checkBundlers } from "./bundlers.mjs";
import { checkExample, checkWorkers } from "./workers.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const program = (name) => join(here, "node_modules", ".bin", name);

const { test, end } = startSuite("bundlers");
const servers = [];
try {
  const tarball = findTarball();
  await test("publint finds nothing", () => run(program("publint"), ["run", tarball, "--strict"]));
  // The one rule that is left out: the package is an ES module for require() as well, which Node.js loads since 20.19.
  await test("are the types wrong? They are not", () => run(program("attw"), [tarball, "--ignore-rules", "cjs-resolves-to-esm"]));

  const project = await createProject({ name: "bundlers", tarball, files: PROGRAMS });
  await checkBundlers(test, project);

  const login3 = await startLogin3({ clientSecret: randomUUID() });
  servers.push(login3);
  const api = await startOrdersApi([{ ...login3, audience: login3.audiences[0] }]);
  servers.push(api);
  await checkWorkers(test, project, { login3, api });
  await checkExample(test, await installed("bundlers-www"), { login3, api });
} finally {
  await endAll();
  for (const server of servers) await server.close();
  end();
}
