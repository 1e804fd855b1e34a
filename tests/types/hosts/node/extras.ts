// Node.js: no lib.dom, process.env as it is.
import { readFile } from "node:fs/promises";
import { Client, Verifier, type HostAbortSignal, type HostRequestInit, type HostResponse } from "gatepass";
import { init } from "gatepass/init";
import { same } from "../../expect.js";

same<HostResponse, Response>();
same<HostRequestInit, RequestInit>();
same<HostAbortSignal, AbortSignal>();

const client = Client.fromEnv(process.env, { timeout: 1_000 });
Verifier.fromEnv(process.env);

await init(readFile(new URL(import.meta.resolve("gatepass/gatepass_bg.wasm"))));
const { rows } = (await (await client.callApi("https://myapi.com/api")).json()) as { rows: unknown[] };

export { rows };
