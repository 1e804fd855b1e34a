// APIs that name their authorization server (RFC 9728). They answer to the tokens that were made for them, and tell all others
// where their metadata is; the query of their URL says which authorization servers it names: `?as=<issuer>`, several times.

import { setTimeout as sleep } from "node:timers/promises";
import { send, sendJson } from "../recording.mjs";
import { JSON_TYPE } from "./answers.mjs";

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

/** Takes tokens that were asked for with its own identifier (`for-its-resource` of the token cases), and no other. */
const takesItsOwn = (exchange) => {
  const { request, response, url, tag } = exchange;
  if (url.searchParams.has("metadata")) return named()(exchange);
  const resource = url.origin + url.pathname;
  if (request.headers.authorization.endsWith(Buffer.from(resource).toString("base64url"))) return sendJson(response, 200, { tag });
  return sendJson(response, 401, {}, { "www-authenticate": `Bearer resource_metadata="${resource}?metadata&${url.searchParams}"` });
};

export const resourceNamingCases = {
  named: named(),
  // So slowly that all who were refused at once are there before it has said it.
  "named-slowly": async (exchange) => {
    if (exchange.url.searchParams.has("metadata")) await sleep(400);
    return named()(exchange);
  },
  "takes-its-own": takesItsOwn,
  "takes-its-own-too": takesItsOwn,
  // RFC 9110 section 11.6.1: challenges of other schemes around it, commas within quotes, and no case.
  "named-among-challenges": named(undefined, (metadata) => `Basic realm="a, b", Negotiate YWJj==, bearer error="invalid_token", error_description="no, \\"never\\"", resource_metadata="${metadata}"`),
  // Servers forget the quotes.
  "named-without-quotes": named(undefined, (metadata) => `Bearer resource_metadata=${metadata.split("&")[0]}`),
  "named-with-a-mark": (exchange) => {
    if (!exchange.url.searchParams.has("metadata")) return named()(exchange);
    const resource = exchange.url.origin + exchange.url.pathname;
    return send(exchange.response, 200, `\ufeff${JSON.stringify({ resource, authorization_servers: exchange.url.searchParams.getAll("as") })}`, JSON_TYPE);
  },
  "named-for-another": named(() => ({ resource: "https://other.example/" })),
  "named-nobody": named(() => ({ authorization_servers: undefined })),
  "named-by-http": named(undefined, () => 'Bearer resource_metadata="http://mcp.example/.well-known/oauth-protected-resource"'),
  "named-by-a-redirect": (exchange) => {
    if (exchange.url.searchParams.has("metadata")) return send(exchange.response, 302, "", { location: "https://other.example/" });
    return named()(exchange);
  },
};
