// What an API asks of a token beyond its being good.

import { GatepassError, snapshot } from "#glue";

export function requirementsOf(given) {
  return given === undefined ? undefined : snapshot(given, "requirements");
}

/** Asks the functions among the required claims; all else has been checked. */
export function askFunctions(requirements, claims) {
  for (const [name, fits] of Object.entries(requirements?.claims ?? {})) {
    if (typeof fits !== "function") continue;
    const verdict = fits(Object.hasOwn(claims, name) ? claims[name] : undefined);
    // A promise would count as yes.
    if (typeof verdict !== "boolean") throw new TypeError(`gatepass: requirements.claims.${name} must give true or false`);
    if (!verdict) throw mismatch(name);
  }
}

function mismatch(claim) {
  const message = "the token does not have the required value of a claim";
  return new GatepassError("invalid_token", message, false, undefined, 401, undefined, undefined, claim, "claim_mismatch");
}
