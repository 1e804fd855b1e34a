// What an API asks of a token beyond its being good.

import { GatepassError, snapshot } from "#glue";
import { plainRequirements } from "../../src/js/verifier_options.js";

/** Read once: `plain` is for the core, `claims` has the functions that are asked here. */
export function requirementsOf(given) {
  const requirements = snapshot(given, "requirements");
  return { plain: plainRequirements(requirements), claims: requirements.claims ?? {} };
}

/** Asks the functions among the required claims; all else has been checked. */
export function askFunctions(wanted, claims) {
  for (const [name, fits] of Object.entries(wanted)) {
    if (typeof fits !== "function") continue;
    const verdict = fits(Object.hasOwn(claims, name) ? claims[name] : undefined);
    if (typeof verdict !== "boolean") {
      // A promise would count as yes. Nobody waits for it, and its failure must not end the process.
      verdict?.catch?.(() => {});
      throw new TypeError(`gatepass: requirements.claims.${name} must give true or false`);
    }
    if (!verdict) throw mismatch(name);
  }
}

function mismatch(claim) {
  const message = "the token does not have the required value of a claim";
  return new GatepassError("invalid_token", message, false, undefined, 401, undefined, undefined, undefined, claim, "claim_mismatch");
}
