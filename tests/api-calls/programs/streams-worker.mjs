// workerd: a large body passed on, down and up.

import { Client } from "gatepass";

let client;

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    client ??= new Client(JSON.parse(searchParams.get("client")));
    const target = searchParams.get("target");
    if (request.method === "GET") return client.callApi(target);
    return client.callApi(target, { method: "POST", body: request.body, headers: { "content-type": "application/octet-stream" } });
  },
};
