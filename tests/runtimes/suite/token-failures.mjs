// When no token can be had: which error, and that the next call works. Without retries and memory of
// failures, which have tests of their own.

import { Client } from "gatepass";
import { between, equal, ok } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";

const SHORT = 400; // milliseconds: the timeout of clients that are expected to run into it

// case of the hostile server: what the error says. An array means any of these.
const FAILURES = {
  "refused-400": { code: "request_refused", status: 400, retryable: false, error: "invalid_request" },
  "refused-scope": { code: "request_refused", status: 400, retryable: false, error: "invalid_scope" },
  "refused-grant": { code: "request_refused", status: 400, retryable: false, error: "unauthorized_client" },
  "client-401-auth0": { code: "invalid_client", status: 401, retryable: false, error: "access_denied" },
  "refused-403": { code: "request_refused", status: 403, retryable: false, error: "access_denied" },
  "refused-for-a-while": { code: "request_refused", status: 403, retryable: false, retryAfter: 7, error: "access_denied" },
  "refused-labelled-html": { code: "request_refused", status: 400, retryable: false, error: "invalid_scope" },
  "client-400": { code: "invalid_client", status: 400, retryable: false, error: "invalid_client" },
  "client-401": { code: "invalid_client", status: 401, retryable: false, error: "invalid_client" },
  "client-401-challenge": { code: "invalid_client", status: 401, retryable: false, error: "invalid_client" },
  "client-403": { code: "invalid_client", status: 403, retryable: false, error: "invalid_client" },
  "empty-400": { code: "request_refused", status: 400, retryable: false },
  "empty-401": { code: "invalid_client", status: 401, retryable: false },
  "empty-403": { code: ["invalid_client", "request_refused"], status: 403, retryable: false },
  "html-403": { code: ["invalid_client", "request_refused"], status: 403, retryable: false },
  "error-with-200": { code: "request_refused", status: 200, retryable: false, error: "invalid_scope" },
  "error-not-a-string": { code: "request_refused", status: 400, retryable: false },
  "error-empty": { code: "request_refused", status: 400, retryable: false },
  "error-truncated": { code: "request_refused", status: 400, retryable: false },
  "error-not-utf-8": { code: "request_refused", status: 400, retryable: false },
  "error-deeply-nested": { code: "request_refused", status: 400, retryable: false },
  "error-with-control-characters": { code: "request_refused", status: 400, retryable: false, error: "invalid_scope" },
  "error-of-100-kilobytes": { code: "request_refused", status: 400, retryable: false, error: "invalid_scope" },
  "error-with-duplicate-keys": { code: ["invalid_client", "request_refused"], status: 400, retryable: false },
  "echo-of-the-body": { code: "request_refused", status: 400, retryable: false, error: "invalid_request" },

  "rate-limited": { code: "rate_limited", status: 429, retryable: true, retryAfter: undefined },
  "rate-limited-seconds": { code: "rate_limited", status: 429, retryable: true, retryAfter: 7 },
  "rate-limited-date-in-the-past": { code: "rate_limited", status: 429, retryable: true, retryAfter: 0 },
  "rate-limited-reset-in-seconds": { code: "rate_limited", status: 429, retryable: true, retryAfter: 20 },
  "rate-limited-nonsense": { code: "rate_limited", status: 429, retryable: true, retryAfter: undefined },
  "rate-limited-html": { code: "rate_limited", status: 429, retryable: true, retryAfter: 7 },
  "temporarily-unavailable": { code: "server_error", status: 400, retryable: true },
  "error-500": { code: "server_error", status: 500, retryable: true },
  "empty-500": { code: "server_error", status: 500, retryable: true },
  "html-502": { code: "server_error", status: 502, retryable: true },
  "error-503": { code: "server_error", status: 503, retryable: true, retryAfter: 11 },

  "html-200": { code: "unreadable_response", status: 200 },
  "empty-200": { code: "unreadable_response", status: 200 },
  "empty-204": { code: "unreadable_response", status: 204 },
  "truncated-200": { code: "unreadable_response", status: 200 },
  "not-utf-8": { code: "unreadable_response", status: 200 },
  "ten-megabytes": { code: "unreadable_response", status: 200 },
  "ten-megabytes-of-error": { code: ["request_refused", "unreadable_response"], status: 400 },
  "a-gigabyte-in-gzip": { code: "unreadable_response", status: 200 },
  // Whether a host decodes what it can, or nothing, is its own affair.
  "gzip-that-is-none": { code: ["network_error", "unreadable_response"] },
  "deeply-nested": { code: "unreadable_response", status: 200 },
  "duplicate-keys": { code: "unreadable_response", status: 200 },
  "json-array": { code: "unreadable_response", status: 200 },
  "json-null": { code: "unreadable_response", status: 200 },
  "token-missing": { code: "unreadable_response", status: 200 },
  "token-empty": { code: "unreadable_response", status: 200 },
  "token-a-number": { code: "unreadable_response", status: 200 },
  "token-with-line-break": { code: "unreadable_response", status: 200 },

  "type-unknown": { code: "unsupported_token_type", status: 200, retryable: false },
  "type-dpop": { code: "unsupported_token_type", status: 200, retryable: false },
  "type-a-number": { code: ["unsupported_token_type", "unreadable_response"], status: 200 },

  "redirect-301": { code: "unexpected_redirect", status: 301, retryable: false },
  "redirect-302": { code: "unexpected_redirect", status: 302, retryable: false },
  "redirect-303": { code: "unexpected_redirect", status: 303, retryable: false },
  "redirect-307": { code: "unexpected_redirect", status: 307, retryable: false },
  "redirect-308": { code: "unexpected_redirect", status: 308, retryable: false },
  hangs: { code: "timeout", retryable: true, timeout: SHORT },
  "hangs-in-the-body": { code: "timeout", retryable: true, timeout: SHORT },
  // Whether a host tells a truncated body from a lost connection is its own affair.
  "closes-in-the-body": { code: ["network_error", "unreadable_response"] },
  "closes-in-a-chunk": { code: ["network_error", "unreadable_response"] },
};

