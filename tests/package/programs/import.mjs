// `import`, static, as most programs do. Also what the bundlers are given.

import * as gatepass from "gatepass";
import { equal } from "./assert.mjs";
import { use } from "./use.mjs";

equal(Object.keys(gatepass).sort().join(), "AccessToken,Client,GatepassError,Verifier,callApi,getToken", "exports");
await use(gatepass);
console.log("ok");
