// Mistakes with errors that do not compile.
import { GatepassError } from "gatepass";

declare const error: GatepassError;

// @ts-expect-error TS2367: a misspelt code
if (error.code === "invalid_clientt") throw error;
// @ts-expect-error TS2367: a reason is not a code
if (error.code === "expired") throw error;
// @ts-expect-error TS2367: a misspelt reason
if (error.reason === "expire") throw error;
// @ts-expect-error TS2540: an error cannot be changed
error.code = "timeout";
// @ts-expect-error TS2673: errors are made by gatepass
new GatepassError();
// @ts-expect-error TS18048: the server may have said nothing
error.oauth.error;
// @ts-expect-error TS2322: the status may be missing
const status: number = error.status;

export { status };
