// Authorization server metadata as it is found in the wild. The issuer is `<origin>/issuer/<case>/<tag>`; a case gets
// which well-known form was asked for, because half of the trouble is a server that has only one of them. A case can be
// followed by those of the token endpoint, the keys, introspection and revocation: `good.jwt.hangs.active.done`.
//
//   "oidc"   <issuer>/.well-known/openid-configuration                          (OpenID Connect Discovery 4)
//   "oauth"  <origin>/.well-known/oauth-authorization-server/<issuer's path>    (RFC 8414 3)

import { send, sendHtml, sendJson } from "../recording.mjs";
import { JSON_TYPE } from "./answers.mjs";

const document = (exchange, changes = {}) => ({
  issuer: exchange.issuer,
  token_endpoint: tokenEndpoint(exchange),
  jwks_uri: `${exchange.origin}/keys/${exchange.places.keys}/${exchange.tag}`,
  introspection_endpoint: `${exchange.origin}/introspect/${exchange.places.introspection}/${exchange.tag}`,
  revocation_endpoint: `${exchange.origin}/revoke/${exchange.places.revocation}/${exchange.tag}`,
  grant_types_supported: ["client_credentials"],
  token_endpoint_auth_methods_supported: ["client_secret_post"],
  ...changes,
});

/** With a query, which a token endpoint may have and a client must keep (RFC 6749 section 3.2). */
function tokenEndpoint({ origin, places, tag, issuer }) {
  return `${origin}/token/${places.token}/${tag}?iss=${encodeURIComponent(issuer)}`;
}

const publishes = (changes) => (exchange) => sendJson(exchange.response, 200, document(exchange, changes));
const notFound = ({ response }) => send(response, 404, "Not found");
const byForm = (forms) => (exchange) => (forms[exchange.form] ?? notFound)(exchange);

export const discoveryCases = {
  good: publishes({}),
  "only-oidc": byForm({ oidc: publishes({}) }),
  "only-oauth": byForm({ oauth: publishes({}) }),
  // A single page application answers every unknown address with its login page and a 200.
  "login-page-for-oidc": byForm({ oidc: ({ response }) => sendHtml(response, 200), oauth: publishes({}) }),
  "login-page-for-oauth": byForm({ oauth: ({ response }) => sendHtml(response, 200), oidc: publishes({}) }),
  "other-json-for-oidc": byForm({ oidc: ({ response }) => sendJson(response, 200, { ok: true }), oauth: publishes({}) }),
  "other-json-for-oauth": byForm({ oauth: ({ response }) => sendJson(response, 200, { ok: true }), oidc: publishes({}) }),
  // Gateways and file servers have other words for what is not there.
  "forbidden-for-oidc": byForm({ oidc: ({ response }) => send(response, 403, "<Error><Code>AccessDenied</Code></Error>"), oauth: publishes({}) }),
  "unauthorized-for-oidc": byForm({ oidc: ({ response }) => sendJson(response, 401, { message: "Missing Authentication Token" }), oauth: publishes({}) }),
  "method-not-allowed-for-oidc": byForm({ oidc: ({ response }) => send(response, 405, ""), oauth: publishes({}) }),
  "byte-order-mark": (exchange) => send(exchange.response, 200, `\ufeff${JSON.stringify(document(exchange))}`, JSON_TYPE),
  "unknown-members": publishes({ "x-new": [{ deep: [null, 1e300] }], pushed_authorization_request_endpoint: 7, signed_metadata: "e30.e30.e30" }),
  "rate-limited": ({ response }) => send(response, 429, "", { "retry-after": "7" }),
  "login-page-for-both": ({ response }) => sendHtml(response, 200),
  "not-found": notFound,
  "error-500": ({ response }) => send(response, 500, ""),
  redirects: ({ response, elsewhere, tag }) => send(response, 302, "", { location: `${elsewhere}/metadata/${tag}` }),
  "wrong-issuer": publishes({ issuer: "https://evil.example" }),
  "issuer-with-slash": (exchange) => sendJson(exchange.response, 200, document(exchange, { issuer: `${exchange.issuer}/` })),
  "issuer-missing": publishes({ issuer: undefined }),
  "token-endpoint-missing": publishes({ token_endpoint: undefined }),
  "token-endpoint-http": publishes({ token_endpoint: "http://auth.example/token" }),
  "token-endpoint-not-a-url": publishes({ token_endpoint: "/token" }),
  "methods-wrong": publishes({ token_endpoint_auth_methods_supported: ["private_key_jwt"] }),
  "methods-missing": publishes({ token_endpoint_auth_methods_supported: undefined, grant_types_supported: undefined }),
  "text-plain": (exchange) => send(exchange.response, 200, JSON.stringify(document(exchange)), { "content-type": "text/plain" }),
  "duplicate-keys": (exchange) => send(exchange.response, 200, `{"issuer":"https://evil.example",${JSON.stringify(document(exchange)).slice(1)}`, JSON_TYPE),
  // RFC 8705 section 5: where a client with a certificate goes instead.
  "mtls-aliases": (exchange) => sendJson(exchange.response, 200, document(exchange, {
    token_endpoint: `${exchange.origin}/token/refused-400/${exchange.tag}`,
    mtls_endpoint_aliases: { token_endpoint: tokenEndpoint(exchange) },
  })),
  "mtls-aliases-http": publishes({ mtls_endpoint_aliases: { token_endpoint: "http://auth.example/token" } }),
  "introspection-http": publishes({ introspection_endpoint: "http://auth.example/introspect" }),
  "introspection-missing": publishes({ introspection_endpoint: undefined, revocation_endpoint: undefined }),
  "keys-http": publishes({ jwks_uri: "http://auth.example/keys" }),
  "keys-missing": publishes({ jwks_uri: undefined }),
  "ten-megabytes": publishes({ padding: "x".repeat(10 * 1024 * 1024) }),
  hangs: () => {},
};
