// Mistakes in the options of a client that do not compile.
import { Client, type ClientOptions } from "gatepass";

const credentials = { clientId: "id", clientSecret: "secret" };
const domain = "tenant.login3.example";

// @ts-expect-error TS2345 'domain': one of domain, issuer and tokenEndpoint is required
new Client(credentials);
// @ts-expect-error TS2345: domain and issuer exclude each other
new Client({ ...credentials, domain, issuer: "https://as.example/" });
// @ts-expect-error TS2345: domain and tokenEndpoint exclude each other
new Client({ ...credentials, domain, tokenEndpoint: "https://as.example/token" });
// @ts-expect-error TS2345: issuer and tokenEndpoint exclude each other
new Client({ ...credentials, issuer: "https://as.example/", tokenEndpoint: "https://as.example/token" });
// @ts-expect-error TS2345: undefined is not a place
new Client({ ...credentials, domain: undefined });
// @ts-expect-error TS2345 'clientId': clientId is required
new Client({ domain, clientSecret: "secret" });
// @ts-expect-error TS2345 'clientSecret': clientSecret is required
new Client({ domain, clientId: "id" });
// @ts-expect-error TS2554: the options are required
new Client();
// @ts-expect-error TS2345: null is not an options object
new Client(null);
// @ts-expect-error TS2561: an unknown option
new Client({ ...credentials, domain, audiance: "https://api.example" });
// @ts-expect-error TS2322: a function gives a secret, not bytes
new Client({ clientId: "id", clientSecret: () => new Uint8Array(8), domain });
// @ts-expect-error TS2322: a promise of a secret is not a function that gives one
new Client({ clientId: "id", clientSecret: Promise.resolve("secret"), domain });
// @ts-expect-error TS2322: a timeout is a number of milliseconds
new Client({ ...credentials, domain, timeout: "10s" });
// @ts-expect-error TS2820: an unknown profile
new Client({ ...credentials, domain, profile: "auth1" });
// @ts-expect-error TS2345: a domain is a Login 3.0 domain
new Client({ ...credentials, domain, profile: "generic" });
// @ts-expect-error TS2322: apiOrigins is an array
new Client({ ...credentials, domain, apiOrigins: "https://myapi.com" });
// @ts-expect-error TS2322: parameters are strings
new Client({ ...credentials, domain, parameters: { retries: 3 } });
// @ts-expect-error TS2322: null is not an absent audience
new Client({ ...credentials, domain, audience: null });
// @ts-expect-error TS2322: a fetch takes a Request as well: callApi gives it one
new Client({ ...credentials, domain, fetch: async (input: string) => new Response(input) });
// @ts-expect-error TS2322: a fetch gives a promise of a response
new Client({ ...credentials, domain, fetch: async () => "text" });
// @ts-expect-error TS2322: the options of an environment variable may be missing
new Client({ ...credentials, domain, clientId: ({} as { ID?: string }).ID });

// @ts-expect-error TS2322: one place is required in a variable as well
const nowhere: ClientOptions = credentials;
// @ts-expect-error TS2322: two places in overrides
Client.fromEnv({}, { domain, issuer: "https://as.example/" });
// @ts-expect-error TS2345: the environment is an object
Client.fromEnv("GATEPASS_DOMAIN");

export { nowhere };
