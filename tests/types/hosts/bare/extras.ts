// A compilation that knows no fetch: the types still compile, and a response is `any`.
import { Client, type HostAbortSignal, type HostRequestInit, type HostResponse } from "gatepass";
import { init } from "gatepass/init";
import { openTelemetry } from "gatepass/opentelemetry";
import { same } from "../../expect.js";

same<HostResponse, any>();
same<HostRequestInit, any>();
same<HostAbortSignal, any>();

declare const client: Client;
const response = await client.callApi("https://myapi.com/api", { method: "POST", json: {} });
const text: string = await response.text();
await init(new Uint8Array(8));
openTelemetry({});

export { text };
