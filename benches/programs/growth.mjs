// What grows with the number of tokens, of keys and of bytes: growth.mjs '{ "curve": "tokens", "sizes": [1, 10], "pace": {} }'
// One line of JSON: per size, microseconds of each round by way.

import { NODE_TOKEN_CLIENTS } from "./node-token-clients.mjs";
import { awsVerify, fastJwtVerify } from "./node-verifiers.mjs";
import { timeWays } from "./timing.mjs";
import { TOKEN_CLIENTS } from "./token-clients.mjs";
import * as gatepass from "gatepass";
import * as jose from "jose";
import { gatepassAgain, gatepassAnew, joseVerify, makeKey, makeTokens, optionsOf, webCryptoVerify } from "./tokens.mjs";

const { curve, sizes, pace } = JSON.parse(process.argv[2]);
/** A peer that needs longer to take in the tokens of a size is left out from there on. */
const PATIENCE = 15_000;

const send = async () => Response.json({ access_token: "t".repeat(800), token_type: "Bearer", expires_in: 3600 });
const audienceOf = (number) => `https://api-${number}.example`;

/** Getting the token that was asked for last, after so many others. */
async function tokens() {
  const made = new Map();
  const msal = NODE_TOKEN_CLIENTS["@azure/msal-node"];
  const badgateway = TOKEN_CLIENTS["@badgateway/oauth2-client"];
  const [msalLibrary, badgatewayLibrary] = [await msal.load(), await badgateway.load()];
  const options = { tokenEndpoint: "https://login.example/token", clientSecret: "secret", fetch: send };
  const client = new gatepass.Client({ ...options, clientId: "one client" });
  const ours = new Map();
  const application = msal.application(msalLibrary, send);
  const clients = {
    "gatepass, getToken({ audience })": (number) => client.getToken({ audience: audienceOf(number) }),
    "gatepass, a Map of clients"(number) {
      if (!ours.has(number)) ours.set(number, new gatepass.Client({ ...options, clientId: "client", audience: audienceOf(number) }));
      return ours.get(number).getToken();
    },
    // It keeps one token: one of it for each audience, by whoever uses it.
    "@badgateway/oauth2-client, a Map of clients"(number) {
      if (!made.has(number)) made.set(number, badgateway.make(badgatewayLibrary, send, audienceOf(number)));
      return made.get(number)();
    },
    "@azure/msal-node": (number) => application.acquireTokenByClientCredential({ scopes: [`${audienceOf(number)}/.default`] }),
  };
  const had = Object.fromEntries(Object.keys(clients).map((name) => [name, 0]));
  return async (size) => {
    const ways = {};
    for (const [name, getToken] of Object.entries(clients)) {
      const began = performance.now();
      while (had[name] < size && (name.startsWith("gatepass") || performance.now() - began < PATIENCE)) await getToken((had[name] += 1));
      if (had[name] < size) delete clients[name];
      else ways[name] = async (count) => { for (let call = 0; call < count; call += 1) await getToken(size); };
    }
    return ways;
  };
}

/** Verifying with the last key of a set of so many. */
async function keys() {
  return async (size) => {
    const all = await Promise.all(Array.from({ length: size }, (_, number) => makeKey("ES256", `key-${number}`)));
    const set = { keys: all.map(({ jwk }) => jwk) };
    const last = all.at(-1);
    const signed = await makeTokens(last, 200);
    const ways = { jose: joseVerify("ES256", jose.createLocalJWKSet(set), signed), "aws-jwt-verify": awsVerify(last, signed, set.keys) };
    const own = gatepassAnew({ ...optionsOf(last), jwks: set }, signed);
    try {
      await own(1);
      return { gatepass: own, ...ways };
    } catch (error) {
      if (size <= 64) throw error;
      return ways;
    }
  };
}

/** Verifying a token of so many bytes; HS256, because its signature costs least. */
async function bytes() {
  const key = await makeKey("HS256");
  return async (size) => {
    const signed = await tokensOf(key, size);
    const again = [signed[0]];
    return {
      gatepass: gatepassAnew(optionsOf(key), signed),
      jose: joseVerify("HS256", key.secret, signed),
      "fast-jwt": fastJwtVerify(key, signed),
      "WebCrypto alone": webCryptoVerify(key, signed),
      "gatepass, repeated": await gatepassAgain(optionsOf(key), signed[0]),
      "fast-jwt, cache": fastJwtVerify(key, again, 1000),
    };
  };
}

/** Permissions make them long; the shortest have none. */
async function tokensOf(key, size) {
  const permissions = [];
  const make = (count) => makeTokens(key, count, permissions.length > 0 ? { permissions } : {}, {});
  for (;;) {
    const [{ length }] = await make(1);
    // Four characters for three bytes, and 23 bytes for each of them.
    const missing = Math.floor(((size - length - (permissions.length > 0 ? 4 : 28)) * 3) / 4 / 23);
    if (missing < 1) return make(100);
    for (let number = 0; number < missing; number += 1) permissions.push(`read:resource-${100_000 + permissions.length}`);
  }
}

const waysOf = await { tokens, keys, bytes }[curve]();
const found = {};
// Not counted: V8 optimises meanwhile.
await timeWays(await waysOf(sizes[0]), pace);
for (const size of sizes) found[size] = await timeWays(await waysOf(size), pace);
console.log(JSON.stringify(found));
process.exit(0);
