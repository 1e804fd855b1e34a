// Tokens that must not pass. Whatever is wrong is found before a key is fetched, unless it takes the key to find it.

import { Client, GatepassError, Verifier } from "gatepass";
import { equal, ok, oneOf, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, base64url, claims, fromBase64url, ISSUER, now, signText, signToken, signWithPublicKey } from "./jwt.mjs";

// A function where the changes depend on the time: at module scope, workerd's clock says 1970.
const withClaims = (changes) => (t) => signToken(t, { claims: claims(typeof changes === "function" ? changes() : changes) });
const withHeader = (header) => (t) => signToken(t, { header });
const withClaimsText = (change) => (t) => signToken(t, { claims: change(JSON.stringify(claims())) });
const withHeaderText = (change) => (t) =>
  signText(t, "rs256", change(JSON.stringify({ alg: "RS256", kid: t.config.keys.rs256.publicJwk.kid })), JSON.stringify(claims()));
const changed = (change) => async (t) => change((await signToken(t)).split("."), t);

/** The JSON object with one member more, whose text is no text. */
function endInAByteThatIsNotUtf8(json) {
  return Uint8Array.from([...new TextEncoder().encode(`${json.slice(0, -1)},"x":"`), 0xff, 0x22, 0x7d]);
}

/** Another character for the last one that decodes to the same bytes when trailing bits are ignored. */
function setTrailingBits(segment) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1)) + 1];
}

function flipBit(segment) {
  const bytes = fromBase64url(segment);
  bytes[bytes.length >> 1] ^= 1;
  return base64url(bytes);
}

/** ECDSA signatures as OpenSSL writes them, where JOSE wants r and s side by side. */
function toDer(segment) {
  const bytes = fromBase64url(segment);
  const integer = (part) => [2, part[0] & 0x80 ? 33 : 32, ...(part[0] & 0x80 ? [0] : []), ...part];
  const body = [...integer(bytes.slice(0, 32)), ...integer(bytes.slice(32))];
  return base64url(Uint8Array.from([0x30, body.length, ...body]));
}

