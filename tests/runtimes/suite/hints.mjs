// What errors say besides: what to do about refusals that people meet again and again.

import { equal, includes, ok } from "../assert.mjs";
import { CLIENT_ID, test } from "./define.mjs";
import { keyFor } from "./signers.mjs";

// case: what the server refuses, and a word of the hint
const HINTS = {
  "unknown-audience": [{ code: "request_refused" }, "audience"],
  "grant-not-allowed": [{ code: "request_refused" }, "client credentials grant"],
  "two-mechanisms": [{ code: "request_refused" }, "two places"],
  "client-401": [{ code: "invalid_client" }, "clientId"],
  "refused-scope": [{ code: "request_refused" }, "scopes"],
  "refused-resource": [{ code: "request_refused" }, "resource"],
};
for (const [name, [expected, word]] of Object.entries(HINTS)) {
  test(`an error says what to do about it: ${name}`, async (t) => {
    const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint(name) }).getToken(), expected);
    includes(error.hint, word, "hint");
    equal(error.toJSON().hint, error.hint, "hint in JSON");
  });
}

for (const [name, word] of [["clock-behind", "ahead"], ["clock-ahead", "behind"]]) {
  test(`an error says when the clocks of server and client differ: ${name}`, async (t) => {
    const { jwk } = await keyFor(t, "ES256");
    const client = t.client({ tokenEndpoint: t.endpoint(name), clientSecret: undefined, privateKey: jwk, assertionAudience: "https://auth.example/" });
    const error = await t.rejects(() => client.getToken(), { code: "invalid_client" });
    includes(error.hint, "clock", "hint");
    includes(error.hint, word, "hint");
  });
}

test("an issuer with a slash too many or too few is named as that", async (t) => {
  const error = await t.rejects(() => t.clientOf(t.issuer("issuer-with-slash")).getToken(), { code: "issuer_mismatch" });
  includes(`${error.message} ${error.hint ?? ""}`, "slash", "message and hint");
});

test("an error without a likely reason has no hint, and none quotes the server", async (t) => {
  equal((await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("error-500") }).getToken(), { code: "server_error" })).hint, undefined, "hint");
  const error = await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("two-mechanisms") }).getToken(), {});
  ok(!error.hint.includes(CLIENT_ID), "the client id is not in it");
});
