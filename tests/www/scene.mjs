// A worker with its page, its API and its authorization server, as `make www` starts them, for one runtime.

import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { startEmbedded } from "../../www-example/embedded.mjs";
import { startApi, startApp } from "../../www-example/serve.mjs";

export const SECRET = "canary-Tr0ub4dor&3 +/=%-of-the-client";

/**
 * @param {string} runtime
 * @param {string} project of `installed`
 * @param {{ tokenLifetime?: number, switches?: boolean, onLog?: (line: string) => void }} [settings] lifetime in seconds
 */
export async function startScene(runtime, project, { tokenLifetime, switches = true, onLog } = {}) {
  const embedded = await startEmbedded({ clientSecret: SECRET, ...(tokenLifetime ? { tokenLifetime } : {}) });
  const { login3, adminUrl, adminKey } = embedded;
  const env = {
    GATEPASS_DOMAIN: login3.domain,
    GATEPASS_CLIENT_ID: login3.clientId,
    GATEPASS_CLIENT_SECRET: SECRET,
    GATEPASS_AUDIENCE: login3.audiences[0],
    ...(switches ? { ADMIN_URL: adminUrl, ADMIN_KEY: adminKey, REVOKED_URL: `${adminUrl}/revoked` } : {}),
  };
  const api = await startApi(project, env);
  const app = await startApp(runtime, project, { ...env, API_URL: `${api.origin}/api` }, { store: mkdtempSync(join(project, ".store-")), onLog });
  embedded.restarts(app.restart);
  return {
    origin: app.origin,
    login3,
    adminUrl,
    adminKey,
    end: () => Promise.all([app.end(), api.end(), embedded.close()]),
  };
}
