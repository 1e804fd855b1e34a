// From the import of a library to the end of its first call: first-call.mjs '{ "call": "token", "library": "jose", "signed": { "jwk", "token" } }'
//
// Nothing is sent: the answer of the token endpoint is made before the clock starts, which also loads the host's own fetch; any
// client has to pay for that.

import { createPublicKey } from "node:crypto";
import { NODE_TOKEN_CLIENTS } from "./node-token-clients.mjs";
import { TOKEN_CLIENTS } from "./token-clients.mjs";

const { call, library: name, signed } = JSON.parse(globalThis.Deno?.args[0] ?? globalThis.process.argv[2]);
const prepared = Response.json({ access_token: "token", token_type: "Bearer", expires_in: 3600 });
const [issuer, audience, algorithms] = ["https://issuer.example/", "https://api.example", ["ES256"]];
const pem = () => createPublicKey({ key: signed.jwk, format: "jwk" }).export({ type: "spki", format: "pem" });

const VERIFIERS = {
  gatepass: { load: () => import("gatepass"), verify: ({ Verifier }) => new Verifier({ issuer, audience, algorithms, jwks: { keys: [signed.jwk] } }).verifyAccessToken(signed.token) },
  jose: { load: () => import("jose"), verify: async (jose) => jose.jwtVerify(signed.token, await jose.importJWK(signed.jwk), { issuer, audience, algorithms }) },
  "fast-jwt": { load: () => import("fast-jwt"), verify: ({ createVerifier }) => createVerifier({ key: pem(), algorithms, allowedIss: issuer, allowedAud: audience })(signed.token) },
  "aws-jwt-verify": {
    load: () => import("aws-jwt-verify"),
    verify({ JwtVerifier }) {
      const verifier = JwtVerifier.create({ issuer, audience, jwksUri: "https://issuer.example/keys" });
      verifier.cacheJwks({ keys: [signed.jwk] });
      return verifier.verifySync(signed.token);
    },
  },
  jsonwebtoken: { load: () => import("jsonwebtoken"), verify: ({ default: { verify } }) => verify(signed.token, pem(), { issuer, audience, algorithms }) },
};
const FIRST_CALLS = {
  token: async (library) => {
    return { ...TOKEN_CLIENTS, ...NODE_TOKEN_CLIENTS }[name].make(library, async () => prepared, audience)();
  },
  verification: (library) => VERIFIERS[name].verify(library),
};

const { load } = (call === "token" ? { ...TOKEN_CLIENTS, ...NODE_TOKEN_CLIENTS } : VERIFIERS)[name];
const began = performance.now();
const library = await load();
const result = await FIRST_CALLS[call](library);
const milliseconds = performance.now() - began;

if (!result) throw new Error(`${name} gave nothing`);
console.log(JSON.stringify(milliseconds));
globalThis.process.exit(0);
