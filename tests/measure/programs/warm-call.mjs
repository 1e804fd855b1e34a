// A call that finds its token in memory, beside an async function that does nothing: nanoseconds, the median of the rounds.

import { Client } from "gatepass";

const CALLS = 100_000;
const ROUNDS = 15;
/** Not counted: V8 and its like optimise meanwhile. */
const WARM_UP = 3;

const fetch = async () => Response.json({ access_token: "token", token_type: "Bearer", expires_in: 3600 });
const client = new Client({ domain: "tenant.example", clientId: "client", clientSecret: "secret", audience: "https://api.example", fetch });

async function nothing() {}

async function measure(action) {
  const began = performance.now();
  for (let call = 0; call < CALLS; call += 1) await action();
  return ((performance.now() - began) * 1e6) / CALLS;
}

await client.getToken();
const times = { getToken: [], nothing: [] };
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  // In turn, so that what slows the machine down for a while slows both down.
  const measured = { getToken: await measure(() => client.getToken()), nothing: await measure(nothing) };
  if (round >= 0) for (const [name, time] of Object.entries(measured)) times[name].push(time);
}
const { source } = await client.getToken();
if (source !== "memory") throw new Error(`the token came from ${source}`);
console.log(JSON.stringify(times));
