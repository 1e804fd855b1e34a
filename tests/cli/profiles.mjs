// The profiles, each against oidc-provider with its endpoints where that server has them and with its ways.

import { forOidcProvider } from "../authorization-servers/clients.mjs";
import { ok, same } from "../runtimes/assert.mjs";
import { claimsOf } from "../runtimes/suite/jwt.mjs";
import { startOidcProvider } from "../servers/oidc-provider.mjs";
import { expect } from "./expect.mjs";

const API = "https://jwt.example";
const READ = "read:orders";

/** `client`: how the server wants the secret. `doctor`: which of its checks there are, and which there are not. */
const PROFILES = {
  keycloak: {
    server: { path: "/realms/one", routes: { token: "/realms/one/protocol/openid-connect/token", jwks: "/realms/one/protocol/openid-connect/certs" }, resourceOf: ({ audience }) => audience },
    client: "client_secret_post",
    flags: ["--audience", API],
    doctor: [["audience"], []],
  },
  okta: {
    server: { path: "/oauth2/default", routes: { token: "/oauth2/default/v1/token", jwks: "/oauth2/default/v1/keys" }, resourceOf: ({ audience, scope }) => (audience === undefined && scope === READ ? API : undefined) },
    client: "client_secret_basic",
    flags: ["--audience", API, "--scope", READ],
    scope: READ,
    doctor: [["scope"], ["audience"]],
  },
  entra: {
    server: { path: "/tenant/v2.0", routes: { token: "/tenant/oauth2/v2.0/token", jwks: "/tenant/discovery/v2.0/keys" }, scopes: [`${API}/.default`], resourceOf: ({ scope }) => (scope === `${API}/.default` ? API : undefined) },
    client: "client_secret_post",
    flags: ["--audience", API],
    scope: `${API}/.default`,
    doctor: [[], ["audience", "scope"]],
  },
  cognito: {
    server: { path: "/eu-central-1_pool", routes: {}, resourceOf: ({ audience }) => (audience === undefined ? API : undefined) },
    client: "client_secret_basic",
    flags: ["--audience", API],
    doctor: [[], ["audience"]],
  },
  auth0: {
    server: { routes: { token: "/oauth/token", jwks: "/.well-known/jwks.json" }, resourceOf: ({ audience }) => audience },
    client: "client_secret_post",
    flags: ["--audience", API],
    doctor: [["audience"], []],
  },
  generic: {
    server: { resourceOf: ({ audience }) => audience },
    client: "client_secret_post",
    flags: ["--audience", API],
    doctor: [["audience"], []],
  },
};

export async function checkProfiles(test, { programs, secret }) {
  const gatepass = programs.on("bin");
  const env = { GATEPASS_CLIENT_ID: "machine", GATEPASS_CLIENT_SECRET: secret };
  for (const [name, { server: settings, client, flags, scope, doctor: [there, absent] }] of Object.entries(PROFILES)) {
    await test(`--profile ${name}: token, verify and doctor find everything where that server has it`, async () => {
      const server = await startOidcProvider({ ...settings, clients: forOidcProvider([{ clientId: "machine", clientSecret: secret, authMethod: client }]) });
      try {
        const profile = ["--profile", name, "--issuer", server.issuer];
        const token = await gatepass(["token", "--json", ...profile, ...flags], { env });
        expect(token, 0);
        const answer = JSON.parse(token.stdout);
        const { aud, iss } = claimsOf(answer.access_token);
        same([aud, iss, answer.scope], [API, server.issuer, scope], "audience, issuer and scope");
        expect(await gatepass(["verify", "-", ...profile, "--audience", API], { input: answer.access_token }), 0, { stdout: "accepted" });
        const doctor = await gatepass(["doctor", ...profile, ...flags], { env });
        const line = (check) => `✓ passed  ${check.padEnd(14)} `;
        expect(doctor, 0, { stdout: ["discovery", "issuer", "token request", "claims", "expiry", "keys", "signature", ...there].map(line) });
        for (const check of absent) ok(!doctor.stdout.includes(line(check)), `doctor checks the ${check}`);
      } finally {
        await server.close();
      }
    });
  }

  await test("a profile that is unknown, or does not go with a domain, is exit code 2", async () => {
    const where = ["token", "--domain", "tenant.login3.example"];
    expect(await gatepass([...where, "--profile", "keyclok"], { env }), 2, { stderr: "--profile must be one of" });
    expect(await gatepass([...where, "--profile", "keycloak"], { env }), 2, { stderr: ["--profile must be login3 or auth0", "--domain"] });
  });
}
