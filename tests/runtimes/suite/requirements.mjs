// What an API asks of a token beyond its being good.

import { Verifier } from "gatepass";
import { equal, ok, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, claims, ISSUER, signToken } from "./jwt.mjs";

const TOKEN = {
  scope: "read:orders write:orders", permissions: ["orders:read", "orders:ship"], org_id: "org_1", org_name: "acme", client_id: "worker", azp: "worker",
  tier: "gold", level: 3, roles: ["a", "b"],
};

function verifierOf(t) {
  return new Verifier({ issuer: ISSUER, jwks: { keys: [t.config.keys.rs256.publicJwk] }, audience: AUDIENCE });
}

const MET = {
  "all scopes": { scopes: ["write:orders", "read:orders"] },
  "scopes in a string": { scopes: "read:orders write:orders" },
  "one of several scopes": { anyScope: ["admin", "read:orders"] },
  "permissions": { permissions: ["orders:read"] },
  "the organization's id": { organization: "org_1" },
  "the organization's name in other case": { organization: "ACME" },
  "the client": { clientIds: ["other", "worker"] },
  "the values of claims": { claims: { tier: "gold", level: 3, roles: ["a", "b"] } },
  "a function about a claim": { claims: { level: (level) => level > 2, missing: (value) => value === undefined } },
  "nothing": {},
};
for (const [name, requirements] of Object.entries(MET)) {
  test(`a requirement that is met lets a token pass: ${name}`, async (t) => {
    const verifier = verifierOf(t);
    const token = await signToken(t, { claims: claims(TOKEN) });
    equal((await verifier.verifyAccessToken(token, requirements)).tier, "gold", "the first time");
    equal((await verifier.verifyAccessToken(token, requirements)).tier, "gold", "when it is remembered");
  });
}

const insufficient = (claim) => ({ code: "insufficient_scope", status: 403, reason: undefined, claim, retryable: false });
const mismatch = (claim) => ({ code: "invalid_token", status: 401, reason: "claim_mismatch", claim });
const NOT_MET = {
  "a scope that it lacks": [insufficient("scope"), { scopes: ["read:orders", "admin"] }],
  "one of scopes that it lacks": [insufficient("scope"), { anyScope: ["admin", "root"] }],
  "a part of a scope": [insufficient("scope"), { scopes: ["read"] }],
  "a permission that it lacks": [insufficient("permissions"), { permissions: ["orders:read", "orders:delete"] }],
  "another organization's id": [mismatch("org_id"), { organization: "org_2" }],
  "an organization's id in other case": [mismatch("org_id"), { organization: "org_1 " }],
  "another organization's name": [mismatch("org_name"), { organization: "other" }],
  "another client": [mismatch("client_id"), { clientIds: ["other"] }],
  "another value of a claim": [mismatch("tier"), { claims: { tier: "silver" } }],
  "the value as another type": [mismatch("level"), { claims: { level: "3" } }],
  "a claim that it lacks": [mismatch("missing"), { claims: { missing: true } }],
  "what a function refuses": [mismatch("level"), { claims: { level: (level) => level > 3 } }],
  "a scope, in a token of another client": [mismatch("client_id"), { scopes: ["admin"], clientIds: ["other"] }],
};
for (const [name, [expected, requirements]] of Object.entries(NOT_MET)) {
  test(`a requirement that is not met refuses a token: ${name}`, async (t) => {
    const verifier = verifierOf(t);
    const token = await signToken(t, { claims: claims(TOKEN) });
    await t.rejects(() => verifier.verifyAccessToken(token, requirements), expected);
    ok(await verifier.verifyAccessToken(token), "it is good without the requirement");
    await t.rejects(() => verifier.verifyAccessToken(token, requirements), expected);
  });
}

test("scopes can be in scp, as a list", async (t) => {
  const token = await signToken(t, { claims: claims({ scp: ["a", "b"] }) });
  ok(await verifierOf(t).verifyAccessToken(token, { scopes: ["b"] }), "scp");
  await t.rejects(() => verifierOf(t).verifyAccessToken(token, { scopes: ["c"] }), insufficient("scp"));
});

const MISTAKES = {
  "an unknown member": ["requirements.scope", { scope: ["a"] }],
  "an empty list": ["requirements.scopes", { scopes: [] }],
  "a number among the scopes": ["requirements.scopes", { scopes: ["a", 7] }],
  "scopes of blanks": ["requirements.scopes", { scopes: " " }],
  "an empty organization": ["requirements.organization", { organization: "" }],
  "claims in a Map": ["requirements.claims", { claims: new Map([["tier", "gold"]]) }],
  // An environment variable that is not set must not switch a check off.
  "a claim that must be undefined": ["requirements.claims.tier", { claims: { tier: undefined } }],
  "a claim that must be a BigInt": ["requirements.claims.level", { claims: { level: 3n } }],
  "a list instead of an object": ["requirements", ["read:orders"]],
  "null": ["requirements", null],
  "a getter that throws": ["requirements.scopes", { get scopes() { throw new Error("canary"); } }],
  "a function that gives no boolean": ["requirements.claims.tier", { claims: { tier: () => "yes" } }],
  "a function that gives a promise": ["requirements.claims.tier", { claims: { tier: async () => false } }],
  "a function that gives a promise which fails": ["requirements.claims.tier", { claims: { tier: () => Promise.reject(new Error("late")) } }],
};
for (const [name, [path, requirements]] of Object.entries(MISTAKES)) {
  test(`requirements are a mistake: ${name}`, async (t) => {
    const token = await signToken(t, { claims: claims(TOKEN) });
    await t.isTypeError(() => verifierOf(t).verifyAccessToken(token, requirements), path);
  });
}

test("what a function among the claims throws is thrown", async (t) => {
  const thrown = new Error("own");
  const token = await signToken(t, { claims: claims(TOKEN) });
  equal(await thrownBy(() => verifierOf(t).verifyAccessToken(token, { claims: { tier: () => { throw thrown; } } })), thrown, "what is thrown");
});
