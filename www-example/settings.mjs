// Which authorization server the demo talks to. With GATEPASS_DOMAIN, GATEPASS_CLIENT_ID, GATEPASS_CLIENT_SECRET and
// GATEPASS_AUDIENCE it is that tenant; with none of them, the embedded server. GATEPASS_CLIENT_SECRET alone means the
// embedded server but this secret, to see what a wrong one does.

import { startLogin3 } from "../tests/servers/login3.mjs";

const REQUIRED = ["GATEPASS_DOMAIN", "GATEPASS_CLIENT_ID", "GATEPASS_CLIENT_SECRET", "GATEPASS_AUDIENCE"];
const OPTIONAL = ["GATEPASS_SCOPE", "GATEPASS_ORGANIZATION"];

/**
 * @returns {Promise<{ env: Record<string, string>, description: string, close: () => Promise<void> }>} `env` for the clients
 * @throws when some but not all of the variables are set
 */
export async function chooseServer(environment) {
  const set = Object.fromEntries(
    [...REQUIRED, ...OPTIONAL].filter((name) => environment[name]).map((name) => [name, environment[name]]),
  );
  const missing = REQUIRED.filter((name) => !(name in set));

  if (missing.length === 0) {
    return { env: set, description: set.GATEPASS_DOMAIN, close: async () => {} };
  }
  const onlySecret = Object.keys(set).every((name) => name === "GATEPASS_CLIENT_SECRET");
  if (!onlySecret) {
    throw new Error(
      `to use your own tenant, set ${missing.join(" and ")} too; to use the embedded server, unset the others.`,
    );
  }
  const login3 = await startLogin3();
  return {
    env: {
      GATEPASS_DOMAIN: login3.domain,
      GATEPASS_CLIENT_ID: login3.clientId,
      GATEPASS_CLIENT_SECRET: set.GATEPASS_CLIENT_SECRET ?? login3.clientSecret,
      GATEPASS_AUDIENCE: login3.audiences[0],
      GATEPASS_ORGANIZATION: login3.organizations[0],
    },
    description: `${login3.issuer} (oidc-provider dressed as Login 3.0)`,
    close: login3.close,
  };
}
