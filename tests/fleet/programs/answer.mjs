// What a member of the fleet does when it is asked: it makes a client, as a handler does, and gets tokens. Everything else it
// tells is what anybody may see; the tokens stand apart.

import { Client } from "gatepass";

// Plain data, which requests of one isolate may share. What is renewed in the background is heard by no request.
const heard = [];
// A worker and a Durable Object of the same script have the same one, if they share an isolate.
let isolate;

/**
 * @param {object} message
 * @param {object} message.options of the client
 * @param {object} message.store what `openStore` takes
 * @param {string} [message.broken] an operation of the store that fails
 * @param {object} [message.request] of each call
 * @param {number} [message.calls] at once
 * @param {boolean} [message.keepsAlive] whether the calls are given a `ctx`
 * @param {"getToken" | "invalidate"} [message.action]
 * @param {(store: object) => object | Promise<object>} openStore
 */
export async function answer({ options, store, broken, request, calls = 1, keepsAlive, action = "getToken" }, openStore, ctx) {
  const opened = await openStore(store);
  const used = broken === undefined ? opened : { ...opened, [broken]: () => Promise.reject(new Error("broken")) };
  const client = new Client({ ...options, store: used, onEvent: (event) => heard.push(event) });
  const began = Date.now();
  const results = await Promise.all(Array.from({ length: calls }, () => one(client, action, keepsAlive ? { ...request, ctx } : request)));
  const explanation = client.explain(request);
  return {
    tokens: results.map(({ token }) => token),
    sources: results.map(({ source }) => source),
    errors: results.flatMap(({ error }) => error ?? []),
    milliseconds: Date.now() - began,
    events: take(explanation.key),
    explanation,
    isolate: isolateId(),
  };
}

async function one(client, action, request) {
  const began = Date.now();
  try {
    const got = await client[action](request);
    // What is left of it by the time at which it was asked for: this process may have stood still since.
    return got === undefined ? {} : { token: { value: got.accessToken, left: got.expiresAt - began }, source: got.source };
  } catch (error) {
    return { error: { name: error?.name, code: error?.code, message: String(error), json: JSON.stringify(error) } };
  }
}

/** The events of a cache entry, each told once. */
function take(key) {
  const own = heard.filter((event) => event.key === key);
  heard.splice(0, heard.length, ...heard.filter((event) => event.key !== key));
  return own;
}

export function isolateId() {
  isolate ??= crypto.randomUUID();
  return isolate;
}
