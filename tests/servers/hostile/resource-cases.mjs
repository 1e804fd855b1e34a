// APIs that name their authorization server (RFC 9728). They answer to the tokens that were made for them, and tell all others
// where their metadata is; the query of their URL says which authorization servers it names: `?as=<issuer>`, several times.

import { send, sendJson } from "../recording.mjs";

const named = (changes = () => ({}), challenge = (metadata) => `Bearer resource_metadata="${metadata}", scope="mcp:tools"`) => (exchange) => {
  const { request, response, url, tag, memory } = exchange;
  const resource = url.origin + url.pathname;
  if (url.searchParams.has("metadata")) {
    const document = { resource, authorization_servers: url.searchParams.getAll("as"), ...changes(exchange) };
    return sendJson(response, 200, document);
  }
  memory.calls = (memory.calls ?? 0) + 1;
  // It takes the second token that it is shown, and those after it.
  const token = request.headers.authorization;
  memory.refused ??= token;
  if (token !== memory.refused) return sendJson(response, 200, { tag, token: token.replace(/^\S+ /, "") });
  const metadata = `${resource}?metadata&${url.searchParams}`;
  return sendJson(response, 401, { error: "invalid_token" }, { "www-authenticate": challenge(metadata) });
};

export const resourceNamingCases = {
  named: named(),
  "named-for-another": named(() => ({ resource: "https://other.example/" })),
  "named-nobody": named(() => ({ authorization_servers: undefined })),
  "named-by-http": named(undefined, () => 'Bearer resource_metadata="http://mcp.example/.well-known/oauth-protected-resource"'),
  "named-by-a-redirect": (exchange) => {
    if (exchange.url.searchParams.has("metadata")) return send(exchange.response, 302, "", { location: "https://other.example/" });
    return named()(exchange);
  },
};