// name: [reason or reasons, claim, how the token is made]
const FOUND_WITHOUT_KEYS = {
  "for another audience": ["claim_mismatch", "aud", withClaims({ aud: "https://other.example" })],
  "for an audience that only begins like ours": ["claim_mismatch", "aud", withClaims({ aud: `${AUDIENCE}/` })],
  "for an audience in other case": ["claim_mismatch", "aud", withClaims({ aud: AUDIENCE.toUpperCase() })],
  "without an audience": ["missing_claim", "aud", withClaims({ aud: undefined })],
  "with an empty list of audiences": [["claim_type", "claim_mismatch"], "aud", withClaims({ aud: [] })],
  "with an audience that is a number": ["claim_type", "aud", withClaims({ aud: 7 })],
  "with a number among the audiences": ["claim_type", "aud", withClaims({ aud: [AUDIENCE, 7] })],
  "of another issuer": ["claim_mismatch", "iss", withClaims({ iss: "https://evil.example" })],
  "of our issuer with a slash": ["claim_mismatch", "iss", withClaims({ iss: `${ISSUER}/` })],
  "without an issuer": ["missing_claim", "iss", withClaims({ iss: undefined })],
  "with an issuer in a list": ["claim_type", "iss", withClaims({ iss: [ISSUER] })],
  "with a subject that is a number": ["claim_type", "sub", withClaims({ sub: 7 })],
  "expired": ["expired", "exp", withClaims(() => ({ exp: now() - 60 }))],
  "expired before 1970": ["expired", "exp", withClaims({ exp: -1 })],
  "without an expiry": ["missing_claim", "exp", withClaims({ exp: undefined })],
  "with an expiry in a string": ["claim_type", "exp", withClaims({ exp: "4102444800" })],
  "with an expiry of null": [["claim_type", "missing_claim"], "exp", withClaims({ exp: null })],
  "with an expiry of 1e300": ["claim_type", "exp", withClaims({ exp: 1e300 })],
  "with an expiry of 1e999": [["claim_type", "malformed"], ["exp", undefined], withClaimsText((text) => text.replace(/"exp":\d+/, '"exp":1e999'))],
  "not yet valid": ["not_yet_valid", "nbf", withClaims(() => ({ nbf: now() + 600 }))],
  "not yet valid, ever": [["not_yet_valid", "claim_type"], "nbf", withClaims({ nbf: Number.MAX_SAFE_INTEGER })],
  "with an nbf of -1e300": ["claim_type", "nbf", withClaims({ nbf: -1e300 })],
  "with an nbf in a string": ["claim_type", "nbf", withClaims({ nbf: "0" })],
  "issued in the future": ["issued_in_future", "iat", withClaims(() => ({ iat: now() + 600 }))],
  "with an iat that is an object": ["claim_type", "iat", withClaims({ iat: {} })],

  "with the algorithm none": ["algorithm", undefined, changed(([, payload]) => `${base64url('{"alg":"none"}')}.${payload}.`)],
  "with the algorithm nOnE": ["algorithm", undefined, changed(([, payload, signature]) => `${base64url('{"alg":"nOnE"}')}.${payload}.${signature}`)],
  "with HS256 and the public key as its secret": ["algorithm", undefined, (t) => signWithPublicKey(t, t.config.keys.rs256.publicPem)],
  "with HS256 and the modulus as its secret": ["algorithm", undefined, (t) => signWithPublicKey(t, fromBase64url(t.config.keys.rs256.publicJwk.n))],
  "with an algorithm nobody knows": ["algorithm", undefined, withHeader({ alg: "RS257" })],
  "with an algorithm in other case": ["algorithm", undefined, withHeader({ alg: "rs256" })],
  "with an algorithm that is a number": [["algorithm", "malformed"], undefined, withHeader({ alg: 256 })],
  "without an algorithm": [["algorithm", "malformed"], undefined, withHeader({ alg: undefined })],
  "with a critical header": ["critical_header", undefined, withHeader({ crit: ["exp"] })],
  "with an empty list of critical headers": ["critical_header", undefined, withHeader({ crit: [] })],
  "with an unencoded payload": ["critical_header", undefined, withHeader({ b64: false })],
  "that is a DPoP proof": ["type", undefined, withHeader({ typ: "dpop+jwt" })],
  "that is a logout token": ["type", undefined, withHeader({ typ: "logout+jwt" })],
  "that is a security event": ["type", undefined, withHeader({ typ: "secevent+jwt" })],
  "with a typ nobody knows": ["type", undefined, withHeader({ typ: "cat" })],
  "with a typ that is a number": [["type", "malformed"], undefined, withHeader({ typ: 7 })],

  "with no dot": ["malformed", undefined, () => "token"],
  "that is empty": ["malformed", undefined, () => ""],
  "of dots only": ["malformed", undefined, () => ".."],
  "of two segments": ["malformed", undefined, changed(([header, payload]) => `${header}.${payload}`)],
  "of four segments": ["malformed", undefined, changed((segments) => [...segments, "AAAA"].join("."))],
  "of five segments, which is an encrypted one": ["encrypted", undefined, changed((segments) => [...segments, "AAAA", "AAAA"].join("."))],
  "with a space before it": ["malformed", undefined, changed((segments) => ` ${segments.join(".")}`)],
  "with a line break after it": ["malformed", undefined, changed((segments) => `${segments.join(".")}\n`)],
  "with Bearer before it": ["malformed", undefined, changed((segments) => `Bearer ${segments.join(".")}`)],
  "with padding": ["malformed", undefined, changed(([header, payload, signature]) => `${header}.${payload}.${signature}==`)],
  "with base64 that is not base64url": ["malformed", undefined, changed(([, payload, signature]) => `${base64url('{"alg":"RS256"}')}+/.${payload}.${signature}`)],
  "with trailing bits in the signature": ["malformed", undefined, changed(([header, payload, signature]) => `${header}.${payload}.${setTrailingBits(signature)}`)],
  "with a header that is not JSON": ["malformed", undefined, withHeaderText((text) => text.slice(1))],
  "with a header that is a list": ["malformed", undefined, withHeaderText((text) => `[${text}]`)],
  "with a header that is not UTF-8": ["malformed", undefined, withHeaderText(endInAByteThatIsNotUtf8)],
  "with a member twice in the header": ["malformed", undefined, withHeaderText((text) => text.replace("{", '{"alg":"none",'))],
  "with claims that are not JSON": ["malformed", undefined, withClaimsText((text) => text.slice(1))],
  "with claims that are a list": ["malformed", undefined, withClaimsText((text) => `[${text}]`)],
  "with claims that are null": ["malformed", undefined, withClaimsText(() => "null")],
  "with a claim twice": ["malformed", undefined, withClaimsText((text) => text.replace("{", '{"aud":"https://other.example",'))],
  "with a claim twice, once escaped": ["malformed", undefined, withClaimsText((text) => text.replace("{", '{"\\u0061ud":"https://other.example",'))],
  "with claims nested too deeply": ["malformed", undefined, withClaimsText((text) => text.replace("{", `{"x":${"[".repeat(3000)}${"]".repeat(3000)},`))],
  "of more than 16 KiB": ["too_large", undefined, withClaims({ padding: "x".repeat(16_384) })],
  "of 10 MB": ["too_large", undefined, () => `${"x".repeat(10_000_000)}.x.x`],
  "with a header over 4 KiB": [["too_large", "malformed"], undefined, withHeader({ x: "x".repeat(4_200) })],
  "with a key id over 512 bytes": [["too_large", "malformed"], undefined, withHeader({ kid: "x".repeat(600) })],
  "with a key id that is a number": ["malformed", undefined, withHeader({ kid: 7 })],
};

