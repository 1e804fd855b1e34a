// A server that plays, by path, what real authorization servers do wrong or differently, and remembers what it was sent.
// The cases are in misbehaving/; each was seen on a real server or breaks a rule of an RFC.
//
//   POST /token/<case>/<tag>, /token-once/<case>/<tag>      token endpoints
//   GET  <well-known address of /issuer/<case>/<tag>>       metadata
//   GET  /keys/<case>/<tag>                                 key sets; PUT /_keys/<tag> hands the keys over
//   GET  /_seen/<tag>                                       the requests that carried this tag
//
// A second origin, `elsewhere`, is where redirects lead. It answers everything and remembers it; /back?to= leads on from there.
//
// As a program: node misbehaving.mjs, prints both origins.

import { pathToFileURL } from "node:url";
import { discoveryCases } from "./misbehaving/discovery-cases.mjs";
import { keyCases } from "./misbehaving/key-cases.mjs";
import { TOKEN_MARK, tokenCases } from "./misbehaving/token-cases.mjs";
import { send, sendJson, startRecording } from "./recording.mjs";

export { TOKEN_MARK };

// A terminating slash of the issuer is not part of its well-known addresses; one that is left there is harmless.
const WELL_KNOWN = [
  { form: "oidc", path: /^(\/issuer\/([\w-]+)\/t-[\w-]+)\/+\.well-known\/openid-configuration$/ },
  { form: "oauth", path: /^\/\.well-known\/oauth-authorization-server(\/issuer\/([\w-]+)\/t-[\w-]+)\/?$/ },
];

export async function startMisbehaving() {
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

  const server = await startRecording((exchange) => {
    const { request, response, url, tag } = exchange;
    const { origin } = url;
    const context = { ...exchange, origin, elsewhere: elsewhere.origin };
    const [, place, name] = url.pathname.split("/");

    if (place === "token") return play(tokenCases, name, context);
    if (place === "token-once") return play(tokenCases, exchange.count === 1 ? name : "ok", context);
    if (place === "keys") return play(keyCases, name, { ...context, keySet: keySets.get(tag) ?? { keys: [] } });
    if (place === "_keys" && request.method === "PUT") {
      keySets.set(tag, JSON.parse(exchange.body));
      return sendJson(response, 200, {});
    }
    for (const { form, path } of WELL_KNOWN) {
      const match = path.exec(url.pathname);
      if (match) return play(discoveryCases, match[2], { ...context, form, issuer: origin + match[1] });
    }
    return sendJson(response, 404, { error: "not_found" });
  });

  return {
    origin: server.origin,
    elsewhere: elsewhere.origin,
    async close() {
      await Promise.all([server.close(), elsewhere.close()]);
    },
  };
}

function play(cases, name, context) {
  const perform = Object.hasOwn(cases, name) ? cases[name] : undefined;
  // A misspelt case must not look like a misbehaviour that passed.
  if (!perform) throw new Error(`no case named ${name}`);
  return perform(context);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { origin, elsewhere, close } = await startMisbehaving();
  console.log(JSON.stringify({ origin, elsewhere }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, close);
}
