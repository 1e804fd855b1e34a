// What real token endpoints do, one entry per behaviour. `POST /token/<case>/<tag>` plays it on every request,
// `POST /token-once/<case>/<tag>` on the first one only and `ok` from then on.

import { setTimeout as sleep } from "node:timers/promises";
import { send, sendHtml, sendJson } from "../recording.mjs";

/** Every token this server invents contains this, so that a test can look for it where no token may show. */
export const TOKEN_MARK = "canary-token";

const TEN_MEGABYTES = 10 * 1024 * 1024;

const token = (exchange, changes = {}) => ({
  access_token: `${TOKEN_MARK}-${exchange.tag}-${exchange.count}`,
  token_type: "Bearer",
  expires_in: 3600,
  ...changes,
});

const issues = (changes) => (exchange) => sendJson(exchange.response, 200, token(exchange, changes));
const refuses = (status, error, headers) => ({ response }) =>
  sendJson(response, status, { error, error_description: `refused with ${status}` }, headers);
const repliesWith = (status, body, headers) => ({ response }) => send(response, status, body, headers);
const redirects = (status) => ({ response, tag, elsewhere }) =>
  send(response, status, "", { location: `${elsewhere}/token/${tag}` });
const JSON_TYPE = { "content-type": "application/json" };

const wellFormed = {
  ok: issues({}),
  "scope-narrowed": issues({ scope: "read:orders" }),
  "expires-string": issues({ expires_in: "1800" }),
  "expires-float": issues({ expires_in: 1800.75 }),
  "expires-zero": issues({ expires_in: 0 }),
  "expires-null": issues({ expires_in: null }),
  "expires-missing": issues({ expires_in: undefined }),
  "expires-negative": issues({ expires_in: -60 }),
  "expires-huge": issues({ expires_in: 1e300 }),
  "expires-text": issues({ expires_in: "soon" }),
  "expires-in-2-seconds": issues({ expires_in: 2 }),
  "after-300-milliseconds": async (exchange) => {
    await sleep(300);
    sendJson(exchange.response, 200, token(exchange));
  },
  "type-lower-case": issues({ token_type: "bearer" }),
  "type-upper-case": issues({ token_type: "BEARER" }),
  "type-missing": issues({ token_type: undefined }),
  "token-of-8-kilobytes": (exchange) =>
    sendJson(exchange.response, 200, token(exchange, { access_token: `${TOKEN_MARK}-${"x".repeat(8192)}` })),
  "no-content-type": (exchange) => send(exchange.response, 200, JSON.stringify(token(exchange))),
  "text-plain": (exchange) => sendAs(exchange, "text/plain"),
  "text-javascript": (exchange) => sendAs(exchange, "text/javascript; charset=utf-8"),
  "labelled-xml": (exchange) => sendAs(exchange, "application/xml"),
  "form-encoded": (exchange) =>
    send(exchange.response, 200, new URLSearchParams(token(exchange)).toString(), {
      "content-type": "application/x-www-form-urlencoded",
    }),
};

const refusals = {
  "refused-400": refuses(400, "invalid_request"),
  "refused-scope": refuses(400, "invalid_scope"),
  "refused-grant": refuses(400, "unauthorized_client"),
  "refused-403": refuses(403, "access_denied"),
  // Auth0's answer to a wrong secret.
  "client-401-auth0": refuses(401, "access_denied"),
  "refused-labelled-html": repliesWith(400, JSON.stringify({ error: "invalid_scope" }), { "content-type": "text/html" }),
  "client-400": refuses(400, "invalid_client"),
  "client-401": refuses(401, "invalid_client"),
  "client-401-challenge": refuses(401, "invalid_client", { "www-authenticate": 'Basic realm="tokens"' }),
  "client-403": refuses(403, "invalid_client"),
  "empty-400": repliesWith(400, ""),
  "empty-401": repliesWith(401, "", { "www-authenticate": "Basic" }),
  "empty-403": repliesWith(403, ""),
  "html-403": ({ response }) => sendHtml(response, 403),
  "error-with-200": refuses(200, "invalid_scope"),
  "error-not-a-string": repliesWith(400, '{"error":{"code":7}}', JSON_TYPE),
  "error-with-duplicate-keys": repliesWith(400, '{"error":"invalid_scope","error":"invalid_client"}', JSON_TYPE),
  // Some servers quote the form they could not accept, the secret in it.
  "secret-echoed": ({ response, body }) =>
    sendJson(response, 400, {
      error: "invalid_request",
      error_description: `got ${new URLSearchParams(body).get("client_secret")} in ${body}`,
      error_uri: `https://errors.example/?${body}`,
    }),
};

