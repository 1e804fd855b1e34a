// What programs and tests both know: what a call is, by its number.

/** Of calls whose token may be revoked. */
export const BODIES = ["none", "json", "stream"];
export const bodyOf = (number) => BODIES[number % BODIES.length];

/** Of calls to an API that fails. */
const KINDS = ["GET", "POST", "POST with a key", "PUT"];
export const kindOf = (number) => KINDS[number % KINDS.length];

/** Milliseconds until the response of such a call. */
export const DEADLINE = 3_000;