const FOUND_WITH_KEYS = {
  "with a changed claim": ["signature", undefined, changed(([header, , signature]) => `${header}.${base64url(JSON.stringify(claims({ sub: "admin" })))}.${signature}`)],
  "with a changed signature": ["signature", undefined, changed(([header, payload, signature]) => `${header}.${payload}.${flipBit(signature)}`)],
  "without a signature": [["signature", "malformed"], undefined, changed(([header, payload]) => `${header}.${payload}.`)],
  "with half a signature": ["signature", undefined, changed(([header, payload, signature]) => `${header}.${payload}.${signature.slice(0, 172)}`)],
  "with a signature of zeros": ["signature", undefined, changed(([header, payload]) => `${header}.${payload}.${base64url(new Uint8Array(256))}`)],
  "signed by a stranger under our key's id": ["signature", undefined, (t) => signToken(t, { key: "stranger", header: { kid: t.config.keys.rs256.publicJwk.kid } })],
  "signed by a stranger without a key id": [["signature", "unknown_key"], undefined, (t) => signToken(t, { key: "stranger", header: { kid: undefined } })],
  "signed by a stranger who brings the key": ["unknown_key", undefined, (t) => signToken(t, { key: "stranger", header: { jwk: t.config.keys.stranger.publicJwk } })],
  "signed by a stranger who says where the key is": ["unknown_key", undefined, (t) => signToken(t, { key: "stranger", header: { jku: `${t.config.elsewhere}/keys/${t.tag}` } })],
  "with an unknown key id": ["unknown_key", undefined, withHeader({ kid: "unknown" })],
  "with the id of a key of another kind": [["unknown_key", "algorithm"], undefined, (t) => signToken(t, { header: { kid: t.config.keys.es256.publicJwk.kid } })],
  "signed with ES256, signature in DER": ["signature", undefined, async (t) => {
    const [header, payload, signature] = (await signToken(t, { key: "es256" })).split(".");
    return `${header}.${payload}.${toDer(signature)}`;
  }],
  "signed with ES256, signature of zeros": ["signature", undefined, async (t) => {
    const [header, payload] = (await signToken(t, { key: "es256" })).split(".");
    return `${header}.${payload}.${base64url(new Uint8Array(64))}`;
  }],
};

function refuses(name, [reason, claim, make], keysAreNeeded) {
  test(`a token is refused: ${name}`, async (t) => {
    await t.publish(t.config.keys.rs256.publicJwk, t.config.keys.es256.publicJwk);
    const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE });
    const token = await make(t);
    if (token.length > 20) t.hide(token);
    const error = await t.rejects(() => verifier.verifyAccessToken(token), {
      code: "invalid_token", status: 401, retryable: false, reason, claim,
    });
    equal(error.oauth, undefined, "oauth");
    if (!keysAreNeeded) equal((await t.seen()).length, 0, "key set requests");
    await t.nothingWentElsewhere();
    ok(await verifier.verifyAccessToken(await signToken(t)), "a good token passes afterwards");
  });
}
for (const [name, row] of Object.entries(FOUND_WITHOUT_KEYS)) refuses(name, row, false);
for (const [name, row] of Object.entries(FOUND_WITH_KEYS)) refuses(name, row, true);

test("a token of a Login 3.0 domain is refused for another API", async (t) => {
  const verifier = new Verifier({ domain: t.config.login3.domain, audience: "https://other.example" });
  const token = await new Client(t.login3Options()).getToken();
  t.hide(token.accessToken);
  await t.rejects(() => verifier.verifyAccessToken(token.accessToken), { code: "invalid_token", reason: "claim_mismatch", claim: "aud" });
});

test("a key set without keys does not let a token pass", async (t) => {
  const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("no-keys"), audience: AUDIENCE });
  const token = await signToken(t);
  await t.rejects(() => verifier.verifyAccessToken(token), { code: ["invalid_token", "keys_unavailable"] });
});

test("what is not a string is no token", async (t) => {
  const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE });
  for (const value of [undefined, null, 7, true, {}, [], new String("a.b.c"), Symbol("token"), { toString: () => "a.b.c" }]) {
    const error = await thrownBy(() => verifier.verifyAccessToken(value));
    ok(error instanceof TypeError || error instanceof GatepassError, `a ${typeof value} gives an error of ours`);
    if (error instanceof GatepassError) {
      equal(error.code, "invalid_token", "code");
      oneOf(error.reason, ["malformed"], "reason");
    } else {
      ok(error.message.startsWith("gatepass: "), error.message);
    }
  }
  await t.nothingWasSent();
});
