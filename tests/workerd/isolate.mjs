// The worker under test in a workerd of its own, under a given compatibility date and flags, and ways to call it.

import { createConnection } from "node:net";
import { join } from "node:path";
import { equal, fail } from "../runtimes/assert.mjs";
import { startWorker } from "../runtimes/worker.mjs";

/** A request that takes longer hangs. */
const ANSWER_TIMEOUT = 15_000;

// What workerd writes when one request touches what another one made, or waits for what never comes.
const COMPLAINTS = [
  "This promise was created by a request that has since ended",
  "detected that your Worker's code had hung",
  "A promise was resolved or rejected from a different request context",
  "Cannot perform I/O on behalf of a different request",
];

let started = 0;

/**
 * Starts an isolate, lets `action` use it, ends it, and fails when workerd has complained meanwhile; or, where that is
 * what a test is after, when it has not.
 * @param {object} settings
 * @param {string} settings.project
 * @param {string} [settings.entry]
 * @param {string} [settings.workerd] which of the pinned versions
 * @param {string} settings.compatibilityDate
 * @param {string[]} settings.compatibilityFlags
 * @param {boolean} [settings.complains]
 */
export async function withIsolate({ project, entry = "worker.mjs", complains = false, ...versions }, action) {
  const log = [];
  const worker = await startWorker({
    ...versions,
    entry: join(project, entry),
    directory: join(project, `.isolate-${(started += 1)}`),
    onLog: (line) => log.push(line),
  });
  try {
    await action(isolateAt(new URL(worker.origin).port));
  } finally {
    await worker.end();
  }
  const complaint = log.find((line) => COMPLAINTS.some((message) => line.includes(message)));
  if (complaint && !complains) fail(`workerd complained: ${complaint}`);
  if (complains && !complaint) fail("workerd did not complain");
}

function isolateAt(port) {
  const pathOf = (action, parameters) => `/${action}?${new URLSearchParams(texts(parameters))}`;
  return {
    port,

    /** Calls the worker and resolves to its answer; another status, or none within the time, is a failure. */
    async ask(action, parameters = {}, status = 200) {
      let response;
      try {
        response = await fetch(`http://127.0.0.1:${port}${pathOf(action, parameters)}`, {
          signal: AbortSignal.timeout(ANSWER_TIMEOUT),
        });
      } catch (error) {
        return fail(`${action}: ${error.name === "TimeoutError" ? "hangs" : error.cause ?? error}`);
      }
      const text = await response.text();
      equal(response.status, status, `status of ${action} (${text})`);
      try {
        return JSON.parse(text);
      } catch {
        return fail(`${action}: workerd itself answered: ${text}`);
      }
    },

    /** A call on a connection of its own, that can be reset: workerd does not notice a plain end. */
    open(action, parameters) {
      const socket = createConnection(port, "127.0.0.1");
      const call = { answer: "", reset: () => socket.resetAndDestroy() };
      socket.on("error", () => {}); // an answer to the reset is of no interest
      socket.on("data", (chunk) => (call.answer += chunk));
      socket.write(`GET ${pathOf(action, parameters)} HTTP/1.1\r\nhost: worker\r\n\r\n`);
      return call;
    },
  };
}

function texts(parameters) {
  return Object.entries(parameters).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}
