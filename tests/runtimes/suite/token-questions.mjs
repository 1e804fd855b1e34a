// Asking the server about a token (RFC 7662) and giving one back (RFC 7009).

import { equal, same } from "../assert.mjs";
import { test } from "./define.mjs";

const TOKEN = "canary-token-that-somebody-brought";

const clientOf = (t, places, changes) => t.clientOf(t.issuer("good", places), { retry: { attempts: 1, hold: 0 }, ...changes });
const asked = async (t, place) => (await t.seen()).filter(({ path }) => path.startsWith(`/${place}/`));

test("introspection tells whether a token is active, and what it is for", async (t) => {
  await t.register();
  const answer = await clientOf(t, {}).introspect(TOKEN);
  same([answer.active, answer.scope, answer.token_type], [true, "read:orders", "Bearer"], "answer");
  const [request] = await asked(t, "introspect");
  equal(request.headers.accept, "application/json", "accept");
  equal(new URLSearchParams(request.body).get("token"), TOKEN, "token");
});

test("introspection is read where a byte order mark is before it", async (t) => {
  await t.register();
  const answer = await clientOf(t, { introspection: "byte-order-mark" }).introspect(TOKEN);
  same(answer, { active: true, scope: "read:orders" }, "answer");
});

test("a token that is not active is an answer, not an error", async (t) => {
  await t.register();
  equal((await clientOf(t, { introspection: "inactive" }).introspect(TOKEN)).active, false, "active");
});

// What stands in place of an answer: what the error says.
const UNANSWERED = {
  "active-missing": { code: "unreadable_response" },
  "active-as-text": { code: "unreadable_response" },
  html: { code: "unreadable_response" },
  "refused-401": { code: "invalid_client", status: 401 },
  "refused-403": { code: ["request_refused", "invalid_client"], status: 403 },
  "error-500": { code: "server_error", status: 500 },
  redirects: { code: "unexpected_redirect", status: 307 },
  hangs: { code: "timeout" },
  "echo-of-the-body": { code: "request_refused" },
};
for (const [introspection, expected] of Object.entries(UNANSWERED)) {
  test(`introspection that fails is an error, never an inactive token: ${introspection}`, async (t) => {
    await t.register();
    await t.rejects(() => clientOf(t, { introspection }, introspection === "hangs" ? { timeout: 600 } : {}).introspect(TOKEN), expected);
    await t.nothingWentElsewhere();
  });
}

for (const revocation of ["done", "done-in-words"]) {
  test(`a token is given back: ${revocation}`, async (t) => {
    await t.register();
    equal(await clientOf(t, { revocation }).revoke(TOKEN), undefined, "answer");
    equal(new URLSearchParams((await asked(t, "revoke"))[0].body).get("token"), TOKEN, "token");
  });
}

const UNREVOKED = {
  "unsupported-type": { code: "request_refused", status: 400 },
  "error-503": { code: "server_error", status: 503, retryAfter: 9 },
  redirects: { code: "unexpected_redirect", status: 307 },
  "echo-of-the-body": { code: "request_refused" },
};
for (const [revocation, expected] of Object.entries(UNREVOKED)) {
  test(`a revocation that fails is an error: ${revocation}`, async (t) => {
    await t.register();
    await t.rejects(() => clientOf(t, { revocation }).revoke(TOKEN), expected);
    await t.nothingWentElsewhere();
  });
}

test("a token of one's own that was given back is not handed out again", async (t) => {
  await t.register();
  const client = clientOf(t, {});
  const token = await client.getToken();
  await client.revoke(token);
  equal((await client.getToken()).source, "network", "source");
});

for (const metadata of ["introspection-missing", "introspection-http"]) {
  test(`without an endpoint for it nothing is asked: ${metadata}`, async (t) => {
    await t.rejects(() => t.clientOf(t.issuer(metadata)).introspect(TOKEN), { code: "discovery_failed" });
    equal((await t.seen()).filter(({ method }) => method === "POST").length, 0, "requests");
  });
}

test("a token that is none is a TypeError", async (t) => {
  for (const token of [undefined, null, "", 7, {}]) {
    await t.isTypeError(() => clientOf(t, {}).introspect(token), "token");
    await t.isTypeError(() => clientOf(t, {}).revoke(token), "token");
  }
});
