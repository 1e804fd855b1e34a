// gatepass/init in a worker: the module is handed over, because workerd compiles none from bytes. The path instead of
// "gatepass/gatepass_bg.wasm" is for the bundling of tests/runtimes/worker.mjs, which knows no packages.

import * as gatepass from "gatepass/init";
import module from "./node_modules/gatepass/gatepass_bg.wasm";
import { use } from "./use.mjs";

export default {
  async fetch() {
    try {
      await gatepass.init(module);
      await gatepass.init(module);
      await use(gatepass);
      return new Response("ok");
    } catch (error) {
      return new Response(error.stack);
    }
  },
};
