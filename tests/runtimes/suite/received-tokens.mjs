// What the option `validate` does with the tokens that a server answers with.

import { between, equal, ok, same } from "../assert.mjs";
import { test } from "./define.mjs";

const AUDIENCE = "https://api.example";
const ONCE = { attempts: 1, hold: 0 };

const clientOf = (t, token, { keys, ...changes } = {}) => t.clientOf(t.issuer("good", { token, keys }), { audience: AUDIENCE, retry: ONCE, ...changes });
const unverified = (t) => t.events.filter(({ type }) => type === "token_unverified");

for (const token of ["jwt", "jwt-typ-jwt", "jwt-without-typ", "jwt-without-kid", "jwt-of-8-kilobytes"]) {
  for (const validate of [undefined, "auto", "strict"]) {
    test(`a good token is verified and handed out: ${token}, validate ${validate ?? "by default"}`, async (t) => {
      const client = clientOf(t, token, { validate });
      equal((await client.getToken()).source, "network", "source");
      same(unverified(t), [], "events of tokens that were not verified");
      equal((await t.seen()).filter(({ path }) => path.startsWith("/keys/")).length, 1, "requests for the keys");
    });
  }
}

test("the keys are asked for while the token is on its way", async (t) => {
  await clientOf(t, "jwt-once-keys-are-asked-for", { validate: "strict" }).getToken();
});

test("keys are read where a byte order mark is before them", async (t) => {
  await clientOf(t, "jwt", { keys: "byte-order-mark", validate: "strict" }).getToken();
});

test("a client that is strict is not served a token that another client did not look at", async (t) => {
  for (const [token, validate] of [["ok", "off"], ["ok", "auto"], ["jwt-by-a-stranger", "off"]]) {
    await clientOf(t, token, { validate }).getToken();
    await t.rejects(() => clientOf(t, token, { validate: "strict" }).getToken(), { code: "invalid_token" });
  }
});

// case: why it is refused
const BAD = {
  "jwt-by-a-stranger": { reason: "signature" },
  "jwt-tampered": { reason: "signature" },
  "jwt-of-another-issuer": { reason: "claim_mismatch", claim: "iss" },
  "jwt-for-another-audience": { reason: "claim_mismatch", claim: "aud" },
  "jwt-expired": { reason: "expired" },
};
const BAD_TO_THE_STRICT = {
  ...BAD,
  jwe: { reason: "encrypted" },
  ok: { reason: "malformed" },
};
for (const [validate, cases] of Object.entries({ auto: BAD, strict: BAD_TO_THE_STRICT })) {
  for (const [token, expected] of Object.entries(cases)) {
    test(`a bad token is not handed out: ${token}, validate ${validate}`, async (t) => {
      await t.rejects(() => clientOf(t, token, { validate }).getToken(), { code: "invalid_token", retryable: false, ...expected });
    });
  }
}

// What its API may take all the same: which event there is.
for (const [token, reasons] of Object.entries({ jwe: ["encrypted"], ok: [] })) {
  test(`a token that only its API can judge is handed out by default: ${token}`, async (t) => {
    const { accessToken } = await clientOf(t, token).getToken();
    ok(accessToken.length > 0, "the token");
    same(unverified(t).map(({ reason }) => reason), reasons, "why it was not verified");
  });
}

test("with validate off no token is looked at and no keys are fetched", async (t) => {
  for (const token of ["jwt", "jwt-by-a-stranger", "jwe"]) await clientOf(t, token, { validate: "off" }).getToken();
  equal((await t.seen()).filter(({ path }) => path.startsWith("/keys/")).length, 0, "requests for the keys");
});

for (const keys of ["error-500", "not-found", "html", "reset", "redirects"]) {
  test(`a token whose keys cannot be had is handed out with an event by default: ${keys}`, async (t) => {
    await clientOf(t, "jwt", { keys }).getToken();
    equal(unverified(t).length, 1, "events");
    await t.nothingWentElsewhere();
  });

  test(`a token whose keys cannot be had is not handed out where validate is strict: ${keys}`, async (t) => {
    await t.rejects(() => clientOf(t, "jwt", { keys, validate: "strict" }).getToken(), { code: "keys_unavailable", retryable: true });
  });
}

test("keys that hang do not hold up a token for long by default", async (t) => {
  const began = Date.now();
  await clientOf(t, "jwt", { keys: "hangs", timeout: 600 }).getToken();
  between(Date.now() - began, 0, 4_000, "milliseconds");
  equal(unverified(t).length, 1, "events");
});

test("keys that hang are keys_unavailable where validate is strict", async (t) => {
  await t.rejects(() => clientOf(t, "jwt", { keys: "hangs", validate: "strict", timeout: 600 }).getToken(), { code: "keys_unavailable" });
});

test("a good ID token beside the access token costs nothing", async (t) => {
  await clientOf(t, "id-token", { validate: "strict" }).getToken();
});

for (const token of ["id-token-by-a-stranger", "id-token-for-another-client", "id-token-of-another-issuer"]) {
  test(`a bad ID token beside the access token is a refusal: ${token}`, async (t) => {
    await t.rejects(() => clientOf(t, token).getToken(), { code: "invalid_token" });
  });
}

test("a token from memory is not verified again", async (t) => {
  const client = clientOf(t, "jwt");
  await client.getToken();
  equal((await client.getToken()).source, "memory", "source");
  equal((await t.seen()).filter(({ path }) => path.startsWith("/keys/")).length, 1, "requests for the keys");
});

test("a validate that is none is a TypeError", async (t) => {
  for (const validate of ["maybe", true, 1, null]) await t.isTypeError(() => clientOf(t, "jwt", { validate }), "options.validate");
});
