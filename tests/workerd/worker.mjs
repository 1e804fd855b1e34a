// The worker under test: `GET /<action>?<parameters>`, where the options of clients and verifiers are JSON.

import { measure, moveClock } from "./instruments.mjs";
import { Client, Verifier } from "gatepass";

// One per set of options, as a worker has them that makes its clients outside of its handler.
const made = new Map();

let begun = 0;

const ACTIONS = {
  memory: () => measure(),

  /** How many requests have begun so far, without those that ask for it. */
  begun: () => ({ begun: (begun -= 1) }),

  clock({ forward }) {
    moveClock(Number(forward));
    return {};
  },

  async getToken({ client }) {
    const { accessToken } = await remembered(Client, client).getToken();
    return { accessToken };
  },

  async callApi({ client, url }) {
    const response = await remembered(Client, client).callApi(url);
    return { text: await response.text() };
  },

  async verify({ verifier, token }) {
    return await remembered(Verifier, verifier).verifyAccessToken(token);
  },

  /** A token between two subrequests of the handler's own, one of them begun before and read after. */
  async ownRequests({ client, url }) {
    const begun = await fetch(url);
    const itsClient = new Client(JSON.parse(client));
    const { accessToken } = await itsClient.getToken();
    const before = await begun.text();
    const after = await (await itsClient.callApi(url)).text();
    return { accessToken, before, after };
  },

  /** As a worker has it that makes client and verifier in its handler, many times over. */
  async construct({ client, verifier, token, count }) {
    const tokens = new Set();
    for (let number = 0; number < Number(count); number += 1) {
      const itsClient = new Client(JSON.parse(client));
      const itsVerifier = new Verifier(JSON.parse(verifier));
      tokens.add((await itsClient.getToken()).accessToken);
      // Checking a signature takes longer than all else here.
      if (number % 20 === 0) await itsVerifier.verifyAccessToken(token);
    }
    return { tokens: [...tokens] };
  },
};

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    begun += 1;
    try {
      return Response.json(await ACTIONS[pathname.slice(1)](Object.fromEntries(searchParams)));
    } catch (error) {
      return Response.json({ code: error?.code, message: String(error), cause: String(error?.cause) }, { status: 500 });
    }
  },
};

function remembered(Class, options) {
  if (!made.has(options)) made.set(options, new Class(JSON.parse(options)));
  return made.get(options);
}
