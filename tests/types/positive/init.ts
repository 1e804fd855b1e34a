// The sub-path gives the same things, and `init`.
import * as main from "gatepass";
import * as manual from "gatepass/init";
import { init, type InitSource } from "gatepass/init";
import { same } from "../expect.js";

same<typeof manual.Client, typeof main.Client>();
same<typeof manual.Verifier, typeof main.Verifier>();
same<typeof manual.GatepassError, typeof main.GatepassError>();
same<typeof manual.AccessToken, typeof main.AccessToken>();
same<manual.ClientOptions, main.ClientOptions>();
same<Exclude<keyof typeof manual, keyof typeof main>, "init">();

const bytes = new Uint8Array(8);
const sources: InitSource[] = [bytes, bytes.buffer, new URL("https://cdn.example/a.wasm"), "https://cdn.example/a.wasm", new Response(bytes)];
for (const source of sources) await init(source);
await init(Promise.resolve(bytes));
await init(fetch("https://cdn.example/a.wasm"));
same<ReturnType<typeof init>, Promise<void>>();
