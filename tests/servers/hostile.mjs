// A server that plays, by path, what real authorization servers do wrong or differently, and remembers what it was sent.
// The cases are in hostile/; each was seen on a real server or breaks a rule of an RFC.
//
//   POST /token/<case>/<tag>, /token-once/<case>/<tag>      token endpoints
//   POST /introspect/<case>/<tag>, /revoke/<case>/<tag>     the endpoints beside it
//   GET  <well-known address of /issuer/<case>/<tag>>       metadata
//   GET  /keys/<case>/<tag>                                 key sets; PUT /_keys/<tag> hands the keys over
//   PUT  /_client/<tag>                                     what the strict cases know of the client
//   GET  /_seen/<tag>                                       the requests that carried this tag
//   GET  /_cases                                            the names of the token endpoints' cases
//
// A second origin, `resources`, is an API that wants DPoP: /resource/<case>/<tag>.
// A third one, `elsewhere`, is where redirects lead. It answers everything and remembers it; /back?to= leads on from there.
//
// As a program: node hostile.mjs, prints the origins.

import { pathToFileURL } from "node:url";
import { Refusal, TOKEN_MARK } from "./hostile/answers.mjs";
import { demandCases } from "./hostile/demand-cases.mjs";
import { discoveryCases } from "./hostile/discovery-cases.mjs";
import { dpopTokenCases, resourceCases } from "./hostile/dpop-cases.mjs";
import { echoCases } from "./hostile/echo-cases.mjs";
import { introspectionCases, revocationCases } from "./hostile/endpoint-cases.mjs";
import { jwtCases, ownKeySet } from "./hostile/jwt-cases.mjs";
import { keyCases } from "./hostile/key-cases.mjs";
import { resourceNamingCases } from "./hostile/resource-cases.mjs";
import { tokenCases } from "./hostile/token-cases.mjs";
import { send, sendJson, startRecording } from "./recording.mjs";

export { TOKEN_MARK };

const CASES = {
  token: { ...tokenCases, ...demandCases, ...jwtCases, ...dpopTokenCases, ...echoCases },
  introspect: introspectionCases,
  revoke: revocationCases,
  issuer: discoveryCases,
  keys: keyCases,
  resource: { ...resourceCases, ...resourceNamingCases },
};

// A terminating slash of the issuer is not part of its well-known addresses; one that is left there is harmless.
const WELL_KNOWN = [
  { form: "oidc", path: /^(\/issuer\/([\w.-]+)\/t-[\w-]+)\/+\.well-known\/openid-configuration$/ },
  { form: "oauth", path: /^\/\.well-known\/oauth-authorization-server(\/issuer\/([\w.-]+)\/t-[\w-]+)\/?$/ },
];

export async function startHostile() {
  const elsewhere = await startRecording(({ response, url, tag, count }) => {
    if (url.pathname.startsWith("/back/")) return send(response, 307, "", { location: url.searchParams.get("to") });
    return sendJson(response, 200, {
      access_token: `${TOKEN_MARK}-of-elsewhere-${tag}-${count}`,
      token_type: "Bearer",
      expires_in: 3600,
      keys: [],
    });
  });
  const keySets = new Map();
  const clients = new Map();
  const played = new Set();

  const play = async (place, name, context) => {
    const perform = Object.hasOwn(CASES[place], name) ? CASES[place][name] : undefined;
    // A misspelt case must not look like a hostile one that passed.
    if (!perform) throw new Error(`no case of ${place} named ${name}`);
    played.add(`${place}/${name}`);
    try {
      await perform(context);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      sendJson(context.response, error.status, { error: error.error, error_description: error.message }, error.headers);
    }
  };

  const resources = await startRecording(remembering((exchange) => {
    const [, place, name] = exchange.url.pathname.split("/");
    if (place !== "resource") return sendJson(exchange.response, 404, { error: "not_found" });
    return play(place, name, exchange);
  }));

  const server = await startRecording(remembering((exchange) => {
    const { request, response, url, tag } = exchange;
    const { origin } = url;
    const context = { ...exchange, origin, elsewhere: elsewhere.origin, client: clients.get(tag) };
    const [, place, name] = url.pathname.split("/");

    switch (place) {
      case "token":
      case "introspect":
      case "revoke":
        return play(place, name, context);
      case "token-once":
        return play("token", exchange.count === 1 ? name : "ok", context);
      case "keys":
        context.memory.keysAsked = true;
        return play("keys", name, { ...context, keySet: keySets.get(tag) ?? ownKeySet });
      case "_keys":
      case "_client":
        (place === "_keys" ? keySets : clients).set(tag, JSON.parse(exchange.body));
        return sendJson(response, 200, {});
      case "_cases":
        return sendJson(response, 200, Object.keys(CASES.token));
    }
    for (const { form, path } of WELL_KNOWN) {
      const match = path.exec(url.pathname);
      if (!match) continue;
      const [own, token = "ok", keys = "good", introspection = "active", revocation = "done"] = match[2].split(".");
      const places = { token, keys, introspection, revocation };
      return play("issuer", own, { ...context, form, issuer: origin + match[1], places });
    }
    return sendJson(response, 404, { error: "not_found", method: request.method });
  }));

  return {
    origin: server.origin,
    resources: resources.origin,
    elsewhere: elsewhere.origin,
    /** The cases that nobody has asked for yet. */
    unplayed() {
      return Object.entries(CASES).flatMap(([place, cases]) => Object.keys(cases).map((name) => `${place}/${name}`)).filter((one) => !played.has(one));
    },
    async close() {
      await Promise.all([server, resources, elsewhere].map((one) => one.close()));
    },
  };
}

/** Gives each exchange the `memory` of its tag, where a case keeps what its next request will meet. */
function remembering(handle) {
  const memories = new Map();
  return (exchange) => {
    if (!memories.has(exchange.tag)) memories.set(exchange.tag, {});
    return handle({ ...exchange, memory: memories.get(exchange.tag) });
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { origin, resources, elsewhere, close } = await startHostile();
  console.log(JSON.stringify({ origin, resources, elsewhere }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, close);
}
