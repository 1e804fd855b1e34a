// Many callers want a token that nobody has yet: burst.mjs '{ "endpoint": "http://...", "callers": 1000, "rounds": 5 }'
// One line of JSON: client, and of each round how long it took until all had their token, and how many did not get one.

import { NODE_TOKEN_CLIENTS } from "./node-token-clients.mjs";
import { TOKEN_CLIENTS } from "./token-clients.mjs";

const { endpoint, callers, rounds } = JSON.parse(globalThis.Deno?.args[0] ?? globalThis.process.argv[2]);
const clients = [];
for (const [name, client] of Object.entries({ ...TOKEN_CLIENTS, ...NODE_TOKEN_CLIENTS })) clients.push([name, client.make.bind(client, await client.load())]);

const found = Object.fromEntries(clients.map(([name]) => [name, []]));
for (let round = -1; round < rounds; round += 1) {
  for (const [name, make] of clients) {
    // The endpoint counts by the address, which gatepass and its peers do not know.
    const getToken = make((_, init) => fetch(`${endpoint}/${encodeURIComponent(name)}/${round}`, init), `https://api-${round}.example`);
    const began = performance.now();
    const tokens = await Promise.allSettled(Array.from({ length: callers }, getToken));
    const milliseconds = performance.now() - began;
    if (round >= 0) found[name].push({ milliseconds, failed: tokens.filter(({ value }) => !value).length });
  }
}
console.log(JSON.stringify(found));
globalThis.process.exit(0);
