// From the import of gatepass to the first token: gatepass.mjs <ready | first-fetch>
//
// The answer of the token endpoint is made here, without a network. Making it loads the host's own fetch (Node.js does that
// when it is first used, and takes its time): with `ready` before the clock starts, with `first-fetch` while it runs.

const answer = () => Response.json({ access_token: "token", token_type: "Bearer", expires_in: 3600 });
const prepared = process.argv[2] === "ready" ? answer() : undefined;
const fetch = async () => prepared ?? answer();

const began = performance.now();
const { Client } = await import("gatepass");
const imported = performance.now();
const client = new Client({ domain: "tenant.example", clientId: "client", clientSecret: "secret", audience: "https://api.example", fetch });
const { source } = await client.getToken();
const done = performance.now();

if (source !== "network") throw new Error(`the token came from ${source}`);
console.log(JSON.stringify({ imported: imported - began, done: done - began }));
