// What the demo does on every runtime, with nothing in it that only one of them has: get a token, look at it, verify it,
// call an API with it. `report` is called after each step with what there is to show; a secret or a token never is.

import { Client, Verifier } from "gatepass";

/**
 * @param {Record<string, string>} env `process.env`, `Deno.env.toObject()` or a worker's `env`: GATEPASS_* and API_URL
 * @param {(step: object) => void} report
 */
export async function run(env, report) {
  const timed = async (action) => {
    const began = performance.now();
    const result = await action();
    return [result, performance.now() - began];
  };

  const client = Client.fromEnv(env, { fetch: shownFetch(report) });
  const verifier = Verifier.fromEnv({ GATEPASS_DOMAIN: env.GATEPASS_DOMAIN, GATEPASS_AUDIENCE: env.GATEPASS_AUDIENCE });

  const [token, requested] = await timed(() => client.getToken());
  report({ step: "token", milliseconds: requested, expiresAt: token.expiresAt.toISOString(), type: token.tokenType, ...decoded(token) });

  const [, verified] = await timed(() => verifier.verifyAccessToken(token.accessToken));
  report({ step: "verified", milliseconds: verified });

  const [answer, called] = await timed(() => callApi(client, env.API_URL));
  report({ step: "api", milliseconds: called, url: env.API_URL, ...answer });
  if (answer.status !== 200) throw new Error(`the API answered ${answer.status}`);

  report({ step: "refused", ...(await refusals(env.API_URL, token)) });

  const [again, repeated] = await timed(async () => {
    const { source } = await client.getToken();
    return { source, ...(await callApi(client, env.API_URL)) };
  });
  report({ step: "again", milliseconds: repeated, source: again.source, status: again.status });
}

/** An error as the demo prints it. GatepassError is made to be shown; anything else is a bug of the demo or the runtime. */
export function failure(error) {
  return {
    step: "failed",
    code: error?.code,
    message: String(error?.message ?? error),
    description: error?.oauth?.error_description,
  };
}

async function callApi(client, url) {
  const response = await client.callApi(url);
  return { status: response.status, body: await response.json() };
}

/** What the API says to who has no token, and to who has one with a changed signature. */
async function refusals(url, { accessToken }) {
  const without = await fetch(url);
  // Not the end of it: its last character carries bits that must be zero, and that is a fault of another kind.
  const changed = accessToken.replace(/.(?=.{8}$)/, (character) => (character === "A" ? "B" : "A"));
  const forged = await fetch(url, { headers: { authorization: `Bearer ${changed}` } });
  const { error, reason } = await forged.json();
  await without.body?.cancel();
  if (without.status !== 401 || forged.status !== 401) throw new Error("the API let in who has no good token");
  return { without: without.status, forged: forged.status, error, reason };
}

/** The host's fetch, telling what goes to the token endpoint. The secret is masked before anybody hears of it. */
function shownFetch(report) {
  return async (input, init) => {
    const form = init?.method === "POST" ? new URLSearchParams(await new Response(init.body).text()) : undefined;
    const began = performance.now();
    const response = await fetch(input, init);
    if (form?.has("grant_type")) {
      const shown = [...form].map(([name, value]) => [name, name === "client_secret" ? "••••••••" : value]);
      report({ step: "request", milliseconds: performance.now() - began, url: String(input), form: shown, status: response.status });
    }
    return response;
  };
}

/** Header and claims as anybody can read them, without verifying anything; the signature stays out. */
function decoded({ accessToken }) {
  const parts = accessToken.split(".");
  if (parts.length !== 3) return {};
  const [header, claims] = parts.slice(0, 2).map((part) => {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
  });
  return { header, claims };
}
