// The behaviour of gatepass as its users see it: one suite, run unchanged on every runtime against the packed package.

import "./suite/token.mjs";
import "./suite/token-failures.mjs";
import "./suite/discovery.mjs";
import "./suite/call-api.mjs";
import "./suite/verifier.mjs";
import "./suite/verifier-refuses.mjs";
import "./suite/verifier-keys.mjs";
import "./suite/requirements.mjs";
import "./suite/id-tokens.mjs";
import "./suite/remembered.mjs";
import "./suite/options.mjs";
import "./suite/secrecy.mjs";
import "./suite/replacement-fetch.mjs";
import "./suite/store.mjs";
import "./suite/caller.mjs";

export { runAll, runTest, tests } from "./suite/define.mjs";
