// What a verifier of access tokens must refuse, as tokens. Each attack: what it is, the keys of the verifiers, the token.

import { AUDIENCE, ISSUER, b64, claims, claimsWith, forge, forgeHmac, makeKey, now, signature, unsignedRsa } from "./forge.mjs";

const RSA = await makeKey("RS256");
const EC = await makeKey("ES256");
const ED = await makeKey("EdDSA");
const SMALL = await makeKey("RS256", { kid: "small", modulusLength: 1024 });
const STRANGER = await makeKey("RS256", { kid: RSA.kid });
const LONG_KID = await makeKey("RS256", { kid: "k".repeat(600) });
const SHORT_SECRET = Buffer.from("shortkey");

const only = (jwk) => ({ key: { ...RSA, jwk: { ...RSA.jwk, ...jwk } }, token: () => forge(RSA) });
const header = (changes, key = RSA) => ({ key, token: () => forge(key, { header: changes }) });
const claim = (changes, rest = {}) => ({ key: RSA, token: () => forge(RSA, { payload: claims(changes) }), ...rest });
const text = (written) => ({ key: RSA, token: () => forge(RSA, { payload: claimsWith(written) }) });
const written = (changes, key = RSA) => ({ key, token: () => forge(key, changes) });
const finished = (finish, key = RSA) => written({ finish }, key);
/** The other text of the same bytes: base64url ignores the last bits of its last character. */
const otherLastBits = (encoded) => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return encoded.slice(0, -1) + alphabet[alphabet.indexOf(encoded.at(-1)) ^ 1];
};
/** A signature with a character that differs in the alphabets, so that replacing it shows. */
const untilOf = (key, has, change) => {
  for (;;) {
    const token = forge(key, { payload: claims({ jti: String(Math.random()) }) });
    const at = token.lastIndexOf(".") + 1;
    if (has(token.slice(at))) return token.slice(0, at) + change(token.slice(at));
  }
};

/** Not attacks: all verifiers accept them. */
export const GOOD = Object.fromEntries([RSA, EC, ED].map((key) => [key.alg, { key, token: () => forge(key) }]));

