// What needs modules of Node.js, in a worker that has them by `nodejs_compat`.

import { blocksOf as getToken } from "./get-token.mjs";
import { NODE_TOKEN_CLIENTS } from "./node-token-clients.mjs";
import { blocksOf as verify } from "./verify.mjs";
import * as verifiers from "./node-verifiers.mjs";
import { burstOf, workerOf } from "./worker.mjs";

export default workerOf({ "get-token": getToken, verify }, burstOf(NODE_TOKEN_CLIENTS), { clients: NODE_TOKEN_CLIENTS, verifiers });
