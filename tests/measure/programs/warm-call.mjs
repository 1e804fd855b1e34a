// A call that finds its token in memory, beside what others do for one: nanoseconds per call, in each round.

import { Client } from "gatepass";
import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client";

const CALLS = 20_000;
const ROUNDS = 60;
/** Not counted: V8 and its like optimise meanwhile. */
const WARM_UP = 10;

const fetch = async () => Response.json({ access_token: "token", token_type: "Bearer", expires_in: 3600 });
const options = { domain: "tenant.example", clientId: "client", clientSecret: "secret", audience: "https://api.example", fetch };

const client = new Client(options);
let served = 0;
const heard = new Client({ ...options, onEvent: () => (served += 1) });

// One token for one request, no leeway, no key: the least that keeps a token.
const oauth2 = new OAuth2Client({ server: "https://tenant.example/", tokenEndpoint: "/oauth/token", clientId: "client", clientSecret: "secret", fetch });
const badgateway = new OAuth2Fetch({ client: oauth2, getNewToken: () => oauth2.clientCredentials(), scheduleRefresh: false });

// What one writes by hand.
const kept = { token: await client.getToken(), until: Date.now() + 3_000_000 };
function byHand() {
  if (Date.now() < kept.until) return Promise.resolve(kept.token);
  throw new Error("the token has ended");
}

async function nothing() {}

const CANDIDATES = {
  getToken: () => client.getToken(),
  heard: () => heard.getToken(),
  badgateway: () => badgateway.getToken(),
  byHand,
  nothing,
};

async function measure(action) {
  const began = performance.now();
  for (let call = 0; call < CALLS; call += 1) await action();
  return ((performance.now() - began) * 1e6) / CALLS;
}

const rounds = Object.fromEntries(Object.keys(CANDIDATES).map((name) => [name, []]));
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  // In turn, so that what slows the machine down for a while slows all of them down.
  for (const [name, action] of Object.entries(CANDIDATES)) {
    const time = await measure(action);
    if (round >= 0) rounds[name].push(time);
  }
}
for (const one of [client, heard]) {
  const { source } = await one.getToken();
  if (source !== "memory") throw new Error(`the token came from ${source}`);
}
if (served < CALLS * ROUNDS) throw new Error(`the listener heard of ${served} calls`);
console.log(JSON.stringify(rounds));
