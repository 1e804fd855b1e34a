import { denoKv } from "gatepass/stores/deno-kv";
import app from "./app.mjs";
import { ASSETS } from "./assets.mjs";

const { PORT = "0", KV_PATH, ...variables } = Deno.env.toObject();
const env = { ...variables, ASSETS, STORE: denoKv(() => Deno.openKv(KV_PATH)) };
Deno.serve({ hostname: "127.0.0.1", port: Number(PORT), onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) }, (request) => app.fetch(request, env));
