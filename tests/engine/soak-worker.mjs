// A worker that knows by AsyncLocalStorage which request it serves, and does something of its own after each wait.

import { AsyncLocalStorage } from "node:async_hooks";
import { askForToken } from "./ask.mjs";

const ids = new AsyncLocalStorage();

async function serve({ id, api, clients, waitUntil }, ctx) {
  const begun = fetch(`${api}/echo/${id}/begun`);
  const seen = [];
  for (const [turn, client] of clients.entries()) {
    const { accessToken } = await askForToken({ client: JSON.stringify(client), waitUntil }, ctx);
    const afterWait = ids.getStore();
    const own = await fetch(`${api}/echo/${id}/${turn}`);
    seen.push({ id: afterWait, accessToken, own: (await own.json()).url });
  }
  return { seen, begun: (await (await begun).json()).url, id: ids.getStore() };
}

export default {
  async fetch(request, env, ctx) {
    const parameters = await request.json();
    try {
      return Response.json(await ids.run(parameters.id, () => serve(parameters, ctx)));
    } catch (error) {
      return Response.json({ code: error?.code, message: String(error) }, { status: 500 });
    }
  },
};
