import app from "./app.mjs";
import { ASSETS } from "./assets.mjs";

const env = { ...Bun.env, ASSETS };
const server = Bun.serve({ hostname: "127.0.0.1", port: Number(Bun.env.PORT ?? 0), idleTimeout: 30, fetch: (request) => app.fetch(request, env) });
console.log(`http://127.0.0.1:${server.port}`);
