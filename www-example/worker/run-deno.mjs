import app from "./app.mjs";
import { ASSETS } from "./assets.mjs";

const env = { ...Deno.env.toObject(), ASSETS };
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) }, (request) => app.fetch(request, env));
