// Microseconds to verify a token, in rounds of many tokens, each way in turn.

import { ALGORITHMS, waysToVerify } from "./verifying.mjs";

const TOKENS = 300;
const ROUNDS = 15;
/** Not counted: V8 and its like optimise meanwhile. */
const WARM_UP = 5;

const optional = (name) => import(name).catch(() => undefined);
const peers = {
  nodeCrypto: globalThis.process?.getBuiltinModule?.("node:crypto"),
  fastJwt: await optional("fast-jwt"),
  awsJwtVerify: await optional("aws-jwt-verify"),
};
const times = {};
for (const algorithm of ALGORITHMS) {
  const ways = await waysToVerify(algorithm, TOKENS, peers);
  const found = (times[algorithm] = Object.fromEntries(Object.keys(ways).map((way) => [way, []])));
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [way, verify] of Object.entries(ways)) {
      const began = performance.now();
      await verify();
      if (round >= 0) found[way].push(((performance.now() - began) * 1000) / TOKENS);
    }
  }
}
console.log(JSON.stringify(times));
