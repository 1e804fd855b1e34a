// Access tokens that say nothing themselves: the authorization server is asked (RFC 7662).

import { GatepassError } from "#glue";
import { issuersOf } from "./answer.js";
import { Client } from "./client.js";
import { core } from "./core.js";
import { Memory } from "./remembered.js";

/** Milliseconds for which an answer counts: that a token is good, at most; and that it is not. */
const GOOD = 60_000;
const BAD = 5_000;
/** So many verifiers have a memory that others find. */
const VERIFIERS = 16;

/** By what they ask, and as whom. */
const memories = new Map();

/** Whether a token has not the form of a signed JWT. */
export const isOpaque = (token) => typeof token === "string" && !/^ey[\w-]*\.[\w-]*\.[\w-]*$/.test(token);

/** What is known of a good token: `{ payload }`, its claims as text. */
export async function introspected(token, options, plain) {
  const { introspection: { endpoint, ...client }, domain, issuer, audience, timeout, dangerouslyAllowHttp, fetch } = options;
  const memory = memoryOf(JSON.stringify([plain, endpoint, client.clientId]));
  const end = memory.endOf(token);
  const known = memory.get(token, end);
  if (known?.until > Date.now()) return goodOrRefused(known);
  const [from] = issuersOf(options);
  const asking = new Client({ domain, issuer: issuer && from, introspectionEndpoint: endpoint, timeout, dangerouslyAllowHttp, fetch, ...client });
  const said = await asking.introspect(token);
  const found = { until: Date.now() + BAD };
  if (said.active) {
    // What the server leaves out is as it was asked for; what it says must fit.
    const judged = { iss: from, aud: audience ?? undefined, exp: Math.ceil(Date.now() / 1000) + 1, ...said };
    core().checkClaims(plain, JSON.stringify(judged));
    found.payload = JSON.stringify(said);
    found.until = Math.min(Date.now() + GOOD, said.exp * 1000 || Infinity);
  }
  memory.set(token, end, found);
  return goodOrRefused(found);
}

function goodOrRefused(known) {
  if (known.payload !== undefined) return known;
  const message = "the authorization server says that the token is not active";
  throw new GatepassError("invalid_token", message, false, undefined, 401, undefined, undefined, undefined, undefined, "inactive");
}

function memoryOf(key) {
  let memory = memories.get(key);
  if (memory === undefined) {
    if (memories.size === VERIFIERS) memories.delete(memories.keys().next().value);
    memories.set(key, (memory = new Memory(undefined, 0)));
  }
  return memory;
}
