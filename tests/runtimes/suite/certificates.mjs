// Tokens that are bound to a certificate (RFC 8705 section 3).

import { same } from "../assert.mjs";
import { test } from "./define.mjs";
import { base64url } from "./jwt.mjs";
import { bearer, refused, tokenWith, verifierOf } from "./requests.mjs";

const NOT_BOUND = { code: "invalid_token", status: 401, reason: "sender_constraint", claim: "cnf" };
// Bytes of their own: those of a TextEncoder may be a part of more.
const DER = new TextEncoder().encode("a certificate in DER").slice();

async function thumbprintsOf(der) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", der));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { thumbprint: base64url(digest), hex, colons: hex.toUpperCase().match(/../g).join(":") };
}

test("a token that is bound to a certificate is let in with it, however it is handed over", async (t) => {
  const { thumbprint, hex, colons } = await thumbprintsOf(DER);
  const verifier = await verifierOf(t);
  const token = await tokenWith(t, { cnf: { "x5t#S256": thumbprint } });
  const { method, url, headers } = bearer(token);
  for (const certificate of [thumbprint, hex, colons, DER, DER.buffer, new DataView(DER.buffer)]) {
    const inRequirements = await verifier.authorize(bearer(token), { certificate });
    const inRequest = await verifier.authorize({ method, url, headers, certificate });
    same([inRequirements.scheme, inRequest.scheme], ["Bearer", "Bearer"], "schemes");
  }
});

test("a token that is bound to a certificate is refused without it and with another one", async (t) => {
  const { thumbprint } = await thumbprintsOf(DER);
  const other = await thumbprintsOf(new TextEncoder().encode("another one"));
  const verifier = await verifierOf(t);
  const token = await tokenWith(t, { cnf: { "x5t#S256": thumbprint } });
  for (const certificate of [undefined, null, "", other.thumbprint, other.hex, new Uint8Array(3)]) {
    await refused(t, () => verifier.authorize(bearer(token), { certificate }), NOT_BOUND);
  }
  for (const cnf of [{ jwk: {} }, {}, { "x5t#S256": thumbprint, jkt: "k" }]) {
    const strange = await tokenWith(t, { cnf });
    await refused(t, () => verifier.authorize(bearer(strange), { certificate: thumbprint }), NOT_BOUND);
  }
  await verifier.authorize(bearer(await tokenWith(t)), { certificate: thumbprint });
});

test("what is no certificate is a TypeError", async (t) => {
  const verifier = await verifierOf(t);
  const token = await tokenWith(t);
  for (const certificate of [7, {}, [], "abc", "zz".repeat(32), "-----BEGIN CERTIFICATE-----"]) {
    await t.isTypeError(() => verifier.authorize(bearer(token), { certificate }), "certificate");
  }
});
