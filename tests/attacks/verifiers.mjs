// The verifiers that are compared, each with its own defaults and told what all of them need: the keys, the issuer, the
// audience, and a greatest age where that is the point. Undefined where an attack is about something that one cannot do.

import { createPublicKey } from "node:crypto";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier } from "fast-jwt";
import * as jose from "jose";
import { AUDIENCE, ISSUER } from "./forge.mjs";

/** @param {typeof import("gatepass")} gatepass the built package */
export function makeVerifiers(gatepass) {
  return {
    gatepass({ key, secret, maxAge }) {
      const keys = secret === undefined ? { jwks: { keys: [key.jwk] } } : { secret: new Uint8Array(secret) };
      const verifier = new gatepass.Verifier({ issuer: ISSUER, audience: AUDIENCE, maxAge, ...keys });
      return (token) => verifier.verifyAccessToken(token);
    },
    jose({ key, secret, maxAge }) {
      const keys = secret ?? jose.createLocalJWKSet({ keys: [key.jwk] });
      return (token) => jose.jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, maxTokenAge: maxAge });
    },
    // It has neither shared secrets nor a greatest age.
    "aws-jwt-verify"({ key, secret, maxAge }) {
      if (secret !== undefined || maxAge !== undefined) return undefined;
      const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: "https://issuer.example/keys" });
      verifier.cacheJwks({ keys: [key.jwk] });
      return (token) => verifier.verify(token);
    },
    // It takes a key, not a key set: what a set says about a key is lost on the way.
    "fast-jwt"({ key, secret, maxAge }) {
      if (secret === undefined && key.jwk.kty === "oct") return undefined;
      const pem = secret ?? createPublicKey({ key: publicPart(key.jwk), format: "jwk" }).export({ format: "pem", type: "spki" });
      const verify = createVerifier({ key: pem, allowedIss: ISSUER, allowedAud: AUDIENCE, maxAge: maxAge && maxAge * 1000 });
      return async (token) => verify(token);
    },
  };
}

const publicPart = ({ kty, crv, x, y, n, e }) => ({ kty, crv, x, y, n, e });
