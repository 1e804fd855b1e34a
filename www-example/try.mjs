// `make try`: an authorization server and an API for the first steps of a project of one's own, and the settings by which
// it finds them. The ports are the same each time, so that settings which were written down stay good.

import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAll } from "../tests/runtimes/launch.mjs";
import { createProject, findTarball } from "../tests/runtimes/project.mjs";
import { startWorker } from "../tests/runtimes/worker.mjs";
import { startLogin3 } from "../tests/servers/login3.mjs";
import { failed, step, title } from "./print.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const PORTS = { server: 4480, api: 4481 };

// There is no other way to end it, so this is no failure. What was started ends with it, see tests/runtimes/launch.mjs.
process.prependListener("SIGINT", () => process.exit(0));
// What npm and the runtimes print may be shown as the reason of a failure.
process.env.NO_COLOR = "1";

let login3;
try {
  title("gatepass: an authorization server and an API for your first steps");
  login3 = await startLogin3({ port: await portOr(PORTS.server) });
  const tarball = findTarball();
  const project = await createProject({ name: "try", tarball, files: [[join(here, "demo", "api-worker.mjs"), "api-worker.mjs"]] });
  const settings = {
    GATEPASS_DOMAIN: login3.domain,
    GATEPASS_CLIENT_ID: login3.clientId,
    GATEPASS_CLIENT_SECRET: login3.clientSecret,
    GATEPASS_AUDIENCE: login3.audiences[0],
  };
  const { GATEPASS_DOMAIN, GATEPASS_AUDIENCE } = settings;
  const api = await startWorker({
    entry: join(project, "api-worker.mjs"),
    directory: join(project, ".api"),
    bindings: { GATEPASS_DOMAIN, GATEPASS_AUDIENCE },
    port: await portOr(PORTS.api),
  });
  step("server", `${login3.issuer}, oidc-provider as Login 3.0`);
  step("API", `${api.origin}/orders, in place of https://api.example/orders`);

  // Not as steps: these lines are copied.
  title("In the folder of your project");
  console.log(`\n  npm install ${tarball}`);
  title("In a file .env there, or .dev.vars for wrangler dev");
  console.log(`\n${Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join("")}`);
  step("", "Ctrl-C ends it");
  const { error, status } = await api.exited;
  throw new Error(`the API has ended by itself: ${error?.message ?? `status ${status}`}`);
} catch (error) {
  failed(error.message);
  process.exitCode = 1;
} finally {
  await Promise.all([login3?.close(), endAll()]);
}

/** This port, or where somebody has it already, 0: any that is free. */
function portOr(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(0));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(port)));
  });
}
