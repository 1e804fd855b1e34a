// Key sets as they are found in the wild. A test hands its public keys over (`PUT /_keys/<tag>`, a JSON Web Key Set)
// and the case `GET /keys/<case>/<tag>` serves them well or badly; without, those that this server signs with.

import { send, sendHtml, sendJson } from "../recording.mjs";

const serves = (change, headers) => ({ response, keySet }) =>
  sendJson(response, 200, { keys: change(keySet.keys) }, headers);
const without = (...members) => (key) => {
  const rest = { ...key };
  for (const member of members) delete rest[member];
  return rest;
};

const BAD_KEYS = [
  { kty: "RSA", kid: "no-modulus", e: "AQAB" },
  { kty: "EC", kid: "not-on-the-curve", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) },
  { kty: "RSA", kid: "tiny", n: "AQAB", e: "AQAB" },
  { kid: "no-type" },
];
const UNKNOWN_KEYS = [
  { kty: "AKP", kid: "newer-than-we-are", alg: "ML-DSA-65", pub: "AAAA" },
  { kty: "XYZ", kid: "nobody-knows" },
];

export const keyCases = {
  good: serves((keys) => keys),
  "jwk-set-type": serves((keys) => keys, { "content-type": "application/jwk-set+json" }),
  "byte-order-mark": ({ response, keySet }) => send(response, 200, `\ufeff${JSON.stringify(keySet)}`, { "content-type": "application/json" }),
  "no-kid": serves((keys) => keys.map(without("kid"))),
  "no-alg": serves((keys) => keys.map(without("alg", "use"))),
  "bad-among-good": serves((keys) => [...BAD_KEYS, ...keys]),
  "unknown-among-good": serves((keys) => [...UNKNOWN_KEYS, ...keys]),
  // Several keys under one id: a server that rotates keys and forgets the id.
  "same-kid": serves((keys) => keys.map((key) => ({ ...key, kid: keys[0].kid }))),
  "no-keys": serves(() => []),
  "error-500": ({ response }) => send(response, 500, ""),
  "error-503": ({ response }) => send(response, 503, "", { "retry-after": "9" }),
  "not-found": ({ response }) => send(response, 404, ""),
  redirects: ({ response, elsewhere, tag }) => send(response, 302, "", { location: `${elsewhere}/keys/${tag}` }),
  html: ({ response }) => sendHtml(response, 200),
  "not-a-key-set": ({ response }) => sendJson(response, 200, { keys: "none" }),
  "ten-megabytes": ({ response, keySet }) => sendJson(response, 200, { ...keySet, padding: "x".repeat(10 * 1024 * 1024) }),
  hangs: () => {},
  reset: ({ request }) => request.socket.resetAndDestroy(),
};
