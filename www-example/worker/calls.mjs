// What the buttons do, as any user of gatepass would write it, plus a note of each step for the page.

import { Client, GatepassError, Verifier } from "gatepass";
import { administer, hasAdmin } from "./admin.mjs";
import { note } from "./events.mjs";
import { checksOf, viewOf } from "./token-view.mjs";

let calls = 0;
/** The last token that was verified, as the page shows it. Plain data: every request may read it. */
let shown;

// Made for each request: the tokens belong to the isolate, not to the client.
const clientOf = (env, onEvent = note) => Client.fromEnv(env, { onEvent, fetch: telling(env, onEvent), store: env.STORE });
const quietClientOf = (env) => Client.fromEnv(env, { store: env.STORE });
const verifierOf = (env) => Verifier.fromEnv(env, { onEvent: note });

/** The host's fetch, and an event for each token that the API refuses: of that gatepass tells none. */
const telling = ({ API_URL }, onEvent) => async (input, init) => {
  const response = await fetch(input, init);
  if (response.status === 401 && String(input) === API_URL) onEvent({ type: "refused", status: response.status });
  return response;
};

/** One call of the API, step by step. */
export function call(env, ctx, request = {}) {
  calls += 1;
  return steps(env, ctx, request, calls);
}

async function steps(env, ctx, request, number) {
  let refused = false;
  const client = clientOf(env, (event) => {
    refused ||= event.type === "refused";
    note(event);
  });
  const step = async (name, action) => {
    const began = performance.now();
    try {
      const [result, details] = await action();
      note({ type: "step", call: number, step: name, ms: performance.now() - began, ...details });
      return result;
    } catch (error) {
      note({ type: "step", call: number, step: name, ms: performance.now() - began, failed: described(error) });
      throw error;
    }
  };
  try {
    note({ type: "step", call: number, step: "request" });
    const token = await step("token", async () => {
      const got = await client.getToken({ ...request, ctx });
      return [got, { source: got.source }];
    });
    await step("verified", () => verify(env, token));
    const response = await step("api", async () => {
      const answer = await client.callApi(env.API_URL, { ctx });
      return [answer, { status: answer.status }];
    });
    const body = await response.json();
    // What the API refused, gatepass has renewed: show the token that it took in the end.
    const used = await quietClientOf(env).getToken();
    if (used.accessToken !== token.accessToken) await step("verified", () => verify(env, used));
    return { ok: response.ok, call: number, status: response.status, source: token.source, refused, body };
  } catch (error) {
    // Until when nobody asks the server again, if gatepass leaves it alone for a while.
    return { ok: false, call: number, failed: described(error), heldUntil: client.explain().failure?.heldUntil };
  }
}

async function verify(env, token) {
  const began = performance.now();
  await verifierOf(env).verifyAccessToken(token.accessToken);
  const ms = performance.now() - began;
  const view = viewOf(token);
  // A client is told the entry's times by `explain`: from when it is renewed, and until when it is handed out.
  const { receivedAt, renewAt, usableUntil } = clientOf(env).explain().token ?? {};
  const isNew = shown?.claims.jti !== view.claims.jti;
  shown = { ...view, receivedAt, renewAt, usableUntil, checks: checksOf(view), ms: isNew ? ms : shown.ms };
  if (isNew) note({ type: "token", token: shown });
  return [undefined, { remembered: !isNew, checks: shown.checks.length }];
}

/** So many calls at once, in this one request. */
export async function burst(env, ctx, count) {
  const told = { token_requested: 0, waiting: 0 };
  const sources = { memory: 0, store: 0, network: 0 };
  const client = clientOf(env, (event) => {
    if (event.type in told) told[event.type] += 1;
    if (event.type === "token_served") sources[event.source] += 1;
    else if (event.type !== "waiting") note(event);
  });
  const one = async () => {
    const response = await client.callApi(env.API_URL, { ctx });
    await response.body?.cancel();
    return response.ok;
  };
  const began = performance.now();
  const good = await Promise.all(Array.from({ length: count }, () => one().catch(() => false)));
  const ok = good.filter(Boolean).length;
  const result = { calls: count, ok, failed: count - ok, requests: told.token_requested, waited: told.waiting, sources, ms: performance.now() - began };
  note({ type: "burst", ...result });
  if (ok > 0) await verify(env, await quietClientOf(env).getToken({ ctx }));
  return result;
}

/** Forgets the token, here and in the store. */
export async function forget(env) {
  await clientOf(env).invalidate();
  return { ok: true };
}

/** The server revokes the token, and tells nobody but the API. */
export async function revoke(env, ctx) {
  const before = viewOf(await quietClientOf(env).getToken({ ctx })).claims.jti;
  await switched(env, "revoke", { jti: before });
  const result = await call(env, ctx);
  return { ...result, before, after: shown?.claims.jti };
}

/** The server signs with another key from now on. */
export async function rotate(env, ctx) {
  const before = shown?.header.kid;
  const server = await switched(env, "rotate");
  const result = await call(env, ctx, { fresh: true });
  return { ...result, before, after: server.kid, server };
}

/** Ends this worker and starts it anew. Who asks for it gets no answer, or hardly any. */
export async function restart(env) {
  await administer(env, "restart");
  return { ok: true };
}

/** The token endpoint goes down, or comes back. */
export async function setDown(env, down) {
  const server = await switched(env, "down", { down });
  return { ok: true, server };
}

/** A switch of the server, and how it is after it, for everybody who watches. */
async function switched(env, action, details) {
  const server = await administer(env, action, details);
  note({ type: "server", action, server });
  return server;
}

/** Where things stand, for a page that has just been opened. */
export async function state(env) {
  const server = hasAdmin(env) ? await administer(env, "status") : undefined;
  return {
    runtime: env.RUNTIME ?? globalThis.navigator?.userAgent ?? "",
    domain: env.GATEPASS_DOMAIN,
    store: env.STORE !== undefined,
    now: Date.now(),
    token: shown,
    server,
  };
}

/** An error of gatepass is made to be shown; of any other, only that there was one. */
function described(error) {
  return error instanceof GatepassError ? error.toJSON() : { code: "error", message: "something else went wrong; the worker's log says what" };
}
