// Tokens that come again.

import { Verifier } from "gatepass";
import { equal, ok } from "../assert.mjs";
import { later, still } from "./clock.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, claims, ISSUER, now, signToken } from "./jwt.mjs";

const verifierOf = (t, changes = {}) =>
  new Verifier({ issuer: ISSUER, jwks: { keys: [t.config.keys.rs256.publicJwk] }, audience: AUDIENCE, ...changes });

test("each caller has claims of its own, which it may change", async (t) => {
  const verifier = verifierOf(t);
  const token = await signToken(t, { claims: claims({ roles: ["reader"] }) });
  const first = await verifier.verifyAccessToken(token);
  first.sub = "admin";
  first.roles.push("admin");
  for (let count = 0; count < 3; count += 1) {
    const found = await verifier.verifyAccessToken(token);
    equal(found.sub, "client@clients", "sub");
    equal(found.roles.length, 1, "roles");
    found.roles.push("admin");
  }
});

test("a remembered token ends when its time does", (t) => still(async () => {
  const verifier = verifierOf(t);
  const token = await signToken(t, { claims: claims({ exp: now() + 100 }) });
  for (const seconds of [0, 50, 104]) await later(seconds, async () => ok(await verifier.verifyAccessToken(token), `after ${seconds} s`));
  await later(106, () => t.rejects(() => verifier.verifyAccessToken(token), { code: "invalid_token", reason: "expired", claim: "exp" }));
}));

test("a remembered token is not good before its time when the clock is set back", async (t) => {
  const verifier = verifierOf(t);
  const token = await signToken(t);
  ok(await verifier.verifyAccessToken(token), "now");
  await later(-60, () => t.rejects(() => verifier.verifyAccessToken(token), { code: "invalid_token", reason: "issued_in_future" }));
});

test("a remembered token becomes too old where an age is set", (t) => still(async () => {
  const verifier = verifierOf(t, { maxAge: 30 });
  const token = await signToken(t);
  ok(await verifier.verifyAccessToken(token), "now");
  await later(34, async () => ok(await verifier.verifyAccessToken(token), "within the leeway"));
  await later(37, () => t.rejects(() => verifier.verifyAccessToken(token), { code: "invalid_token", reason: "too_old" }));
}));

test("what one verifier remembers says nothing to one that asks for more", async (t) => {
  const token = await signToken(t);
  ok(await verifierOf(t).verifyAccessToken(token), "the first");
  for (const [changes, reason] of [
    [{ audience: "https://other.example" }, "claim_mismatch"],
    [{ issuer: "https://other.example" }, "claim_mismatch"],
    [{ algorithms: ["ES256"] }, "algorithm"],
    [{ typ: ["JWT"] }, "type"],
    [{ profile: "rfc9068" }, "missing_claim"],
    [{ maxTokenSize: 100 }, "too_large"],
    [{ jwks: { keys: [t.config.keys.es256.publicJwk] } }, "unknown_key"],
  ]) {
    await t.rejects(() => verifierOf(t, changes).verifyAccessToken(token), { code: "invalid_token", reason });
  }
});

test("verifiers with the same options share what they remember", async (t) => {
  const token = await signToken(t);
  // A key that cannot be imported twice: each import is a new object to the host, so count them.
  let fetched = 0;
  await t.publish(t.config.keys.rs256.publicJwk);
  const make = () => new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE, fetch: (...args) => ((fetched += 1), fetch(...args)) });
  for (let count = 0; count < 2_000; count += 1) ok(await make().verifyAccessToken(token), "claims");
  equal(fetched, 1, "requests");
});

test("a verifier works on when very many others have been made", async (t) => {
  const first = verifierOf(t);
  const token = await signToken(t);
  ok(await first.verifyAccessToken(token), "before");
  for (let maxAge = 1; maxAge <= 1_500; maxAge += 1) verifierOf(t, { maxAge });
  ok(await first.verifyAccessToken(await signToken(t, { claims: claims({ jti: "2" }) })), "after");
  ok(await verifierOf(t).verifyAccessToken(token), "a new one");
});

test("a tampered copy of a remembered token is refused", async (t) => {
  const verifier = verifierOf(t);
  const token = await signToken(t);
  ok(await verifier.verifyAccessToken(token), "the token");
  const end = token.endsWith("A") ? "Q" : "A";
  await t.rejects(() => verifier.verifyAccessToken(`${token.slice(0, -1)}${end}`), { code: "invalid_token", reason: ["signature", "malformed"] });
  await t.rejects(() => verifier.verifyAccessToken(`${token}A`), { code: "invalid_token", reason: ["signature", "malformed"] });
});
