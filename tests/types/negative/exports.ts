// What the package does not export.

// @ts-expect-error TS2305: there is no such name
import { Gatepass } from "gatepass";
// @ts-expect-error TS1192: there is no default export
import gatepass from "gatepass";
// @ts-expect-error TS2459: the derived type of the host's fetch is an inner matter
import type { HostFetch } from "gatepass";
// @ts-expect-error TS2305: init is in the sub-path
import { init } from "gatepass";
// @ts-expect-error TS2307: inner files cannot be reached
import * as inner from "gatepass/gatepass.js";

import { init as load } from "gatepass/init";
// @ts-expect-error TS2554: init needs a source
await load();
// @ts-expect-error TS2345: a number is not a source
await load(42);

export { gatepass, Gatepass, init, inner };
export type { HostFetch };
