// The behaviour of gatepass as its users see it: one suite, run unchanged on every runtime against the packed package.

import "./suite/token.mjs";
import "./suite/token-failures.mjs";
import "./suite/discovery.mjs";
import "./suite/call-api.mjs";
import "./suite/call-api-redirects.mjs";
import "./suite/call-api-again.mjs";
import "./suite/client-fetch.mjs";
import "./suite/verifier.mjs";
import "./suite/verifier-refuses.mjs";
import "./suite/authorize.mjs";
import "./suite/proofs.mjs";
import "./suite/certificates.mjs";
import "./suite/opaque-tokens.mjs";
import "./suite/hono.mjs";
import "./suite/verifier-keys.mjs";
import "./suite/requirements.mjs";
import "./suite/id-tokens.mjs";
import "./suite/remembered.mjs";
import "./suite/options.mjs";
import "./suite/secrecy.mjs";
import "./suite/replacement-fetch.mjs";
import "./suite/within-calls.mjs";
import "./suite/store.mjs";
import "./suite/caller.mjs";
import "./suite/client-authentication.mjs";
import "./suite/bad-keys.mjs";
import "./suite/dpop.mjs";
import "./suite/parameters.mjs";
import "./suite/resource-discovery.mjs";
import "./suite/received-tokens.mjs";
import "./suite/token-questions.mjs";
import "./suite/hints.mjs";
import "./suite/hostile-run.mjs";
import "./suite/warm.mjs";
import "./suite/host.mjs";

export { runAll, runTest, tests } from "./suite/define.mjs";