for (const [name, { error: oauthError, timeout, ...expected }] of Object.entries(FAILURES)) {
  test(`a token endpoint that misbehaves costs one call, the next one works: ${name}`, async (t) => {
    const client = t.client({ tokenEndpoint: t.endpointOnce(name), timeout, retry: { attempts: 1, hold: 0 } });
    const error = await t.rejects(() => client.getToken(), expected);
    if (oauthError !== undefined) equal(error.oauth?.error, oauthError, "oauth.error");
    await t.nothingWentElsewhere();
    equal((await t.seen()).length, 1, "requests of the failed call");

    const token = await client.getToken();
    equal(token.source, "network", "source of the next call");
    equal(token.accessToken, `canary-token-${t.tag}-2`, "token of the next call");
  });
}

test("a Retry-After date becomes seconds from now", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("rate-limited-date") });
  const error = await t.rejects(() => client.getToken(), { code: "rate_limited", retryable: true });
  between(error.retryAfter, 25, 30, "retryAfter");
});

test("a Unix time in x-rate-limit-reset, as Okta spells it, becomes seconds from now", async (t) => {
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("rate-limited-reset-of-okta") }).getToken(), { code: "rate_limited" });
  between(error.retryAfter, 10, 21, "retryAfter");
});

test("a Unix time in x-ratelimit-reset becomes seconds from now", async (t) => {
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("rate-limited-reset") }).getToken(), { code: "rate_limited" });
  between(error.retryAfter, 18, 21, "retryAfter");
});

test("what a server says cannot end a line, colour a terminal or turn the direction of a text", async (t) => {
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("error-with-control-characters") }).getToken(), { code: "request_refused" });
  for (const text of [error.message, error.oauth.error_description]) {
    ok(!/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text), `no such character: ${JSON.stringify(text)}`);
  }
});

test("a wrong secret is invalid_client", async (t) => {
  const client = new Client(t.login3Options({ clientSecret: CLIENT_SECRET }));
  const error = await t.rejects(() => client.getToken(), { code: "invalid_client", status: 401, retryable: false });
  equal(error.oauth.error, "invalid_client", "oauth.error");
  ok(error.oauth.error_description.length > 0, "the server's description is kept");
});

test("an unknown audience is refused in the server's words", async (t) => {
  const client = new Client(t.login3Options({ audience: "https://unknown.example" }));
  const error = await t.rejects(() => client.getToken(), { code: "request_refused", status: 403 });
  equal(error.oauth.error, "access_denied", "oauth.error");
});

test("an unknown organization is refused", async (t) => {
  const client = new Client(t.login3Options({ organization: "org_unknown" }));
  await t.rejects(() => client.getToken(), { code: "request_refused", status: 400 });
});

test("a server that is down is a network_error", async (t) => {
  const client = t.client({ tokenEndpoint: `http://127.0.0.1:${t.config.closedPort}/oauth/token` });
  await t.rejects(() => client.getToken(), { code: "network_error", retryable: true, status: undefined });
});

// Not in the table above: Deno's fetch sends a request again by itself when a kept connection is reset before an answer.
test("a connection that is reset is a network_error", async (t) => {
  await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("reset") }).getToken(), { code: "network_error", retryable: true });
  equal((await t.client().getToken()).source, "network", "source of the next call");
});

test("the timeout ends a call that hangs, in time", async (t) => {
  const before = Date.now();
  await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("hangs"), timeout: SHORT }).getToken(), { code: "timeout" });
  between(Date.now() - before, SHORT - 50, SHORT + 1_500, "milliseconds");
});

test("a failure for one request costs no other request its token", async (t) => {
  const good = t.client();
  await good.getToken();
  await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("error-500") }).getToken(), { code: "server_error" });
  equal((await good.getToken()).source, "memory", "source");
});

test("concurrent failures are each an error object of their own", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("client-401") });
  const errors = await Promise.all([1, 2, 3].map(() => t.rejects(() => client.getToken(), { code: "invalid_client" })));
  equal(new Set(errors).size, 3, "different objects");
});
