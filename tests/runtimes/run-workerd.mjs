// workerd: a worker that runs the test it is asked for, `GET /?test=<number>`, so that every test is a request of its own
// and what the library keeps between requests is exercised as in production. `GET /` says how many there are.

import config from "./config.mjs";
import { runTest, tests } from "./suite.mjs";

export default {
  async fetch(request, env) {
    const number = new URL(request.url).searchParams.get("test");
    if (number === null) return Response.json({ tests: tests.length });
    return Response.json(await runTest(tests[Number(number)], { ...config, env }));
  },
};
