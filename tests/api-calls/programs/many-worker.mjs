// workerd: each call is a request of its own.

import * as faults from "./faults.mjs";
import * as libraries from "./libraries.mjs";
import * as revoked from "./revoked.mjs";

const MODULES = { faults, libraries, revoked };

export default {
  async fetch(request) {
    const { module, config, number } = await request.json();
    return Response.json(await MODULES[module].one(config, number));
  },
};
