// Deno: its own types, as `deno types` prints them.
import { Client, type HostResponse } from "gatepass";
import { init } from "gatepass/init";
import { same } from "../../expect.js";

same<HostResponse, Response>();

const client = Client.fromEnv(Deno.env.toObject());
Deno.serve(() => client.callApi("https://myapi.com/api"));

await init(await WebAssembly.compile(await Deno.readFile("gatepass_bg.wasm")));
