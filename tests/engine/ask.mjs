// How a worker asks for a token: with a client it keeps, or with one it makes for the request, and with or without a way
// to let work outlive the request.

import { Client } from "gatepass";

const kept = new Map();

/**
 * @param {object} parameters
 * @param {string} parameters.client options, as JSON
 * @param {"option" | "call" | "ctx"} [parameters.waitUntil] how `waitUntil` is handed over; not at all without
 */
export function askForToken({ client, waitUntil }, ctx) {
  const promise = ctx.waitUntil.bind(ctx);
  switch (waitUntil) {
    case "option":
      return new Client({ ...JSON.parse(client), waitUntil: promise }).getToken();
    case "call":
      return keptClient(client).getToken({ waitUntil: promise });
    case "ctx":
      return keptClient(client).getToken({ ctx });
    default:
      return keptClient(client).getToken();
  }
}

function keptClient(options) {
  if (!kept.has(options)) kept.set(options, new Client(JSON.parse(options)));
  return kept.get(options);
}
