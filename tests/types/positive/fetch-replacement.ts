// What fits as the `fetch` option.
import { Client, Verifier, type FetchFunction } from "gatepass";

const common = { domain: "tenant.login3.example", clientId: "id", clientSecret: "secret" };
const own: FetchFunction = async () => new Response("{}");

new Client({ ...common, fetch: globalThis.fetch });
new Client({ ...common, fetch: own });
new Client({ ...common, fetch: (input, init) => fetch(input, init) });
new Client({ ...common, fetch: async (input: string | URL | Request) => new Response(input instanceof Request ? input.url : String(input)) });
new Verifier({ domain: "tenant.login3.example", audience: null, fetch: own });
