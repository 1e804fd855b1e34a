// Bun: its fetch has members of its own (preconnect), which a replacement need not have.
import { Client, Verifier, type HostResponse } from "gatepass";
import { same } from "../../expect.js";

same<HostResponse, Response>();

const client = Client.fromEnv(process.env, { fetch: async (input, init) => fetch(input, init) });
const verifier = Verifier.fromEnv(Bun.env);

Bun.serve({
  async fetch(request) {
    await verifier.verifyAccessToken(request.headers.get("authorization")?.slice(7) ?? "");
    return client.callApi("https://myapi.com/api", { signal: request.signal });
  },
});
