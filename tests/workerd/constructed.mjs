// A worker that makes its client and its verifier in its handler: nothing piles up, and the token is asked for once.

import { between, equal, same } from "../runtimes/assert.mjs";
import { withIsolate } from "./isolate.mjs";
import { clientOf, startServer, verifierOf } from "./server.mjs";

const CONSTRUCTIONS = 50_000; // of a client and of a verifier
const PER_REQUEST = 100;
const AT_ONCE = 4;
/** So many, more than are kept ready, are for warming up. */
const WARM_UP = 4_000;

/** @type {(test: Function, settings: object, note: (text: string) => void) => Promise<void>} */
export async function testConstructions(test, { name, ...settings }, note) {
  await test(`${name}: ${CONSTRUCTIONS} clients and verifiers leave nothing in wasm memory and share one token`, async () => {
    const server = await startServer();
    const parameters = { client: clientOf(server), ...verifierOf(server), count: PER_REQUEST };
    try {
      await withIsolate(settings, async (isolate) => {
        // Older than all others, and used again when they have come.
        const early = async () => {
          equal((await isolate.ask("getToken", parameters)).accessToken, "token-for-https://api.example", "the token");
          equal((await isolate.ask("verify", parameters)).sub, "somebody", "the subject");
        };
        await early();

        await construct(isolate, parameters, WARM_UP);
        const warm = await isolate.ask("memory");
        await construct(isolate, parameters, CONSTRUCTIONS - WARM_UP);
        const end = await isolate.ask("memory");
        note(`${name}: constructions ${warm.pages} -> ${end.pages} pages, ${warm.references} -> ${end.references} references`);

        equal(end.references, warm.references, `references, compared with those after ${WARM_UP}`);
        // How much is in use at most depends on how the requests interleave: the last page may be just reached, or not.
        // Three bytes left behind by each construction would be two pages more.
        between(end.pages, warm.pages, warm.pages + 1, `pages, compared with those after ${WARM_UP}`);
        await early();
        same([server.counts.token, server.counts.keys], [1, 1], "token requests and key set requests");
      });
    } finally {
      await server.close();
    }
  });
}

async function construct(isolate, parameters, constructions) {
  let left = constructions / PER_REQUEST;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left > 0) {
      left -= 1;
      const { tokens } = await isolate.ask("construct", parameters);
      same(tokens, ["token-for-https://api.example"], "the tokens");
    }
  }));
}
