// lib.dom alone: what bundlers and editors without a host's own types see.
import { Client, type HostAbortSignal, type HostRequestInit, type HostResponse } from "gatepass";
import { init } from "gatepass/init";
import { same } from "../../expect.js";

same<HostResponse, Response>();
same<HostRequestInit, RequestInit>();
same<HostAbortSignal, AbortSignal>();

declare const client: Client;
await client.callApi("https://myapi.com/api", { keepalive: true, method: "POST", json: {} });

declare const module: WebAssembly.Module;
await init(module);
