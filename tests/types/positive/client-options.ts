// Every way to make a client that the documentation shows.
import { Client, type ClientOptions, type ClientOverrides } from "gatepass";

const credentials = { clientId: "id", clientSecret: "secret" };

new Client({ ...credentials, domain: "tenant.login3.example" });
new Client({ ...credentials, issuer: "https://as.example/" });
new Client({ ...credentials, tokenEndpoint: "https://as.example/token" });

const everything: ClientOptions = {
  domain: "tenant.login3.example",
  clientId: "id",
  clientSecret: "secret",
  audience: "https://api.example",
  scope: ["read:orders", "write:orders"],
  organization: "org_1",
  parameters: { tenant: "blue" },
  profile: "login3",
  timeout: 5_000,
  apiOrigins: ["https://myapi.com"],
  dangerouslyAllowHttp: false,
  fetch: globalThis.fetch,
};
new Client(everything);

// An absent option may be written as undefined, also with exactOptionalPropertyTypes.
declare const maybe: string | undefined;
new Client({ ...credentials, domain: "tenant.login3.example", issuer: undefined, audience: maybe, scope: maybe });

// Readonly values are fine: nothing is written to.
const frozen = { scope: ["read:orders"], apiOrigins: ["https://myapi.com"] } as const;
new Client({ ...credentials, ...frozen, issuer: "https://as.example/", profile: "generic" });

const none: ClientOverrides = {};
const some: ClientOverrides = { audience: "https://api.example", timeout: 1_000 };
const elsewhere: ClientOverrides = { issuer: "https://as.example/" };
for (const overrides of [none, some, elsewhere]) Client.fromEnv({ GATEPASS_CLIENT_ID: "id" }, overrides);
