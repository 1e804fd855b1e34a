// What of a token may be looked at: its header and claims, and what the verifier has checked. The signature stays here.

/** @param {import("gatepass").AccessToken} token */
export function viewOf(token) {
  const parts = token.accessToken.split(".");
  const [header, claims] = parts.length === 3 ? parts.slice(0, 2).map(decoded) : [];
  return { tokenType: token.tokenType, scope: token.scope, expiresAt: token.expiresAt, header, claims };
}

function decoded(part) {
  const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
}

/** The checks of a token that has passed them all, in the order in which a verifier makes them: what, and against what. */
export function checksOf({ header, claims }) {
  const ends = new Date(claims.exp * 1000).toISOString().slice(11, 19);
  return [
    ["form", "three parts of strict base64url"],
    ["algorithm", `${header.alg} is accepted here, and fits the key`],
    ["type", header.typ ?? "none, as is allowed"],
    ["issuer", claims.iss],
    ["audience", [claims.aud].flat().join(", ")],
    ["times", `issued in the past, ends ${ends} UTC`],
    ["signature", `good with the issuer's key ${header.kid ?? "without an id"}`],
  ];
}
