// What most tests need: a token endpoint, an isolate, and requests of which many come at once.

import { equal, fail } from "../runtimes/assert.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { withIsolate } from "../workerd/isolate.mjs";
import { connect } from "./connections.mjs";

/** Options of a client of the endpoint. */
export function clientOf(endpoint, options = {}) {
  return {
    tokenEndpoint: endpoint.url,
    clientId: "client",
    clientSecret: "secret-of-the-engine-suite",
    audience: "https://api.example",
    ...options,
  };
}

/** @param {object} configuration see configurations.mjs; with `project`, `entry` and so on as `withIsolate` takes them */
export async function withEngine({ name, ...configuration }, endpointSettings, action) {
  const endpoint = await startTokenEndpoint(endpointSettings);
  try {
    await withIsolate(configuration, async (isolate) => {
      const open = [];
      await action({
        endpoint,
        ask: isolate.ask,
        /** New connections to the isolate, closed in the end. */
        async connect(count) {
          const connections = await connect(isolate.port, count);
          open.push(...connections);
          return connections;
        },
      });
      for (const connection of open) connection.close();
    });
  } finally {
    await endpoint.close();
  }
}

/** The path of an action of the worker. */
export function pathOf(action, parameters) {
  const texts = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return `/${action}?${new URLSearchParams(texts)}`;
}

/** The same action on all connections at once. */
export function burst(connections, action, parameters = {}) {
  const path = pathOf(action, parameters);
  return Promise.all(connections.map((connection) => connection.post(path)));
}

/** What the worker said; anything but a 200 of its own is a failure. */
export function answerOf({ status, text }) {
  if (status !== 200) fail(`expected an answer, got ${status || "none"}: ${text}`);
  return JSON.parse(text);
}

/** All are answered, with one and the same token, which is what they resolve to. */
export function oneToken(answers) {
  const failed = answers.filter(({ status }) => status !== 200);
  if (failed.length > 0) fail(`${failed.length} of ${answers.length} failed, one with ${failed[0].status || "no answer"}: ${failed[0].text}`);
  const tokens = new Set(answers.map((answer) => answerOf(answer).accessToken));
  equal(tokens.size, 1, "different tokens");
  return [...tokens][0];
}

/** All have failed with the same code; workerd's own errors have none. */
export function allFailedWith(answers, code, status) {
  for (const answer of answers) {
    let error;
    try {
      error = JSON.parse(answer.text);
    } catch {
      fail(`expected ${code}, got ${answer.status || "no answer"}: ${answer.text}`);
    }
    equal(error.code, code, "code");
    equal(error.status, status, "status");
  }
}

export const longest = (answers) => Math.max(...answers.map(({ milliseconds }) => milliseconds));

/** The value below which this share of them is. */
export function quantile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];
}
