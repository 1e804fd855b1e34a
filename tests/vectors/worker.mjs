// The same in a Worker.

import { verdicts } from "./program.mjs";

export default {
  async fetch() {
    return Response.json(await verdicts());
  },
};
