// Which authorization server the demo talks to. With GATEPASS_DOMAIN, GATEPASS_CLIENT_ID, GATEPASS_CLIENT_SECRET and
// GATEPASS_AUDIENCE it is that tenant; with none of them, the embedded server. GATEPASS_CLIENT_SECRET alone means the
// embedded server but this secret, to see what a wrong one does.

import { startLogin3 } from "../tests/servers/login3.mjs";

const REQUIRED = ["GATEPASS_DOMAIN", "GATEPASS_CLIENT_ID", "GATEPASS_CLIENT_SECRET", "GATEPASS_AUDIENCE"];
const OPTIONAL = ["GATEPASS_SCOPE", "GATEPASS_ORGANIZATION"];
// The package reads these, too; the demo would go to another server than they say.
const UNKNOWN = ["GATEPASS_ISSUER", "GATEPASS_TOKEN_ENDPOINT"];

/**
 * @param {Record<string, string | undefined>} environment
 * @param {() => Promise<{ login3: object, close: () => Promise<unknown>, env?: Record<string, string> }>} [embedded] starts
 *   the embedded server; `env` is added to what the clients get, what else there is to the result
 * @returns {Promise<{ env: Record<string, string>, description: string, embedded: boolean, close: () => Promise<void> }>}
 *   `env` for the clients; `embedded` when the server was started here
 * @throws when the variables name no tenant that the demo can use, before anything is started
 */
export async function chooseServer(environment, embedded = startPlain) {
  const isSet = (name) => Boolean(environment[name]);
  const unknown = UNKNOWN.filter(isSet);
  if (unknown.length > 0) {
    throw new Error(`the demo knows a server by GATEPASS_DOMAIN only: unset ${listed(unknown)}`);
  }
  const set = [...REQUIRED, ...OPTIONAL].filter(isSet);
  const missing = REQUIRED.filter((name) => !isSet(name));
  if (missing.length === 0) {
    if (!isDomain(environment.GATEPASS_DOMAIN)) {
      throw new Error("GATEPASS_DOMAIN must be a host or host:port, without https:// and without a path");
    }
    return {
      env: Object.fromEntries(set.map((name) => [name, environment[name]])),
      description: `${environment.GATEPASS_DOMAIN} (your own tenant)`,
      embedded: false,
      close: async () => {},
    };
  }
  if (set.some((name) => name !== "GATEPASS_CLIENT_SECRET")) {
    throw new Error(`to use your own tenant also set ${listed(missing)}; to use the embedded server unset ${listed(set)}`);
  }

  const { login3, close, env, ...more } = await embedded();
  return {
    ...more,
    env: {
      ...env,
      GATEPASS_DOMAIN: login3.domain,
      GATEPASS_CLIENT_ID: login3.clientId,
      GATEPASS_CLIENT_SECRET: environment.GATEPASS_CLIENT_SECRET || login3.clientSecret,
      GATEPASS_AUDIENCE: login3.audiences[0],
      GATEPASS_ORGANIZATION: login3.organizations[0],
    },
    description: `${login3.issuer}, oidc-provider as Login 3.0`,
    embedded: true,
    close,
  };
}

async function startPlain() {
  const login3 = await startLogin3();
  return { login3, close: login3.close };
}

/** A host or host:port, as gatepass wants it and as Deno's --allow-net takes it. */
function isDomain(text) {
  const parts = /^(?:[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(text);
  const port = Number(parts?.[1] ?? 443);
  return parts !== null && port >= 1 && port <= 65_535;
}

/** `a`, `a and b`, `a, b and c` */
function listed(names) {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
