// What `make bench` measures, in this order.

import apiCall from "./api-call.mjs";
import burst from "./burst.mjs";
import getToken from "./get-token.mjs";
import growth from "./growth.mjs";
import instantiate from "./instantiate.mjs";
import size from "./size.mjs";
import start from "./start.mjs";
import verify from "./verify.mjs";

export const FAMILIES = [getToken, burst, apiCall, verify, start, size, instantiate, growth];
