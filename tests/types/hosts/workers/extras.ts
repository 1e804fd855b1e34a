// Workers: no lib.dom, bindings in env, Cloudflare's own request init.
import { Client, Verifier, type HostRequestInit, type HostResponse } from "gatepass";
import { init as load } from "gatepass/init";
import { same } from "../../expect.js";

interface Env {
  GATEPASS_DOMAIN: string;
  GATEPASS_CLIENT_ID: string;
  GATEPASS_CLIENT_SECRET: string;
  GATEPASS_AUDIENCE: string;
  LOGIN: Fetcher;
}

same<HostResponse, Response>();
const init: HostRequestInit = { cf: { cacheTtl: 0 } };
await new Client({ tokenEndpoint: "https://as.example/token", clientId: "id", clientSecret: "secret" }).callApi("https://myapi.com/api", init);

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const client = Client.fromEnv(env, {
      fetch: (input, init) => env.LOGIN.fetch(input, init),
      waitUntil: (promise) => ctx.waitUntil(promise),
    });
    await client.getToken({ ctx, signal: request.signal });
    const claims = await Verifier.fromEnv(env).verifyAccessToken(request.headers.get("authorization") ?? "");
    if (claims.sub === undefined) return client.callApi(request, { ctx });
    return client.callApi("https://myapi.com/api", { cf: { cacheTtl: 0 }, method: "POST", json: claims });
  },
} satisfies ExportedHandler<Env>;

declare const module: WebAssembly.Module;
await load(module);
