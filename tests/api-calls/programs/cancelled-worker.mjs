// workerd: calls to an API that are cancelled while they wait, and what is in memory.

import { measure } from "./instruments.mjs";
import { Client } from "gatepass";

let client;
let begun = 0;
let ended = 0;

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const [, action, place] = pathname.split("/");
    if (action === "memory") return Response.json(measure());
    if (action === "counts") return Response.json({ begun, ended });
    client ??= new Client(JSON.parse(searchParams.get("client")));
    const call = client.callApi(`${searchParams.get("api")}/${place}`);
    begun += 1;
    const { status } = await call;
    ended += 1;
    return Response.json({ status });
  },
};
