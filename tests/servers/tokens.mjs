// A token endpoint for the tests of the token broker: it answers what it was told to, when it was told to, and counts.

import { sendJson, startRecording } from "./recording.mjs";

/** Answers by plans: `{ endsIn, dueIn, latency }` in milliseconds, or `{ fails }`, a status; not before `allowed`, a promise. */
export async function startTokens() {
  const counts = new Map();
  const plans = new Map();
  const server = await startRecording(async ({ response, body }) => {
    const { key } = JSON.parse(body).parameters;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const { latency = 0, allowed, fails, retryAfter, ...times } = plans.get(key);
    await new Promise((resolve) => setTimeout(resolve, latency));
    await allowed;
    if (fails) return sendJson(response, fails, { retryAfter });
    return sendJson(response, 200, { value: `token-${count}`, ...times });
  });
  return {
    ...server,
    /** What the answers for this key are from now on. */
    plan: (key, plan) => plans.set(key, plan),
    count: (key) => counts.get(key) ?? 0,
  };
}
