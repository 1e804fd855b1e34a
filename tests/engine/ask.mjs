// How a worker asks for a token: with a client it keeps, or with one it makes for the request, and with or without a way
// to let work outlive the request.

import { Client } from "gatepass";

const kept = new Map();
const SLEPT = { accessToken: "no-token-for-https://api.example", source: "memory" };

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @param {object} parameters
 * @param {string} parameters.client options, as JSON
 * @param {"option" | "call" | "ctx"} [parameters.waitUntil] how `waitUntil` is handed over; not at all without
 */
export function askForToken({ client, waitUntil }, ctx) {
  switch (waitUntil) {
    case "option":
      return new Client({ ...JSON.parse(client), waitUntil: ctx.waitUntil.bind(ctx) }).getToken();
    case "call":
      return keptClient(client).getToken({ waitUntil: ctx.waitUntil.bind(ctx) });
    case "ctx":
      return keptClient(client).getToken({ ctx });
    default:
      return keptClient(client).getToken();
  }
}

/** The way of a request that asks for a token, without asking. */
export function sleepInstead({ client }, milliseconds) {
  keptClient(client);
  return sleep(milliseconds).then(() => SLEPT);
}

function keptClient(options) {
  if (!kept.has(options)) kept.set(options, new Client(JSON.parse(options)));
  return kept.get(options);
}
