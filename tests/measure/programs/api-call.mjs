// A call to an API on a connection that is kept: by the host's own fetch with a fixed header, by gatepass, and by others.
// Microseconds of each way in each round, as a line of JSON.

import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client";
import { Configuration, allowInsecureRequests, fetchProtectedResource } from "openid-client";
import { Client } from "gatepass";

const { url, calls: CALLS, rounds: ROUNDS } = JSON.parse(globalThis.Deno?.args[0] ?? globalThis.process.argv[2]);
/** Not counted: V8 and its like optimise meanwhile. */
const WARM_UP = 60;

const TOKEN = "t".repeat(800);
const headers = { authorization: `Bearer ${TOKEN}` };
const tokenFetch = (input, init) => (String(input).startsWith("https://login.example") ? Response.json({ access_token: TOKEN, token_type: "Bearer", expires_in: 3600 }) : fetch(input, init));
const client = new Client({ tokenEndpoint: "https://login.example/token", clientId: "client", clientSecret: "secret", fetch: tokenFetch });
await client.getToken();
// Without a replacement of fetch, as most have it; the token is in memory.
const gatepass = new Client({ tokenEndpoint: "https://login.example/token", clientId: "client", clientSecret: "secret" });

const oauth2 = new OAuth2Fetch({
  client: new OAuth2Client({ server: "https://login.example", clientId: "client", clientSecret: "secret" }),
  getNewToken: () => ({ accessToken: TOKEN, expiresAt: Date.now() + 3_600_000, refreshToken: null }),
});
const configuration = new Configuration({ issuer: "https://login.example" }, "client", "secret");
// The server is on loopback, without TLS.
allowInsecureRequests(configuration);
const address = new URL(url);

const WAYS = {
  fetch: () => fetch(url, { headers }),
  callApi: () => gatepass.callApi(url),
  "client.fetch": () => gatepass.fetch(url),
  "@badgateway/oauth2-client": () => oauth2.fetch(url),
  "openid-client": () => fetchProtectedResource(configuration, TOKEN, address, "GET"),
};

async function measure(call) {
  const began = performance.now();
  for (let number = 0; number < CALLS; number += 1) {
    const response = await call();
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    await response.text();
  }
  return ((performance.now() - began) * 1e3) / CALLS;
}

const times = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  // In turn, each time beginning with another: what slows the machine down for a while slows all of them down.
  const ways = Object.keys(WAYS);
  const turn = ways.map((_, index) => ways[(index + round + WARM_UP) % ways.length]);
  for (const way of turn) {
    const time = await measure(WAYS[way]);
    if (round >= 0) times[way].push(time);
  }
}
console.log(JSON.stringify(times));
