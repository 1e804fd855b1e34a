// The worker: a page, what its buttons ask for, and the events that it shows. `fetch(request, env, ctx)` is all that a
// runtime needs of it; run-*.mjs are how each of them calls it.
//
// `env`: GATEPASS_* of the client, API_URL, ASSETS (what serves the files of page/), STORE (of gatepass, where there is
// one at hand), and with the switches of `make www`, ADMIN_URL and ADMIN_KEY.

import { hasAdmin } from "./admin.mjs";
import { burst, call, forget, restart, revoke, rotate, setDown, state } from "./calls.mjs";
import { newestEvent, stream } from "./events.mjs";

const SCRIPT = "text/javascript; charset=utf-8";
const PAGE = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/style.css": ["style.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
  ...Object.fromEntries(["page.js", "flow.js", "pass.js", "log.js", "words.js"].map((name) => [`/${name}`, [name, SCRIPT]])),
};
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
/** In one request: Workers' free plan allows 50 requests of its own. */
const MOST_CALLS = 40;

const ACTIONS = {
  call: ({ env, ctx }) => call(env, ctx),
  burst: ({ env, ctx, query }) => burst(env, ctx, Math.min(MOST_CALLS, Math.max(1, Number(query.get("calls")) || 1))),
  forget: ({ env }) => forget(env),
};
/** What only an authorization server of our own can be made to do, and who started this worker. */
const SWITCHES = {
  restart: ({ env }) => restart(env),
  revoke: ({ env, ctx }) => revoke(env, ctx),
  rotate: ({ env, ctx }) => rotate(env, ctx),
  down: ({ env, query }) => setDown(env, query.get("down") === "true"),
};

export default {
  async fetch(request, env, ctx) {
    const response = await answer(request, env, ctx).catch((error) => {
      console.error(error);
      return Response.json({ ok: false, failed: { code: "error", message: "this did not work; the worker's log says why" } }, { status: 500 });
    });
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    return response;
  },
};

async function answer(request, env, ctx) {
  const { pathname, searchParams: query } = new URL(request.url);
  if (request.method === "GET" && Object.hasOwn(PAGE, pathname)) {
    const [name, type] = PAGE[pathname];
    const file = await env.ASSETS.fetch(`http://assets/${name}`);
    return new Response(file.body, { status: file.status, headers: { "content-type": type } });
  }
  if (request.method === "GET" && pathname === "/events") {
    return stream(await state(env), Number(request.headers.get("last-event-id")) || 0);
  }
  const action = pathname.startsWith("/act/") ? pathname.slice("/act/".length) : "";
  const actions = hasAdmin(env) ? { ...ACTIONS, ...SWITCHES } : ACTIONS;
  if (!Object.hasOwn(actions, action)) return Response.json({ ok: false }, { status: 404 });
  if (request.method !== "POST") return Response.json({ ok: false }, { status: 405, headers: { allow: "POST" } });
  // A page of another origin cannot send this header without asking first (CORS), and nobody here says yes.
  if (request.headers.get("x-page") !== "gatepass") return Response.json({ ok: false }, { status: 403 });
  const result = await actions[action]({ env, ctx, query });
  // The stream may be behind: the page waits for this event before it says what came of the action.
  return Response.json({ ...result, event: newestEvent() });
}
