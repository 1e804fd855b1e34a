// `make www`: the worker of worker/ with its page, its API, and an authorization server that it can be cruel to. With
// GATEPASS_DOMAIN, GATEPASS_CLIENT_ID, GATEPASS_CLIENT_SECRET and GATEPASS_AUDIENCE set it is that tenant, without the
// cruelty. RUNTIME says where the worker runs: workerd (the default), deno, bun or node.

import { dirname, join } from "node:path";
import { endAll } from "../tests/runtimes/launch.mjs";
import { startEmbedded } from "./embedded.mjs";
import { failed, step, title } from "./print.mjs";
import { installed, RUNTIMES, startApi, startApp } from "./serve.mjs";
import { chooseServer } from "./settings.mjs";

// There is no other way to end it, so this is no failure. What was started ends with it, see tests/runtimes/launch.mjs.
process.prependListener("SIGINT", () => process.exit(0));
// What npm and the runtimes print may be shown as the reason of a failure.
process.env.NO_COLOR = "1";

let server;
try {
  const runtime = process.env.RUNTIME || "workerd";
  if (!RUNTIMES.includes(runtime)) throw new Error(`RUNTIME must be one of ${RUNTIMES.join(", ")}`);
  title("gatepass: a page that shows what happens to a token");
  server = await chooseServer(process.env, embedded);
  step("server", server.description);
  const project = await installed();
  const api = await startApi(project, server.env);
  step("API", `${api.origin}/ on workerd`);
  const app = await startApp(runtime, project, { ...server.env, API_URL: `${api.origin}/api` }, {
    // A tenant of one's own is the same the next time, and its token may be good for a day.
    ...(!server.embedded && { store: join(dirname(project), "www-store") }),
    onLog: (line) => step("", line),
  });
  server.restarts?.(app.restart);
  step("worker", `on ${runtime}`);
  step("page", `${app.origin}/`);
  step("", "Ctrl-C ends it");
  const { error, status } = await Promise.race([app.exited, api.exited]);
  throw new Error(`the worker or its API has ended by itself: ${error?.message ?? `status ${status}`}`);
} catch (error) {
  failed(error.message);
  process.exitCode = 1;
} finally {
  await Promise.all([server?.close(), endAll()]);
}

async function embedded() {
  const { login3, adminUrl, adminKey, restarts, close } = await startEmbedded();
  return { login3, restarts, close, env: { ADMIN_URL: adminUrl, ADMIN_KEY: adminKey, REVOKED_URL: `${adminUrl}/revoked` } };
}
