// What the cases answer with.

import { send, sendHtml, sendJson } from "../recording.mjs";

/** Every token this server invents contains this, so that a test can look for it where no token may show. */
export const TOKEN_MARK = "canary-token";

export const JSON_TYPE = { "content-type": "application/json" };

export const token = (exchange, changes = {}) => ({
  access_token: `${TOKEN_MARK}-${exchange.tag}-${exchange.count}`,
  token_type: "Bearer",
  expires_in: 3600,
  ...changes,
});

export const issues = (changes, headers) => (exchange) => sendJson(exchange.response, 200, token(exchange, changes), headers);
export const refuses = (status, error, headers) => ({ response }) =>
  sendJson(response, status, { error, error_description: `refused with ${status}` }, headers);
export const repliesWith = (status, body, headers) => ({ response }) => send(response, status, body, headers);
export const page = (status, headers) => ({ response }) => sendHtml(response, status, headers);

/** Why a demanding case does not grant what it was asked for; `play` in ../hostile.mjs answers with it. */
export class Refusal extends Error {
  constructor(status, error, description, headers = {}) {
    super(description);
    Object.assign(this, { status, error, headers });
  }
}

/** A refusal unless the demand is met. */
export function demand(met, status, error, description) {
  if (!met) throw new Refusal(status, error, description);
}
