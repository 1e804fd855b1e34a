// gatepass and authorization servers that others have written: one suite, run unchanged on every runtime.

import "./servers/oidc-provider.mjs";
import "./servers/authlib.mjs";

export { runAll, runTest, tests } from "./suite/define.mjs";
