// The OpenTelemetry bridge of the packed package, against the real API and SDK with exporters that keep what they get.
//
//   node tests/opentelemetry/run.mjs [--verbose]
//
// GATEPASS_TARBALL names the package; without it, the newest in pkg/ is taken. The project it is installed into lies
// below tests/, so that its `@opentelemetry/api` is the one of these tests.

import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { checkEndToEnd } from "./end-to-end.mjs";
import { checkMetrics } from "./metrics.mjs";
import { checkOptions } from "./options.mjs";
import { checkPeer } from "./peer.mjs";
import { checkSpans } from "./spans.mjs";

const { test, end } = startSuite("opentelemetry");
try {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  let project;
  let bridge;
  const loaded = await test("it can be imported from the installed package", async () => {
    project = await createProject({ name: "opentelemetry", tarball: findTarball(), files: [] });
    bridge = await load(project, "gatepass/opentelemetry");
  });
  if (loaded) {
    await checkOptions(test, bridge);
    await checkSpans(test, bridge);
    await checkMetrics(test, bridge);
    await checkPeer(test, project);
    await checkEndToEnd(test, bridge, await load(project, "gatepass"));
  }
} finally {
  await endAll();
  end();
}

/** As a file of the project would import it. */
function load(project, name) {
  return import(pathToFileURL(createRequire(join(project, "package.json")).resolve(name)));
}
