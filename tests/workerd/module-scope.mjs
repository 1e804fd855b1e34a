// A token asked for outside of any request, where workerd allows neither fetch nor timers.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { equal } from "../runtimes/assert.mjs";
import { startWorker } from "../runtimes/worker.mjs";

const WORKER = `
import { Client } from "gatepass";

const options = { tokenEndpoint: "http://127.0.0.1:9/token", clientId: "a", clientSecret: "b" };
const early = new Client(options).getToken().catch(({ code }) => code);

export default {
  async fetch() {
    const fetch = async () => Response.json({ access_token: "later" });
    const { accessToken } = await new Client({ ...options, audience: "later", fetch }).getToken();
    return Response.json({ early: await early, accessToken });
  },
};
`;

/** An error of the early call, and nothing broken for the calls within requests. */
export function testModuleScope(test, { name, project, ...compatibility }) {
  return test(`${name}: a token asked for at module scope is an error and harms no request`, async () => {
    const entry = join(project, `module-scope-${name.replaceAll(" ", "-")}.mjs`);
    writeFileSync(entry, WORKER);
    const worker = await startWorker({ ...compatibility, entry, directory: `${entry}-isolate` });
    try {
      const answer = await (await fetch(worker.origin, { signal: AbortSignal.timeout(10_000) })).json();
      equal(answer.early, "network_error", "what the early call ends with");
      equal(answer.accessToken, "later", "the token of a call within a request");
    } finally {
      await worker.end();
    }
  });
}
