// A worker that gets tokens, and one that asks for more memory than there is: `GET /token?audience=...&server=...`,
// `GET /exhaust`. Each answers with what came of it. `GET /begun` tells how many have asked for a token so far.

import { Client } from "gatepass";

const options = { clientId: "one", clientSecret: "canary-secret-1" };
let begun = 0;

async function outcome(action) {
  try {
    const token = await action();
    return token?.accessToken ?? "done";
  } catch (error) {
    return error.code ?? String(error);
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/begun") return Response.json(begun);
    if (pathname === "/exhaust") return Response.json(await outcome(() => new Client({ ...options, domain: "x".repeat(8 * 2 ** 20) })));
    const client = new Client({ ...options, tokenEndpoint: searchParams.get("server") });
    const asked = { audience: searchParams.get("audience"), ...(searchParams.has("ctx") && { ctx }) };
    begun += 1;
    return Response.json(await outcome(() => client.getToken(asked)));
  },
};
