// Every way to authenticate, and what goes with it.
import { Client, type AccessToken, type AuthMethod, type ClientCredential, type ClientOverrides } from "gatepass";
import { same } from "../expect.js";

const place = { clientId: "id", issuer: "https://as.example/" };
declare const jwk: { kty: string; d: string };
declare const key: { type: "private"; algorithm: { name: string }; extractable: boolean; usages: readonly string[] };
declare const transport: typeof globalThis.fetch;

new Client({ ...place, clientSecret: "secret", authMethod: "client_secret_basic" });
new Client({ ...place, clientSecret: async () => "secret", authMethod: "client_secret_jwt", signingAlgorithm: "HS512" });
for (const privateKey of [jwk, "-----BEGIN PRIVATE KEY-----", key]) {
  new Client({ ...place, privateKey, keyId: "1", signingAlgorithm: "PS256", assertionAudience: "token_endpoint" });
  new Client({ ...place, clientSecret: "secret", dpop: { privateKey, signingAlgorithm: "RS256", allowBearer: true } });
}
new Client({ ...place, clientAssertion: async () => "h.p.s", assertionAudience: "https://as.example/" });
new Client({ ...place, mtls: true, fetch: transport });
new Client({ ...place, authMethod: "none" });
new Client({ clientId: "id", tokenEndpoint: "https://as.example/token", jwksUri: "https://as.example/keys", clientSecret: "s", validate: "strict" });
new Client({ clientId: "id", domain: "tenant.auth0.example", profile: "auth0", clientSecret: "s", dpop: true });

const overrides: ClientOverrides[] = [{ privateKey: jwk }, { authMethod: "client_secret_basic" }, { clientSecret: "s" }];
for (const one of overrides) Client.fromEnv({}, one);

const client = new Client({
  ...place,
  clientSecret: "secret",
  resource: ["https://a.example/", "https://b.example/"],
  authorizationDetails: [{ type: "orders", actions: ["read"] }],
  discover: true,
  authorizationServers: ["https://other.example"],
});
const token: AccessToken = await client.getToken({ resource: "https://a.example/" });
same<AccessToken["tokenType"], "Bearer" | "DPoP">();
const { active, sub } = await client.introspect(token);
same<typeof active, boolean>();
same<typeof sub, unknown>();
await client.revoke(token.accessToken);
await client.callApi("https://mcp.example/", { discover: true });

declare const credential: ClientCredential;
const method: AuthMethod | undefined = credential.authMethod;
export { method };
