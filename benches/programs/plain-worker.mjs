// What needs no module of Node.js, in a worker without them.

import { blocksOf as apiCall } from "./api-call.mjs";
import { blocksOf as getToken } from "./get-token.mjs";
import { TOKEN_CLIENTS } from "./token-clients.mjs";
import { blocksOf as verify } from "./verify.mjs";
import { burstOf, workerOf } from "./worker.mjs";

export default workerOf({ "api-call": apiCall, "get-token": getToken, verify }, burstOf(TOKEN_CLIENTS));
