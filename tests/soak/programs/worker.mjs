// A member that is an isolate of workerd.

import { handle } from "./handler.mjs";

export default {
  async fetch(request, env, ctx) {
    const text = JSON.stringify(await handle(new URL(request.url).pathname, ctx));
    return new Response(text, { headers: { "content-length": String(text.length) } });
  },
};
