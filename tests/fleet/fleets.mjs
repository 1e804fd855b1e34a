// The fleets, and what they share.

import { join } from "node:path";
import { equal, ok, skip } from "../runtimes/assert.mjs";
import { missingForRedis } from "../stores/redis-server.mjs";
import { withRedis } from "./redis.mjs";
import { countRequests, isOneForAll } from "./rolling.mjs";
import { holdsNoSecret } from "./secrets.mjs";
import { clientOf, LIFETIME, withEndpoint } from "./setting.mjs";

/** @param {object} parts as start.mjs gives them, and `note` */
export const fleetTests = ({ nodes, denos, fleets, folder, note }) => [
  {
    what: "Redis: 8 processes and 4 isolates cost one token request, and one more for each lifetime",
    async body() {
      if (missingForRedis()) skip(missingForRedis());
      await withRedis(async ({ storeOf, contents }) => {
        await rolls({ name: "Redis", members: [...nodes, ...denos, ...fleets[0].isolates.slice(0, 4)], storeOf, contents, note });
      });
    },
  },
  {
    what: "Deno KV: 4 processes cost one token request, and one more for each lifetime",
    async body() {
      const store = { kind: "deno-kv", path: join(folder, "fleet.sqlite3") };
      await rolls({ name: "Deno KV", members: denos, storeOf: () => store, contents: () => denos[0].dump(store), note });
    },
  },
  ...fleets.flatMap(({ compatibilityDate, isolates, hosts }) => {
    const members = isolates.slice(0, 4);
    const rollsWith = (name, binding, endpoint) => {
      const store = { kind: "durable-object", binding };
      return rolls({ name: `${name} (${compatibilityDate})`, members, storeOf: () => store, contents: () => members[0].dump(store), note, endpoint });
    };
    return [
      {
        what: `Durable Objects (${compatibilityDate}): 4 isolates cost one token request, and one more for each lifetime`,
        body: () => rollsWith("Durable Objects", "keeper-PlainBroker"),
      },
      {
        what: `token broker (${compatibilityDate}): it makes one token request, and one more for each lifetime; 4 isolates make none`,
        async body() {
          equal(await rollsWith("token broker", "rolling-OwningBroker", hosts.rolling.endpoint), 0, "token requests of isolates");
        },
      },
    ];
  }),
  {
    what: "Workers KV, without locks: 12 isolates need at most a token request each for a lifetime, and no call fails",
    body: () => withEndpoint({ lifetime: LIFETIME }, async (endpoint) => {
      const members = fleets[0].isolates;
      const store = { kind: "workers-kv" };
      const audience = "https://workers-kv.example";
      const options = clientOf(endpoint, { audience });
      const { requests, lifetimes, tokens } = await countRequests({ endpoint, members, audience, messageTo: () => ({ store, options, keepsAlive: true }) });
      console.log(`  Workers KV: ${requests} token requests of ${members.length} isolates in ${lifetimes} lifetimes`);
      // Renewed at four fifths of a lifetime, or a little sooner.
      ok(requests <= members.length * 1.5 * lifetimes, `${requests} token requests`);
      holdsNoSecret(await members[0].dump(store), tokens);
    }),
  },
];

/** Resolves to how many token requests the members have made themselves. */
async function rolls({ name, members, storeOf, contents, note, endpoint }) {
  if (endpoint === undefined) {
    return withEndpoint({ lifetime: LIFETIME }, (own) => rolls({ name, members, storeOf, contents, note, endpoint: own }));
  }
  const audience = `https://${name.replaceAll(/\W+/g, "-").toLowerCase()}-${endpoint.requests.length}.example`;
  const options = clientOf(endpoint, { audience });
  // Half of the isolates let their renewals go on in the background.
  const messageTo = (member) => ({ store: storeOf(member), options, keepsAlive: members.indexOf(member) % 2 === 0 });
  const { tokens, ownRequests } = await isOneForAll({ endpoint, members, messageTo, audience, note, name });
  holdsNoSecret(await contents(), tokens);
  return ownRequests;
}
