// Tokens in the JWT format, good and bad, for clients that look at what they get. The issuer comes in the query of the
// token endpoint, as the metadata of this server writes it (RFC 6749 section 3.2 allows a query).

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { EncryptJWT, SignJWT } from "jose";
import { makeKeyPair } from "../key-pair.mjs";
import { sendJson } from "../recording.mjs";
import { token } from "./answers.mjs";

const KID = "hostile-rs256";
const ours = await makeKeyPair("rsa", { modulusLength: 2048 });
const stranger = await makeKeyPair("rsa", { modulusLength: 2048 });

/** What this server publishes unless the test has handed over keys of its own. */
export const ownKeySet = { keys: [{ ...ours.publicKey.export({ format: "jwk" }), kid: KID, alg: "RS256", use: "sig" }] };

const AUDIENCE = "https://api.example";
const now = () => Math.floor(Date.now() / 1000);

/** Signed by this server's key; `claims` and `header` are changes, `undefined` leaves one out. */
function signed(exchange, { claims = {}, header = {}, key = ours.privateKey } = {}) {
  const payload = {
    iss: exchange.url.searchParams.get("iss") ?? `${exchange.origin}/`,
    aud: new URLSearchParams(exchange.body).get("audience") ?? AUDIENCE,
    sub: "client@clients",
    client_id: "client",
    iat: now() - 1,
    exp: now() + 3600,
    jti: randomUUID(),
    ...claims,
  };
  return new SignJWT(withoutUndefined(payload))
    .setProtectedHeader(withoutUndefined({ alg: "RS256", kid: KID, typ: "at+jwt", ...header }))
    .sign(key);
}

const withoutUndefined = (object) => JSON.parse(JSON.stringify(object));

const encrypted = () =>
  new EncryptJWT({ sub: "client" }).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(new Uint8Array(32));

/** The signature is of another token. */
async function tampered(exchange) {
  const [one, other] = await Promise.all([signed(exchange), signed(exchange)]);
  return [...one.split(".").slice(0, 2), other.split(".")[2]].join(".");
}

const answers = (make, more = async () => ({})) => async (exchange) =>
  sendJson(exchange.response, 200, token(exchange, { access_token: await make(exchange), ...(await more(exchange)) }));
const jwt = (parts) => (exchange) => signed(exchange, parts);

const ID_TOKEN = { typ: "JWT" };
const idToken = (parts) => async (exchange) => {
  const aud = new URLSearchParams(exchange.body).get("client_id");
  return { id_token: await signed(exchange, { header: ID_TOKEN, ...parts, claims: { aud, client_id: undefined, ...parts?.claims } }) };
};

export const jwtCases = {
  jwt: answers(jwt()),
  "jwt-typ-jwt": answers(jwt({ header: { typ: "JWT" } })),
  "jwt-without-typ": answers(jwt({ header: { typ: undefined } })),
  "jwt-without-kid": answers(jwt({ header: { kid: undefined } })),
  "jwt-of-8-kilobytes": answers(jwt({ claims: { roles: Array.from({ length: 400 }, (_, number) => `role-number-${number}`) } })),
  jwe: answers(encrypted),
  // Until the keys have been asked for, which a client does that wants no further round trip for them.
  "jwt-once-keys-are-asked-for": async (exchange) => {
    for (let waited = 0; !exchange.memory.keysAsked && waited < 3_000; waited += 20) await sleep(20);
    if (!exchange.memory.keysAsked) return sendJson(exchange.response, 400, { error: "invalid_request", error_description: "nobody asks for the keys" });
    return answers(jwt())(exchange);
  },

  "jwt-by-a-stranger": answers(jwt({ key: stranger.privateKey })),
  "jwt-tampered": answers(tampered),
  "jwt-of-another-issuer": answers(jwt({ claims: { iss: "https://evil.example" } })),
  "jwt-for-another-audience": answers(jwt({ claims: { aud: "https://other.example" } })),
  "jwt-expired": answers(jwt({ claims: { iat: now() - 7200, exp: now() - 3600 } })),

  "id-token": answers(jwt(), idToken()),
  "id-token-by-a-stranger": answers(jwt(), idToken({ key: stranger.privateKey })),
  "id-token-for-another-client": answers(jwt(), idToken({ claims: { aud: "somebody-else" } })),
  "id-token-of-another-issuer": answers(jwt(), idToken({ claims: { iss: "https://evil.example" } })),
};
