// On any runtime: bursts of callers who all want one token, one JSON line each. Nothing ends the process in the end: that it
// ends by itself shows that no timer of the library keeps it alive.

import { Client } from "gatepass";

const { sizes, options } = JSON.parse(globalThis.Deno?.args[0] ?? globalThis.process.argv[2]);

for (const size of sizes) {
  const settings = { ...options, audience: `https://api-${size}.example` };
  const shared = new Client(settings);
  const times = [];
  const tokens = await Promise.all(Array.from({ length: size }, async (_, number) => {
    const began = performance.now();
    // Every other one makes its own client, as in a handler.
    const { accessToken } = await (number % 2 === 0 ? shared : new Client(settings)).getToken();
    times.push(performance.now() - began);
    return accessToken;
  }));
  console.log(JSON.stringify({ size, tokens: [...new Set(tokens)], longest: Math.max(...times) }));
}
