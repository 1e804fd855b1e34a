// Introspection (RFC 7662) and revocation (RFC 7009) endpoints: `POST /introspect/<case>/<tag>`, `POST /revoke/<case>/<tag>`.

import { send, sendHtml, sendJson } from "../recording.mjs";
import { demand } from "./answers.mjs";

/** Who asks, and about which token. Credentials as at the token endpoint (RFC 7662 section 2.1, RFC 7009 section 2.1). */
function tokenOf({ body, client }) {
  const form = new URLSearchParams(body);
  demand(form.get("client_id") === client?.clientId && form.get("client_secret") === client?.clientSecret, 401, "invalid_client", "wrong secret");
  demand(form.getAll("token").length === 1, 400, "invalid_request", "one token is needed");
  demand(!form.has("grant_type") && !form.has("audience"), 400, "invalid_request", "this is not a token request");
  return form.get("token");
}

const active = (changes = {}) => (exchange) => {
  const token = tokenOf(exchange);
  sendJson(exchange.response, 200, { active: true, scope: "read:orders", client_id: exchange.client.clientId, token_type: "Bearer", jti: token.length.toString(), ...changes });
};

export const introspectionCases = {
  active: active(),
  inactive: (exchange) => {
    tokenOf(exchange);
    sendJson(exchange.response, 200, { active: false });
  },
  // For tests that need an answer of their own: the token is that answer, in base64url.
  "what-the-token-says": (exchange) => sendJson(exchange.response, 200, JSON.parse(Buffer.from(tokenOf(exchange), "base64url"))),
  "byte-order-mark": (exchange) => {
    tokenOf(exchange);
    send(exchange.response, 200, `\ufeff${JSON.stringify({ active: true, scope: "read:orders" })}`, { "content-type": "application/json" });
  },
  "active-missing": active({ active: undefined }),
  "active-as-text": active({ active: "true" }),
  html: ({ response }) => sendHtml(response, 200),
  "refused-401": ({ response }) => sendJson(response, 401, { error: "invalid_client" }, { "www-authenticate": "Basic" }),
  "refused-403": ({ response }) => send(response, 403, ""),
  "error-500": ({ response }) => send(response, 500, ""),
  redirects: ({ response, elsewhere, tag }) => send(response, 307, "", { location: `${elsewhere}/introspect/${tag}` }),
  hangs: () => {},
  "echo-of-the-body": ({ response, body }) => sendJson(response, 400, { error: "invalid_request", error_description: `got ${body}` }),
};

export const revocationCases = {
  // RFC 7009 section 2.2: 200 and nothing else, also for a token nobody knows.
  done: (exchange) => {
    tokenOf(exchange);
    send(exchange.response, 200, "");
  },
  "done-in-words": (exchange) => {
    tokenOf(exchange);
    send(exchange.response, 200, "OK", { "content-type": "text/plain" });
  },
  "unsupported-type": ({ response }) => sendJson(response, 400, { error: "unsupported_token_type" }),
  "error-503": ({ response }) => send(response, 503, "", { "retry-after": "9" }),
  redirects: ({ response, elsewhere, tag }) => send(response, 307, "", { location: `${elsewhere}/revoke/${tag}` }),
  "echo-of-the-body": ({ response, body }) => sendJson(response, 400, { error: "invalid_request", error_description: `got ${body}` }),
};
