// Finding the token endpoint and the keys from the issuer's metadata.

import { Client, Verifier } from "gatepass";
import { equal, includes } from "../assert.mjs";
import { CLIENT_ID, CLIENT_SECRET, test } from "./define.mjs";
import { claims, signToken } from "./jwt.mjs";

const SHORT = 400;

const clientOf = (issuer, changes) => new Client({ issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...changes });

for (const name of [
  "good", "only-oidc", "only-oauth", "login-page-for-oidc", "login-page-for-oauth", "other-json-for-oidc",
  "forbidden-for-oidc", "unauthorized-for-oidc", "method-not-allowed-for-oidc", "byte-order-mark", "unknown-members",
  "other-json-for-oauth", "keys-missing", "methods-missing", "text-plain", "introspection-missing",
]) {
  test(`metadata is found in either well-known form: ${name}`, async (t) => {
    const client = clientOf(t.issuer(name));
    equal((await client.getToken()).source, "network", "source");
    equal((await client.getToken()).source, "memory", "second source");
  });
}

test("the slash at the end of an issuer is part of its name", async (t) => {
  equal((await clientOf(`${t.issuer("issuer-with-slash")}/`).getToken()).source, "network", "source");
});

// case: what the error says. Nothing may be sent on the word of such a document.
const FAILURES = {
  "wrong-issuer": { code: "issuer_mismatch", retryable: false },
  "issuer-with-slash": { code: "issuer_mismatch", retryable: false },
  "duplicate-keys": { code: ["issuer_mismatch", "discovery_failed"] },
  "issuer-missing": { code: ["issuer_mismatch", "discovery_failed"] },
  "not-found": { code: "discovery_failed" },
  "login-page-for-both": { code: "discovery_failed" },
  "token-endpoint-missing": { code: "discovery_failed" },
  "token-endpoint-http": { code: "discovery_failed" },
  "token-endpoint-not-a-url": { code: "discovery_failed" },
  "error-500": { code: ["discovery_failed", "server_error"] },
  "rate-limited": { code: "rate_limited", status: 429, retryable: true, retryAfter: 7 },
  redirects: { code: ["discovery_failed", "unexpected_redirect"] },
  "ten-megabytes": { code: ["discovery_failed", "unreadable_response"] },
  hangs: { code: ["timeout", "discovery_failed"], retryable: true },
};
for (const [name, expected] of Object.entries(FAILURES)) {
  test(`metadata that cannot be trusted stops the request before the secret is sent: ${name}`, async (t) => {
    const timeout = name === "hangs" ? SHORT : undefined;
    await t.rejects(() => clientOf(t.issuer(name), { timeout }).getToken(), expected);
    const requests = await t.seen();
    equal(requests.filter(({ method }) => method === "POST").length, 0, "token requests");
    equal(requests.filter(({ body }) => body.includes("canary")).length, 0, "requests with the secret");
    await t.nothingWentElsewhere();
  });
}

test("an issuer mismatch says which two strings differ", async (t) => {
  const error = await t.rejects(() => clientOf(t.issuer("wrong-issuer")).getToken(), { code: "issuer_mismatch" });
  includes(error.message, t.issuer("wrong-issuer"), "message");
  includes(error.message, "https://evil.example", "message");
});

test("a verifier finds the keys from the issuer", async (t) => {
  const issuer = t.issuer("good");
  await t.publish(t.config.keys.rs256.publicJwk);
  const verifier = new Verifier({ issuer, audience: "https://api.example" });
  equal((await verifier.verifyAccessToken(await signToken(t, { claims: claims({ iss: issuer }) }))).iss, issuer, "iss");
});

const UNUSABLE_FOR_KEYS = {
  "keys-http": ["discovery_failed", "keys_unavailable"],
  "keys-missing": ["discovery_failed", "keys_unavailable"],
  "not-found": ["discovery_failed", "keys_unavailable"],
  "wrong-issuer": ["issuer_mismatch", "keys_unavailable"],
};
for (const [name, code] of Object.entries(UNUSABLE_FOR_KEYS)) {
  test(`a verifier without usable metadata does not blame the token: ${name}`, async (t) => {
    const issuer = t.issuer(name);
    const verifier = new Verifier({ issuer, audience: "https://api.example" });
    const token = await signToken(t, { claims: claims({ iss: issuer }) });
    await t.rejects(() => verifier.verifyAccessToken(token), { code });
  });
}