const overloads = {
  "rate-limited": refuses(429, "slow_down"),
  "rate-limited-seconds": refuses(429, "slow_down", { "retry-after": "7" }),
  "rate-limited-date": (exchange) =>
    refuses(429, "slow_down", { "retry-after": new Date(Date.now() + 30_000).toUTCString() })(exchange),
  "rate-limited-html": ({ response }) => sendHtml(response, 429, { "retry-after": "7" }),
  "temporarily-unavailable": refuses(400, "temporarily_unavailable"),
  "error-500": refuses(500, "server_error"),
  "empty-500": repliesWith(500, ""),
  "html-502": ({ response }) => sendHtml(response, 502),
  "error-503": refuses(503, "temporarily_unavailable", { "retry-after": "11" }),
};

const unreadable = {
  "html-200": ({ response }) => sendHtml(response, 200),
  "empty-200": repliesWith(200, ""),
  "not-utf-8": (exchange) =>
    send(exchange.response, 200, Buffer.from(`{"access_token":"${TOKEN_MARK}-\xff\xfe","token_type":"Bearer"}`, "latin1"), JSON_TYPE),
  "ten-megabytes": (exchange) =>
    sendJson(exchange.response, 200, token(exchange, { padding: "x".repeat(TEN_MEGABYTES) })),
  "ten-megabytes-of-error": repliesWith(400, JSON.stringify({ error: "x".repeat(TEN_MEGABYTES) }), JSON_TYPE),
  "deeply-nested": repliesWith(200, `${"[".repeat(60_000)}${"]".repeat(60_000)}`, JSON_TYPE),
  "duplicate-keys": (exchange) =>
    send(exchange.response, 200, `{"access_token":"${TOKEN_MARK}-1","access_token":"${TOKEN_MARK}-2","token_type":"Bearer"}`, JSON_TYPE),
  "json-array": repliesWith(200, "[]", JSON_TYPE),
  "json-null": repliesWith(200, "null", JSON_TYPE),
  "token-missing": issues({ access_token: undefined }),
  "token-empty": issues({ access_token: "" }),
  "token-a-number": issues({ access_token: 12345 }),
  // Put into a header as it is, this would end the header and start another one.
  "token-with-line-break": issues({ access_token: `${TOKEN_MARK}\r\nx-injected: yes` }),
};

const wrongType = {
  "type-unknown": issues({ token_type: "mac" }),
  "type-dpop": issues({ token_type: "DPoP" }),
  "type-a-number": issues({ token_type: 1 }),
};

const brokenTransport = {
  "redirect-301": redirects(301),
  "redirect-302": redirects(302),
  "redirect-303": redirects(303),
  "redirect-307": redirects(307),
  "redirect-308": redirects(308),
  reset: ({ request }) => request.socket.resetAndDestroy(),
  hangs: () => {},
  "hangs-in-the-body": (exchange) => {
    exchange.response.writeHead(200, JSON_TYPE);
    exchange.response.write('{"access_token":');
  },
  "closes-in-the-body": (exchange) => closeHalfWay(exchange, { ...JSON_TYPE, "content-length": 1000 }),
  "closes-in-a-chunk": (exchange) => closeHalfWay(exchange, JSON_TYPE),
};

export const tokenCases = {
  ...wellFormed,
  ...refusals,
  ...overloads,
  ...unreadable,
  ...wrongType,
  ...brokenTransport,
};

function sendAs(exchange, contentType) {
  send(exchange.response, 200, JSON.stringify(token(exchange)), { "content-type": contentType });
}

/** The first half of a good answer, and then no connection any more. */
function closeHalfWay(exchange, headers) {
  exchange.response.writeHead(200, headers);
  exchange.response.write(JSON.stringify(token(exchange)).slice(0, 30), () => exchange.request.socket.resetAndDestroy());
}
