// Ten thousand calls, of which one in five meets a fault: each ends in a response or one error with a code, in time, and what
// must not be sent twice is not.

import { equal, fail, ok } from "../runtimes/assert.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { FAULT_NAMES, startCountingApi } from "./api.mjs";
import { HOSTS, makeCalls } from "./hosts.mjs";
import { DEADLINE, kindOf } from "./programs/kinds.mjs";
import { clientOf } from "./setting.mjs";

const COUNT = 10_000;
const AT_ONCE = 200;
/** What a loaded machine may add to a deadline, in milliseconds; and how many calls it may bring to theirs. */
const GRACE = 2_000;
const LATE = COUNT / 50;
const TIMEOUT = 280_000;

/** One call in five, each fault with each kind of call. */
const faultOf = (number) => (number % 5 === 3 ? FAULT_NAMES[Math.floor(number / 20) % FAULT_NAMES.length] : undefined);
/** What may be sent twice although nobody knows what the API has done. */
const isRepeatable = (number) => kindOf(number) !== "POST";

/** What a call may come to, by its fault. */
const OUTCOMES = {
  "none": () => ["200 whole"],
  "reset": (number) => [isRepeatable(number) ? "200 whole" : "network_error"],
  "reset in the body": () => ["200 broken"],
  "503": () => ["503 whole"],
  "503 with Retry-After": (number) => [isRepeatable(number) ? "200 whole" : "503 whole"],
  "429 with a long Retry-After": () => ["429 whole"],
  "slow body": () => ["200 broken"],
  // Where the host does not notice that nothing more will come, it is the deadline that ends the call.
  "half-closed": (number) => [isRepeatable(number) ? "200 whole" : "network_error", "timeout"],
  "hangs": () => ["timeout"],
};

export const faultTests = (project, note) => HOSTS.map((host) => ({
  what: `${host}: of ${COUNT} calls, one in five with a fault, each ends in time in a response or one error`,
  async body() {
    const endpoint = await startTokenEndpoint();
    const api = await startCountingApi({ faultOf });
    try {
      const config = { client: clientOf(endpoint), origin: api.origin };
      const results = await makeCalls(host, project, "faults", config, { count: COUNT, atOnce: AT_ONCE, timeout: TIMEOUT });
      equal(results.length, COUNT, "results");
      const counts = new Map();
      let late = 0;
      results.forEach((result, number) => {
        const fault = faultOf(number) ?? "none";
        const outcome = result.error ?? `${result.status} ${result.body}`;
        const key = `${fault}: ${outcome}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        late += judge(host, number, { ...result, outcome, fault, requests: api.calls.get(String(number)) });
      });
      note(`${host}: ${[...counts].map(([key, count]) => `${key} ${count}`).join(", ")}`);
      ok(late <= LATE, `${late} calls that could have been answered ended at their deadline`);
      equal(endpoint.requests.length, 1, "token requests");
      for (const fault of FAULT_NAMES) ok([...counts.keys()].some((key) => key.startsWith(`${fault}: `)), `no call met: ${fault}`);
    } finally {
      await Promise.all([endpoint.close(), api.close()]);
    }
  },
}));

/** Whether it took too long, although the API did not. */
function judge(host, number, { outcome, fault, called, requests = [] }) {
  const what = `call ${number}, ${kindOf(number)}, fault ${fault}`;
  // Deno's fetch itself sends a request again when its connection fails before an answer came.
  const isResent = host === "deno" && ["reset", "half-closed"].includes(fault);
  const expected = isResent ? [...OUTCOMES[fault](number), "200 whole"] : OUTCOMES[fault](number);
  const isLate = outcome === "timeout" && !expected.includes(outcome);
  if (!isLate && !expected.includes(outcome)) fail(`${what}: expected ${expected.join(" or ")}, got ${outcome}`);
  ok(called <= DEADLINE + GRACE, `${what} took ${called} ms`);
  if (!isRepeatable(number) && !isResent) equal(requests.length, 1, `${what}: times it was sent`);
  ok(requests.length <= 4, `${what} was sent ${requests.length} times`);
  return isLate;
}
