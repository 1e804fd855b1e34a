// What real token endpoints do, one entry per behaviour. `POST /token/<case>/<tag>` plays it on every request,
// `POST /token-once/<case>/<tag>` on the first one only and `ok` from then on.

import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { send, sendJson } from "../recording.mjs";
import { issues, JSON_TYPE, page, refuses, repliesWith, token, TOKEN_MARK } from "./answers.mjs";

const TEN_MEGABYTES = 10 * 1024 * 1024;
/** 64 MB 16 times over: members of one gzip file may follow each other (RFC 1952 section 2.2). */
const gzippedGigabyte = Buffer.concat(Array(16).fill(gzipSync(Buffer.alloc(64 * 1024 * 1024, " "))));

const says = (status, error, description, headers) => ({ response }) =>
  sendJson(response, status, { error, error_description: description }, headers);
/** By a clock that is so many milliseconds off. */
const saysAtAnotherTime = (millis, description) => (exchange) =>
  says(401, "invalid_client", description, { date: new Date(Date.now() + millis).toUTCString() })(exchange);
const redirects = (status) => ({ response, tag, elsewhere }) =>
  send(response, status, "", { location: `${elsewhere}/token/${tag}` });

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
  "expires-true": issues({ expires_in: true }),
  "expires-in-milliseconds": issues({ expires_in: 86_400_000 }),
  "expires-beyond-32-bits": issues({ expires_in: 2 ** 31 + 5 }),
  "expires-in-2-seconds": issues({ expires_in: 2 }),
  // Entra's own soft expiry.
  "refresh-in-a-second": issues({ refresh_in: 1 }),
  "same-until-dead": sameUntilDead,
  "after-300-milliseconds": async (exchange) => {
    await sleep(300);
    sendJson(exchange.response, 200, token(exchange));
  },
  "type-lower-case": issues({ token_type: "bearer" }),
  "type-upper-case": issues({ token_type: "BEARER" }),
  "type-missing": issues({ token_type: undefined }),
  "type-null": issues({ token_type: null }),
  "error-empty-beside-a-token": issues({ error: "", error_description: "" }),
  // For `takes-its-own` of the APIs.
  "for-its-resource": (exchange) => {
    const resource = new URLSearchParams(exchange.body).get("resource") ?? "";
    sendJson(exchange.response, 200, token(exchange, { access_token: `${TOKEN_MARK}-for-${Buffer.from(resource).toString("base64url")}` }));
  },
  gzip: (exchange) => send(exchange.response, 200, gzipSync(JSON.stringify(token(exchange))), { ...JSON_TYPE, "content-encoding": "gzip" }),
  "created-201": (exchange) => sendJson(exchange.response, 201, token(exchange)),
  "more-members": issues({ refresh_token: `${TOKEN_MARK}-to-refresh`, ext_expires_in: 7200, foo: { bar: [null] } }),
  "token-of-8-kilobytes": (exchange) =>
    sendJson(exchange.response, 200, token(exchange, { access_token: `${TOKEN_MARK}-${"x".repeat(8192)}` })),
  "no-content-type": (exchange) => send(exchange.response, 200, JSON.stringify(token(exchange))),
  "text-plain": (exchange) => sendAs(exchange, "text/plain"),
  "text-javascript": (exchange) => sendAs(exchange, "text/javascript; charset=utf-8"),
  charset: (exchange) => sendAs(exchange, "application/json;charset=UTF-8"),
  "byte-order-mark": (exchange) => send(exchange.response, 200, `\ufeff${JSON.stringify(token(exchange))}`, JSON_TYPE),
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
  "refused-for-a-while": refuses(403, "access_denied", { "retry-after": "7" }),
  // The words of Auth0, Okta and oidc-provider.
  "unknown-audience": says(403, "access_denied", "Service not enabled within domain: https://unknown.example"),
  "grant-not-allowed": says(403, "unauthorized_client", "Grant type 'client_credentials' not allowed for the client."),
  "two-mechanisms": says(400, "invalid_request", "client authentication must only be provided using one mechanism"),
  "refused-resource": says(400, "invalid_target", "The requested resource is invalid"),
  "clock-behind": saysAtAnotherTime(-90_000, "iat of the assertion is in the future"),
  "clock-ahead": saysAtAnotherTime(90_000, "the assertion has expired (exp)"),
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
  "html-403": page(403),
  "error-with-200": refuses(200, "invalid_scope"),
  "error-not-a-string": repliesWith(400, '{"error":{"code":7}}', JSON_TYPE),
  "error-empty": repliesWith(400, '{"error":""}', JSON_TYPE),
  "error-truncated": repliesWith(400, '{"error":"invalid_scope","error_descr', JSON_TYPE),
  "error-not-utf-8": repliesWith(400, Buffer.from('{"error":"invalid_scope","error_description":"caf\xe9"}', "latin1"), JSON_TYPE),
  "error-deeply-nested": repliesWith(400, `{"error":${"[".repeat(60_000)}${"]".repeat(60_000)}}`, JSON_TYPE),
  // What would end a line of a log and start another one, or colour a terminal.
  "error-with-control-characters": repliesWith(400, JSON.stringify({ error: "invalid_scope", error_description: "a\r\nb\u001b[31mc\u0000d\u202ee" }), JSON_TYPE),
  "error-of-100-kilobytes": repliesWith(400, JSON.stringify({ error: "invalid_scope", error_description: "x".repeat(100_000) }), JSON_TYPE),
  "error-with-duplicate-keys": repliesWith(400, '{"error":"invalid_scope","error":"invalid_client"}', JSON_TYPE),
};

