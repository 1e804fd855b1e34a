// `callApi` speaks the host's own Request, RequestInit and Response.
import { callApi, Client, type ApiRequestInit, type ClientOptions } from "gatepass";
import { same } from "../expect.js";

declare const client: Client;
declare const options: ClientOptions;

const response = await client.callApi("https://myapi.com/api");
same<typeof response, Response>();
const status: number = response.status;
const body: unknown = await response.json();
const type: string | null = response.headers.get("content-type");

await client.callApi(new URL("https://myapi.com/api"));
await client.callApi(new Request("https://myapi.com/api"));
await client.callApi("https://myapi.com/api", { method: "POST", body: "text", headers: { "content-type": "text/plain" } });
await client.callApi("https://myapi.com/api", { method: "POST", json: { order: 1 } });
await client.callApi("https://myapi.com/api", { method: "POST", json: null });
await client.callApi("https://myapi.com/api", { signal: AbortSignal.timeout(1_000) });
await callApi(options, "https://myapi.com/api");

// An init that was made for fetch fits as it is.
const init: RequestInit = { method: "PUT", body: "text" };
await client.callApi("https://myapi.com/api", init);
const withJson: ApiRequestInit = { ...init, body: undefined, json: [1, 2] };
await callApi(options, "https://myapi.com/api", withJson);

// What becomes of redirects, of what is refused, and of what fails.
await client.callApi("https://myapi.com/api", { redirect: "follow-unauthenticated" });
await client.callApi("https://myapi.com/api", { redirect: "manual", retry: false, override: true });
await client.callApi("https://myapi.com/api", { retry: { attempts: 2, maxDelay: 1_000, deadline: 5_000, renew: false } });
new Client({ ...options, retry: { attempts: 3, api: { deadline: 10_000 } } });
new Client({ ...options, retry: { api: false } });

// A fetch for whoever takes one.
const { fetch: authorized } = client;
same<Awaited<ReturnType<typeof authorized>>, Response>();
await authorized("https://myapi.com/api");
await authorized(new URL("https://myapi.com/api"), { method: "POST", body: "text" });
await authorized(new Request("https://myapi.com/api"), init);
const take = (fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>) => fetch("https://myapi.com/api");
await take(client.fetch);
new Client({ ...options, fetch: client.fetch });

export { body, status, type };
