// @ts-self-types="./cache-api.d.ts"
// Tokens in the host's HTTP cache: on Workers that of one data centre, on Deno a folder of this machine. A cache may
// forget anything at any time and has no locks: there is no `acquire`.

import { mistake, read, requireMethods } from "./options.js";

// A name that is never anybody's (RFC 6761 section 6.4): no request to it leaves the machine, and none of a visitor's
// can ask the cache for what is under it.
const ORIGIN = "https://gatepass.invalid";
const DEFAULT_NAME = "gatepass";
// Deno's cache does not look at max-age, and everybody's counts whole seconds.
const END = "gatepass-expires-at";

export function cacheApi(options) {
  const { cache, name } = read(options, ["cache", "name"]);
  if (cache !== undefined) requireMethods(cache, "options.cache", ["match", "put", "delete"]);
  if (name !== undefined && (typeof name !== "string" || name === "")) throw mistake("options.name", "must be a string that is not empty");
  if (cache !== undefined && name !== undefined) throw mistake("options.name", "cannot be combined with options.cache");
  // At each use: on workerd, one request must not wait for what another one opens.
  const open = () => cache ?? (name === undefined ? globalThis.caches.default : undefined) ?? globalThis.caches.open(name ?? DEFAULT_NAME);

  return {
    async get(key) {
      const response = await (await open()).match(urlOf(key));
      if (response === undefined) return undefined;
      const value = await response.text();
      return Number(response.headers.get(END)) > Date.now() ? value : undefined;
    },
    async set(key, value, { expiresAt }) {
      const seconds = Math.max(Math.ceil((expiresAt - Date.now()) / 1000), 1);
      const headers = { "cache-control": `max-age=${seconds}`, "content-type": "text/plain", [END]: String(expiresAt.getTime()) };
      await (await open()).put(urlOf(key), new Response(value, { headers }));
    },
    async delete(key) {
      await (await open()).delete(urlOf(key));
    },
  };
}

function urlOf(key) {
  return `${ORIGIN}/${encodeURIComponent(key)}`;
}