const overloads = {
  "rate-limited": refuses(429, "slow_down"),
  "rate-limited-seconds": refuses(429, "slow_down", { "retry-after": "7" }),
  "rate-limited-date": (exchange) =>
    refuses(429, "slow_down", { "retry-after": new Date(Date.now() + 30_000).toUTCString() })(exchange),
  "rate-limited-date-in-the-past": refuses(429, "slow_down", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }),
  "rate-limited-nonsense": refuses(429, "slow_down", { "retry-after": "-1.5 minutes" }),
  "rate-limited-reset-in-seconds": refuses(429, "too_many_requests", { "x-ratelimit-reset": "20" }),
  // Okta's spelling.
  "rate-limited-reset-of-okta": (exchange) =>
    refuses(429, "too_many_requests", { "x-rate-limit-reset": String(Math.ceil(Date.now() / 1000) + 20) })(exchange),
  "rate-limited-html": page(429, { "retry-after": "7" }),
  // Auth0 says when in a header of its own, as a Unix time.
  "rate-limited-reset": (exchange) =>
    refuses(429, "too_many_requests", { "x-ratelimit-reset": String(Math.ceil(Date.now() / 1000) + 20) })(exchange),
  "temporarily-unavailable": refuses(400, "temporarily_unavailable"),
  "error-500": refuses(500, "server_error"),
  "empty-500": repliesWith(500, ""),
  "html-502": page(502),
  "error-503": refuses(503, "temporarily_unavailable", { "retry-after": "11" }),
};

// https://auth0.com/docs/get-started/applications/configure-client-credentials-quotas: one bucket per period.
const quotas = {
  "quota-of-the-client": issues({}, { "auth0-client-quota-limit": "b=per_hour;q=100;r=90;t=3600,b=per_day;q=1000;r=700;t=86400" }),
  "quota-of-the-organization": issues({}, { "auth0-organization-quota-limit": "b=per_hour;q=10;r=9;t=60" }),
  "quota-spent": (exchange) => sendJson(exchange.response, 200, token(exchange, { expires_in: 2 }), {
    "auth0-client-quota-limit": "b=per_hour;q=100;r=0;t=3600",
  }),
  "quota-nonsense": issues({}, { "auth0-client-quota-limit": "b=;q=many;r=-1;t=soon,,;;", "x-ratelimit-limit": "x" }),
};

const unreadable = {
  "html-200": page(200),
  "empty-200": repliesWith(200, ""),
  "empty-204": ({ response }) => response.writeHead(204).end(),
  "truncated-200": repliesWith(200, `{"access_token":"${TOKEN_MARK}","token_type":"Bea`, JSON_TYPE),
  "not-utf-8": (exchange) =>
    send(exchange.response, 200, Buffer.from(`{"access_token":"${TOKEN_MARK}-\xff\xfe","token_type":"Bearer"}`, "latin1"), JSON_TYPE),
  "ten-megabytes": (exchange) =>
    sendJson(exchange.response, 200, token(exchange, { padding: "x".repeat(TEN_MEGABYTES) })),
  "a-gigabyte-in-gzip": ({ response }) => send(response, 200, gzippedGigabyte, { ...JSON_TYPE, "content-encoding": "gzip" }),
  "gzip-that-is-none": ({ response }) => send(response, 200, '{"access_token":"a"}', { ...JSON_TYPE, "content-encoding": "gzip" }),
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
  ...quotas,
  ...unreadable,
  ...wrongType,
  ...brokenTransport,
};

function sendAs(exchange, contentType) {
  send(exchange.response, 200, JSON.stringify(token(exchange)), { "content-type": contentType });
}

/** The token of the first request, with what is left of its 4 seconds, until it ends. */
function sameUntilDead(exchange) {
  const { memory, count } = exchange;
  if (!(memory.endsAt > Date.now())) Object.assign(memory, { number: count, endsAt: Date.now() + 4_000 });
  const access_token = `${TOKEN_MARK}-${exchange.tag}-${memory.number}`;
  sendJson(exchange.response, 200, token(exchange, { access_token, expires_in: (memory.endsAt - Date.now()) / 1000 }));
}

/** The first half of a good answer, and then no connection any more. */
function closeHalfWay(exchange, headers) {
  exchange.response.writeHead(200, headers);
  exchange.response.write(JSON.stringify(token(exchange)).slice(0, 30), () => exchange.request.socket.resetAndDestroy());
}
