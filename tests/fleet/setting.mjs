// What the tests of a fleet have in common.

import { equal } from "../runtimes/assert.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { SECRET } from "./secrets.mjs";

/** Seconds that a token lives where a test sees it end. */
export const LIFETIME = 5;
/** Milliseconds that the token endpoint takes. */
export const LATENCY = 150;

export async function withEndpoint(settings, action) {
  const endpoint = await startTokenEndpoint({ latency: LATENCY, ...settings });
  try {
    return await action(endpoint);
  } finally {
    await endpoint.close();
  }
}

/** Options of a client of a token endpoint. */
export function clientOf(endpoint, options = {}) {
  return { tokenEndpoint: endpoint.url, clientId: "fleet", clientSecret: SECRET, ...options };
}

/** The how-manieth of its audience a token is, from 1. The endpoint writes into it the how-manieth of all. */
export function numberOf(endpoint, token) {
  const request = endpoint.requests[Number(/^token-(\d+)-/.exec(token)[1]) - 1];
  return requestsFor(endpoint, request.audience).indexOf(request) + 1;
}

/** The endpoint writes the audience into a token. */
export function isFor(token, audience) {
  equal(token.replace(/^token-\d+-for-/, ""), audience, "whom the token is for");
}

/** The token requests for an audience. */
export const requestsFor = (endpoint, audience) => endpoint.requests.filter((request) => request.audience === audience);
