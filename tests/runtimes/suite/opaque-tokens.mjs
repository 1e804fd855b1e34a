// Access tokens that say nothing themselves: the authorization server is asked (RFC 7662), and its answer is judged.

import { Verifier } from "gatepass";
import { equal, same } from "../assert.mjs";
import { later } from "./clock.mjs";
import { CLIENT_ID, CLIENT_SECRET, test } from "./define.mjs";
import { AUDIENCE, base64url, claims, now, signToken } from "./jwt.mjs";
import { bearer, refused } from "./requests.mjs";

const asked = async (t) => (await t.seen()).filter(({ path }) => path.startsWith("/introspect/")).length;

async function verifierOf(t, introspection = "what-the-token-says", changes = {}, own = {}) {
  await t.register();
  await t.publish(t.config.keys.rs256.publicJwk);
  const issuer = t.issuer("good", { introspection });
  const verifier = new Verifier({ issuer, audience: AUDIENCE, introspection: { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...own }, ...changes });
  return { verifier, issuer };
}

/** A token of which the server says this. */
const saying = (t, answer) => t.hide(base64url(JSON.stringify({ jti: String(Math.random()), active: true, ...answer })));

test("an opaque token is good when the server says so, and is not asked about again for a while", async (t) => {
  const { verifier, issuer } = await verifierOf(t);
  const token = saying(t, { scope: "read:orders", client_id: "me", sub: "client@clients", iss: issuer, aud: AUDIENCE, exp: now() + 300 });
  for (const round of ["first", "second"]) {
    const admitted = await verifier.authorize(bearer(token), { scopes: ["read:orders"], clientIds: ["me"] });
    same([admitted.claims.sub, admitted.claims.active, admitted.token, admitted.scheme], ["client@clients", true, token, "Bearer"], `${round} time`);
  }
  equal((await verifier.verifyAccessToken(token)).sub, "client@clients", "verifyAccessToken");
  const { verifier: again } = await verifierOf(t);
  await again.authorize(bearer(token));
  equal(await asked(t), 1, "how often the server was asked");
  const answer = await refused(t, () => verifier.authorize(bearer(token), { scopes: ["write:orders"] }), { code: "insufficient_scope" });
  equal(answer.status, 403, "status");
});

test("opaque tokens that end alike are asked about once each", async (t) => {
  const { verifier, issuer } = await verifierOf(t);
  const alike = (sub) => t.hide(base64url(JSON.stringify({ active: true, sub, iss: issuer, aud: AUDIENCE, exp: now() + 300, jti: t.tag }).padEnd(900)));
  const tokens = ["one", "two", "three"].map((sub) => [sub, alike(sub)]);
  for (let round = 0; round < 3; round += 1) {
    for (const [sub, token] of tokens) equal((await verifier.verifyAccessToken(token)).sub, sub, "whose token it is");
  }
  equal(await asked(t), 3, "how often the server was asked");
});

test("a token that is not active is refused, and asked about again a few seconds later", async (t) => {
  const { verifier } = await verifierOf(t, "inactive");
  for (let round = 0; round < 3; round += 1) {
    const answer = await refused(t, () => verifier.authorize(bearer("opaque-token")), { code: "invalid_token", status: 401, reason: "inactive" });
    equal(answer.body.error, "invalid_token", "body");
  }
  equal(await asked(t), 1, "how often the server was asked");
});

test("what the server says must fit, and what it leaves out is as it was asked for", async (t) => {
  const { verifier } = await verifierOf(t);
  await verifier.authorize(bearer(saying(t, {})));
  for (const [answer, expected] of [
    [{ iss: "https://other.example" }, { claim: "iss" }],
    [{ aud: "https://other.example" }, { claim: "aud" }],
    [{ exp: now() - 60 }, { reason: "expired" }],
    [{ nbf: now() + 60 }, { reason: "not_yet_valid" }],
    [{ exp: "soon" }, { reason: "claim_type" }],
    [{ sub: 7 }, { reason: "claim_type" }],
  ]) {
    await refused(t, () => verifier.authorize(bearer(saying(t, answer))), { code: "invalid_token", status: 401, ...expected });
  }
});

test("a good answer ends with its token", async (t) => {
  const { verifier } = await verifierOf(t, undefined, { leeway: 0 });
  // Sooner than any answer is forgotten.
  const token = saying(t, { exp: now() + 30 });
  await verifier.authorize(bearer(token));
  await later(31, () => refused(t, () => verifier.authorize(bearer(token)), { code: "invalid_token", reason: "expired" }));
});

test("an opaque token that is bound is refused without what it is bound to", async (t) => {
  const { verifier } = await verifierOf(t);
  const expected = { code: "invalid_token", reason: "sender_constraint" };
  await refused(t, () => verifier.authorize(bearer(saying(t, { cnf: { jkt: "k" }, token_type: "DPoP" }))), expected);
  await refused(t, () => verifier.authorize(bearer(saying(t, { cnf: { "x5t#S256": "c" } }))), expected);
});

test("tokens in the JWT format are verified here, and nobody is asked", async (t) => {
  const { verifier, issuer } = await verifierOf(t);
  await verifier.authorize(bearer(await signToken(t, { claims: claims({ iss: issuer }) })));
  await refused(t, () => verifier.authorize(bearer("eyJ.e.s")), { code: "invalid_token", reason: "malformed" });
  equal(await asked(t), 0, "how often the server was asked");
});

test("a server that does not say is a 503, and one that refuses the API a 500", async (t) => {
  for (const [introspection, status, code] of [["error-500", 503, "server_error"], ["hangs", 503, "timeout"], ["refused-401", 500, "invalid_client"], ["active-as-text", 500, "unreadable_response"]]) {
    const { verifier } = await verifierOf(t, introspection, introspection === "hangs" ? { timeout: 300 } : {});
    const answer = await refused(t, () => verifier.authorize(bearer("opaque-token")), { code });
    same([answer.status, answer.challenge], [status, null], introspection);
  }
});

test("the endpoint can be given, and the secret be a function", async (t) => {
  const endpoint = `${t.config.hostile}/introspect/active/${t.tag}`;
  const { verifier } = await verifierOf(t, "inactive", {}, { endpoint, clientSecret: async () => CLIENT_SECRET });
  equal((await verifier.authorize(bearer("opaque-token"))).claims.scope, "read:orders", "scope");
});

test("without introspection an opaque token is malformed, and wrong options are TypeErrors", async (t) => {
  const { issuer } = await verifierOf(t);
  const make = (introspection) => async () => new Verifier({ issuer, audience: AUDIENCE, introspection });
  await refused(t, () => new Verifier({ issuer, audience: AUDIENCE }).authorize(bearer("opaque-token")), { code: "invalid_token", reason: "malformed" });
  for (const [introspection, path] of [
    [true, "options.introspection"],
    [{}, "options.introspection.clientId"],
    [{ clientId: "a" }, "options.introspection.clientSecret"],
    [{ clientId: "a", clientSecret: 7 }, "options.introspection.clientSecret"],
    [{ clientId: "a", clientSecret: "b", url: "c" }, "options.introspection.url"],
  ]) {
    await t.isTypeError(make(introspection), path);
  }
});
