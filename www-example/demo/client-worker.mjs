import { failure, run } from "./client.mjs";

export default {
  async fetch(_request, env) {
    const steps = [];
    const report = (step) => steps.push(step);
    await run(env, report).catch((error) => report(failure(error)));
    return Response.json(steps);
  },
};
