// The worker under test: `POST /<action>?<parameters>`, where the options of clients are JSON.

import { measure, moveClock } from "./instruments.mjs";
import { askForToken, sleep, sleepInstead } from "./ask.mjs";

const entered = { started: 0, ended: 0 };
const shared = new Map();

const ACTIONS = {
  memory: () => measure(),
  entered: () => entered,

  clock({ forward }) {
    moveClock(Number(forward));
    return {};
  },

  /** What a burst is measured against: the same in all but the token. */
  async sleep({ milliseconds, ...parameters }, request) {
    entered.started += 1;
    try {
      const asked = Date.now();
      const { accessToken, source } = await sleepInstead(parameters, Number(milliseconds));
      const waited = Date.now() - asked;
      return { accessToken, source, waited, body: await request.text() };
    } finally {
      entered.ended += 1;
    }
  },

  /** The same of whoever asks for the token: nothing but the token request. */
  async exchange({ client }, request) {
    const asked = Date.now();
    const accessToken = await requestToken(JSON.parse(client));
    const waited = Date.now() - asked;
    return { accessToken, source: "exchange", waited, body: await request.text() };
  },

  /** Keeps the whole isolate busy. */
  spin({ milliseconds }) {
    const end = Date.now() + Number(milliseconds);
    while (Date.now() < end);
    return {};
  },

  /** A token; with `own`, what the handler has of its own is begun before the wait and read after it. */
  async token({ own, ...parameters }, request, ctx) {
    entered.started += 1;
    const begun = own && fetch(own);
    const asked = Date.now();
    try {
      const { accessToken, source } = await askForToken(parameters, ctx);
      const waited = Date.now() - asked;
      return { accessToken, source, waited, body: await request.text(), own: begun && (await (await begun).json()).url };
    } finally {
      // A request that is cancelled never gets here.
      entered.ended += 1;
    }
  },

  /** Asks for a token and goes on without it: ends at once, or after so many milliseconds. */
  async careless({ linger, ...parameters }, request, ctx) {
    askForToken(parameters, ctx).catch(() => {});
    if (Number(linger) > 0) await sleep(Number(linger));
    return {};
  },

  /** What one would write without knowing workerd, as a control: the first request's promise is awaited by all. */
  async sharedPromise({ client }, request) {
    if (!shared.has(client)) shared.set(client, step(() => requestToken(JSON.parse(client))));
    return { accessToken: await shared.get(client), body: await step(() => request.text()) };
  },
};

/** Every request comes through here, so V8 soon optimises it; and promises made by optimised code belong to no request. */
async function step(action) {
  return await action();
}

async function requestToken({ tokenEndpoint, audience }) {
  const response = await fetch(tokenEndpoint, { method: "POST", body: new URLSearchParams({ audience }) });
  const { access_token: accessToken } = await response.json();
  return accessToken;
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    let status = 200;
    let answer;
    try {
      answer = await ACTIONS[pathname.slice(1)](Object.fromEntries(searchParams), request, ctx);
    } catch (error) {
      status = 500;
      answer = { name: error?.name, code: error?.code, status: error?.status, message: String(error), cause: String(error?.cause) };
    }
    return Response.json(answer, { status });
  },
};
