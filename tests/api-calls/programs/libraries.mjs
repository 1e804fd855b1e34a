// Libraries that take a `fetch`, given a client's: each does what its users do, and says what came of it.

import createOpenApiClient from "openapi-fetch";
import { hc } from "hono/client";
import ky from "ky";
import { createFetch } from "ofetch";
import { Client as McpClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client } from "gatepass";

export const LIBRARIES = {
  async ky(client, origin) {
    const api = ky.create({ fetch: client.fetch, retry: 0, prefix: origin });
    const read = await api.get("calls/1", { searchParams: { q: "ä" } }).json();
    const written = await api.post("calls/2", { json: { order: 1 } }).json();
    const missing = await api.get("nowhere").catch((error) => error.response.status);
    return { read, written, missing };
  },

  async "openapi-fetch"(client, origin) {
    const api = createOpenApiClient({ baseUrl: origin, fetch: client.fetch });
    const read = await api.GET("/calls/{id}", { params: { path: { id: 1 }, query: { q: "ä" } } });
    const written = await api.POST("/calls/{id}", { params: { path: { id: 2 } }, body: { order: 1 } });
    const missing = await api.GET("/nowhere");
    return { read: read.data, written: written.data, missing: missing.response.status };
  },

  async ofetch(client, origin) {
    const $fetch = createFetch({ fetch: client.fetch, Headers, AbortController }).create({ baseURL: origin, retry: 0 });
    const read = await $fetch("/calls/1", { query: { q: "ä" } });
    const written = await $fetch("/calls/2", { method: "POST", body: { order: 1 } });
    const missing = await $fetch("/nowhere").catch((error) => error.status);
    return { read, written, missing };
  },

  async "hono hc"(client, origin) {
    const api = hc(origin, { fetch: client.fetch });
    const read = await (await api.calls[":id"].$get({ param: { id: "1" }, query: { q: "ä" } })).json();
    const written = await (await api.calls[":id"].$post({ param: { id: "2" }, json: { order: 1 } })).json();
    const missing = (await api.nowhere.$get()).status;
    return { read, written, missing };
  },

  /** The server's tool says which token the call has come with, so a renewal within a session shows. */
  async mcp(client, origin) {
    const mcp = new McpClient({ name: "gatepass-tests", version: "1.0.0" });
    await mcp.connect(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { fetch: client.fetch }));
    const { tools } = await mcp.listTools();
    const call = async () => (await mcp.callTool({ name: "token", arguments: {} })).content[0].text;
    const first = await call();
    const again = await call();
    await client.fetch(`${origin}/revoke`);
    const other = await call();
    await mcp.close();
    return { tools: tools.map(({ name }) => name), tokens: [first, again, other] };
  },
};

/** @param {number} number which of the libraries */
export async function one({ client, origin }, number) {
  const [name, use] = Object.entries(LIBRARIES)[number];
  try {
    return { name, result: await use(new Client(client), origin) };
  } catch (error) {
    return { name, error: String(error?.stack ?? error), cause: String(error?.cause?.stack ?? error?.cause ?? "") };
  }
}