export const ATTACKS = {
  "Size and form": {
    "a token of 20 KiB": claim({ padding: "x".repeat(15 * 1024) }),
    "a header of more than 4 KiB": header({ padding: "x".repeat(5 * 1024) }),
    "a `kid` of 600 bytes": { key: LONG_KID, token: () => forge(LONG_KID) },
    "two parts": finished((input) => input),
    "four parts": finished((input, made) => `${input}.${b64(made)}.${b64(made)}`),
    "five parts (an encrypted token)": finished((input, made) => `${input}.${b64(made)}.${b64(made)}.${b64(made)}`),
    "base64url with padding, in the payload": written({ encode: (body) => Buffer.from(body).toString("base64").replaceAll("+", "-").replaceAll("/", "_"), payload: claims({ jti: "x".repeat(2 - (JSON.stringify(claims()).length % 3) + 3) }) }),
    "base64url with padding, in the signature": finished((input, made) => `${input}.${b64(made)}==`),
    "white space within the signature": finished((input, made) => `${input}.${b64(made).slice(0, 40)} ${b64(made).slice(40)}`),
    "a line end after the signature": finished((input, made) => `${input}.${b64(made)}\n`),
    "`+` and `/` in place of `-` and `_`": { key: RSA, token: () => untilOf(RSA, (part) => /[-_]/.test(part), (part) => part.replaceAll("-", "+").replaceAll("_", "/")) },
    "other last bits of the signature": finished((input, made) => `${input}.${otherLastBits(b64(made))}`),
    "a payload that is not UTF-8": written({ payload: Buffer.concat([Buffer.from(claimsWith('"x":"')).subarray(0, -1), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]) }),
    "a payload that is an array": written({ payload: "[]" }),
  },
  "Names given twice": {
    "`exp` twice, the first one in the past": written({ payload: JSON.stringify(claims()).replace("{", '{"exp":1,') }),
    "`aud` twice": text(`"aud":${JSON.stringify(AUDIENCE)}`),
    "`exp` twice, once escaped": text(`"\\u0065xp":${now() + 300}`),
    "a name in the header twice": written({ header: `{"alg":"RS256","kid":"${RSA.kid}","kid":"${RSA.kid}"}` }),
    "a name in `cnf` twice": text('"cnf":{"jkt":"a","jkt":"b"}'),
    "a name in `act` twice": text('"act":{"sub":"a","sub":"b"}'),
  },
  "Algorithms and header": {
    "`alg: none` without a signature": finished((input) => `${b64('{"alg":"none","typ":"at+jwt"}')}.${input.split(".")[1]}.`),
    "`alg: nOnE`": finished((input) => `${b64('{"alg":"nOnE","typ":"at+jwt"}')}.${input.split(".")[1]}.`),
    "HS256 with the public key (PEM) as secret": { key: RSA, token: () => forgeHmac(RSA.publicKey.export({ format: "pem", type: "spki" }), { kid: RSA.kid }) },
    "HS256 with the public key (JWK `n`) as secret": { key: RSA, token: () => forgeHmac(RSA.jwk.n, { kid: RSA.kid }) },
    "RS512 with a key for RS256": written({ alg: "RS512" }),
    "PS256 with a key for RS256": written({ alg: "PS256" }),
    "`crit` with an extension nobody knows": header({ crit: ["exp2"], exp2: 1 }),
    "an empty `crit`": header({ crit: [] }),
    "`b64: true`": header({ b64: true }),
    "`b64: true` in `crit`": header({ crit: ["b64"], b64: true }),
    "a key of the attacker's in `jwk`": { key: RSA, token: () => forge(STRANGER, { header: { jwk: STRANGER.jwk } }) },
    "an address of the attacker's in `jku`": { key: RSA, token: () => forge(STRANGER, { header: { jku: "https://attacker.example/keys" } }) },
    "`typ: dpop+jwt`": header({ typ: "dpop+jwt" }),
    "`typ: logout+jwt`": header({ typ: "logout+jwt" }),
    "`typ: secevent+jwt`": header({ typ: "secevent+jwt" }),
    "a `typ` that is a number": header({ typ: 1 }),
    "a `kid` that is a number, of the only key": header({ kid: 7 }),
  },
  "Types of claims": {
    "`iss` as an array": claim({ iss: [ISSUER] }),
    "`sub` as a number": claim({ sub: 7 }),
    "`jti` as an object": claim({ jti: {} }),
    "`client_id` as an array": claim({ client_id: ["a"] }),
    "`nonce` as a number": claim({ nonce: 7 }),
    "`aud` with something that is no text": claim({ aud: [AUDIENCE, 7] }),
    "`exp` as text": claim({ exp: String(now() + 300) }),
    "`exp` of 1e300": claim({ exp: 1e300 }),
    "`exp` beyond what a number can be (1e999)": written({ payload: JSON.stringify(claims({ exp: undefined })).replace(/}$/, ',"exp":1e999}') }),
    "`iat` as text": claim({ iat: String(now()) }),
    "`nbf` of -1e300": claim({ nbf: -1e300 }),
    "`auth_time` as text": claim({ auth_time: "now" }),
  },
  "Claims": {
    "another issuer": claim({ iss: "https://other.example/" }),
    "an issuer without its slash": claim({ iss: ISSUER.slice(0, -1) }),
    "another audience": claim({ aud: "https://other.example" }),
    "no audience": claim({ aud: undefined }),
    "an empty list of audiences": claim({ aud: [] }),
    "no `exp`": claim({ exp: undefined }),
    "expired a minute ago": claim({ exp: now() - 60 }),
    "not valid before a minute from now": claim({ nbf: now() + 60 }),
    "issued a minute from now": claim({ iat: now() + 60 }),
    "issued long ago, with a greatest age of an hour": claim({ iat: now() - 100_000 }, { maxAge: 3_600 }),
    "without `iat`, with a greatest age of an hour": claim({ iat: undefined }, { maxAge: 3_600 }),
    "an ID token (`at_hash`)": claim({ at_hash: "x", nonce: "n" }),
    "an ID token (`token_use: id`, as Cognito writes it)": claim({ token_use: "id" }),
    "a refresh token (`typ` claim, as Keycloak writes it)": claim({ typ: "Refresh" }),
  },
  "Signatures": {
    "no signature": finished((input) => `${input}.`),
    "a signature of somebody else": { key: RSA, token: () => forge(STRANGER) },
    "ES256 in DER": finished((input) => `${input}.${b64(signature(EC, "ES256", input, "der"))}`, EC),
    "ES256 of zeros": finished((input) => `${input}.${b64(Buffer.alloc(64))}`, EC),
    "ES256 with a byte too many": finished((input, made) => `${input}.${b64(Buffer.concat([made, Buffer.alloc(1)]))}`, EC),
    "EdDSA with a byte too many": finished((input, made) => `${input}.${b64(Buffer.concat([made, Buffer.alloc(1)]))}`, ED),
    "EdDSA with the same point, not reduced": finished((input, made) => `${input}.${b64(unreduced(made))}`, ED),
    "RS256 with a zero in front": finished((input, made) => `${input}.${b64(Buffer.concat([Buffer.alloc(1), made]))}`),
  },
  "Keys": {
    "an RSA key of 1024 bits": { key: SMALL, token: () => forge(SMALL) },
    "an RSA key with the exponent 1": { key: { ...RSA, jwk: { ...RSA.jwk, e: "AQ" }, pem: undefined }, token: () => forge(RSA, { finish: (input) => `${input}.${b64(unsignedRsa(RSA, input))}` }) },
    "a key for encryption (`use: enc`)": only({ use: "enc" }),
    "a key that may not verify (`key_ops`)": only({ key_ops: ["encrypt"] }),
    "a key whose `alg` is another": only({ alg: "RS512" }),
    "a key that is published with its private part": { key: { ...RSA, jwk: { ...RSA.privateKey.export({ format: "jwk" }), kid: RSA.kid, alg: "RS256" } }, token: () => forge(RSA) },
    "a shared secret in a public key set": { key: { ...RSA, jwk: { kty: "oct", k: b64("s".repeat(32)), kid: RSA.kid, alg: "HS256" }, pem: undefined }, token: () => forgeHmac("s".repeat(32), { kid: RSA.kid }) },
    "HS256 with a secret of 8 bytes": { secret: SHORT_SECRET, token: () => forgeHmac(SHORT_SECRET, {}) },
  },
};

/** RFC 8032 section 5.1.7: S is below the order of the group. */
function unreduced(made) {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(made.subarray(32)).reverse().toString("hex")}`) + order;
  return Buffer.concat([made.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse()]);
}
