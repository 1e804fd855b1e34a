// Where the token engine has to work: three versions of workerd, each as of 2024-01-01 and as of its newest date, with and
// without `handle_cross_request_promise_resolution`: a promise that another request settles continues in the request
// that made it, or, without, in the one that settled it.

import { findBinary, newestCompatibilityDate, WORKERD_VERSIONS } from "../runtimes/binaries.mjs";

const OLDEST_DATE = "2024-01-01";
const FLAG = "handle_cross_request_promise_resolution";
// workerd refuses a flag that says what is the default anyway.
const DEFAULT_SINCE = "2024-10-14";

/** @returns {{ found: object[], missing: { workerd: string, reason: string }[] }} the settings of `withIsolate` */
export function configurations() {
  const found = [];
  const missing = [];
  for (const workerd of WORKERD_VERSIONS) {
    try {
      findBinary(workerd);
    } catch (error) {
      missing.push({ workerd, reason: error.message });
      continue;
    }
    const newest = newestCompatibilityDate(workerd);
    for (const compatibilityDate of [newest, OLDEST_DATE]) {
      const byDefault = compatibilityDate >= DEFAULT_SINCE;
      for (const on of [byDefault, !byDefault]) {
        const compatibilityFlags = on === byDefault ? [] : [on ? FLAG : `no_${FLAG}`];
        const name = [`${workerd === "workerd" ? `workerd-${newest}` : workerd} ${compatibilityDate}`, ...compatibilityFlags].join(" ");
        found.push({ name, workerd, compatibilityDate, compatibilityFlags });
      }
    }
  }
  return { found, missing };
}

/** Of each version what most workers run with: everything by default, as of a date. */
export const byDefault = (found) => found.filter(({ compatibilityFlags }) => compatibilityFlags.length === 0);

/** Of each version one, so that both dates and both settings of the flag are among them. */
export function oneOfEach(found) {
  const places = [0, 2, 3];
  return WORKERD_VERSIONS.flatMap((version, index) => found.filter(({ workerd }) => workerd === version)[places[index]] ?? []);
}
