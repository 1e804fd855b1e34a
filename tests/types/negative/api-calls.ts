// Mistakes in calls to APIs that do not compile.
import { Client, type ClientOptions } from "gatepass";

declare const client: Client;
declare const options: ClientOptions;
const url = "https://api.example/orders";

// @ts-expect-error TS2322: a body or json
await client.callApi(url, { method: "POST", body: "x", json: 1 });
// @ts-expect-error TS2322: retries are no number of them
await client.callApi(url, { retry: 3 });
// @ts-expect-error TS2322: all is sent again by default
await client.callApi(url, { retry: true });
// @ts-expect-error TS2353: a refusal of an API is not remembered
await client.callApi(url, { retry: { hold: 1_000 } });
// @ts-expect-error TS2322: renewing or not
await client.callApi(url, { retry: { renew: "never" } });
// @ts-expect-error TS2322: replacing or not
await client.callApi(url, { override: "yes" });
// @ts-expect-error TS2322: a client retries by options, too
new Client({ ...options, retry: { api: 3 } });
// @ts-expect-error TS2540: a client's fetch stays its own
client.fetch = fetch;
// @ts-expect-error TS2353: a fetch takes what fetch takes
await client.fetch(url, { json: 1 });
