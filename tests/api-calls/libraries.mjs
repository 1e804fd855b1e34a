// `client.fetch` as the fetch of real libraries from npm, each on each host.

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { equal, fail, ok, same } from "../runtimes/assert.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { startCountingApi } from "./api.mjs";
import { HOSTS, makeCalls } from "./hosts.mjs";
import { clientOf } from "./setting.mjs";

const NAMES = ["ky", "openapi-fetch", "ofetch", "hono hc", "mcp"];

export const libraryTests = (test, project) => HOSTS.map((host) => async () => {
  const endpoint = await startTokenEndpoint();
  const seen = new Set();
  let api;
  const mcp = await startMcp((token) => api.isRevoked(token));
  api = await startCountingApi({ handle: (exchange) => {
    const { request, response, url } = exchange;
    const token = request.headers.authorization;
    seen.add(token);
    if (url.pathname === "/revoke") api.revoke(token);
    if (url.pathname === "/mcp") return mcp.handle(exchange);
    return response.writeHead(url.pathname === "/revoke" ? 200 : 404).end();
  } });
  try {
    let results;
    const config = { client: clientOf(endpoint), origin: api.origin };
    const ran = await test(`${host}: the libraries can be loaded`, async () => {
      results = await makeCalls(host, project, "libraries", config, { count: NAMES.length, atOnce: 1 });
    });
    if (!ran) return;
    for (const [number, name] of NAMES.entries()) {
      await test(`${host}: ${name} calls an API with client.fetch`, () => {
        const found = results[number];
        equal(found.name, name, "library");
        if (found.error) fail(`${found.error} ${found.cause}`);
        if (name === "mcp") return judgeMcp(found.result);
        const { read, written, missing } = found.result;
        same(read, { number: 1, body: "" }, "what was read");
        same(written, { number: 2, body: '{"order":1}' }, "what was written");
        return equal(missing, 404, "status where there is nothing");
      });
    }
    await test(`${host}: no library has sent a request without the token`, () => {
      for (const requests of api.calls.values()) for (const { token } of requests) ok(token?.startsWith("Bearer token-"), `a request with ${token}`);
      for (const token of seen) ok(token?.startsWith("Bearer token-"), `a request with ${token}`);
    });
  } finally {
    await Promise.all([endpoint.close(), api.close(), mcp.close()]);
  }
});

function judgeMcp({ tools, tokens: [first, again, other] }) {
  same(tools, ["token"], "tools");
  ok(first.startsWith("Bearer token-"), `the server sees the token: ${first}`);
  equal(again, first, "the token of the second call");
  ok(other.startsWith("Bearer token-") && other !== first, "the token after it was revoked");
}

/** A real MCP server over streamable HTTP, with sessions; it answers 401 to a token that was revoked. */
async function startMcp(isRevoked) {
  const sessions = new Map();
  async function open() {
    const server = new McpServer({ name: "tests", version: "1.0.0" });
    server.registerTool("token", { description: "the token of the call" }, ({ requestInfo }) => ({
      content: [{ type: "text", text: requestInfo.headers.authorization }],
    }));
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await server.connect(transport);
    return transport;
  }
  return {
    async handle({ request, response }) {
      if (isRevoked(request.headers.authorization)) {
        request.resume();
        return response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end();
      }
      const transport = sessions.get(request.headers["mcp-session-id"]) ?? (await open());
      return transport.handleRequest(request, response);
    },
    close: () => Promise.all([...sessions.values()].map((transport) => transport.close())),
  };
}
