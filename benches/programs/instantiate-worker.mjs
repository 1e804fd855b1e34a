// A worker whose loader has compiled the wasm already: what is left is done in the first request that asks for it.

import module from "./node_modules/gatepass/gatepass_bg.wasm";
import { init } from "gatepass/init";

export default {
  async fetch(request) {
    if (request.url.endsWith("/init")) await init(module);
    return new Response();
  },
};
