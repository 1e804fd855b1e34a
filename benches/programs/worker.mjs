// What a worker does when it is asked, once and again: its clock stands still while it works, so whoever asks takes the time.

import { takeOutFailing } from "./timing.mjs";

/**
 * @param {Record<string, (settings: object, node?: object) => Promise<object>>} programs as time.mjs takes them
 * @param {(request: Request, env: object) => Promise<Response | undefined>} more answers what is asked otherwise
 * @param {object} [node] what needs Node.js's own modules
 */
export function workerOf(programs, more, node) {
  const kept = new Map();

  async function answer(request, env) {
    const own = await more(request, env);
    if (own) return own;
    const { program, settings, block, way, count } = await request.json();
    const key = JSON.stringify([program, settings]);
    if (!kept.has(key)) {
      const blocks = await programs[program](settings, node);
      kept.set(key, { blocks, failing: await takeOutFailing(blocks) });
    }
    const { blocks, failing } = kept.get(key);
    if (way !== undefined) {
      await blocks[block][way](count);
      return new Response();
    }
    return Response.json({ names: Object.fromEntries(Object.entries(blocks).map(([name, ways]) => [name, Object.keys(ways)])), failing });
  }

  return {
    async fetch(request, env) {
      try {
        return await answer(request, env);
      } catch (error) {
        return new Response(String(error), { status: 500 });
      }
    },
  };
}

/**
 * One caller of a cold burst: `/burst/<client>/<round>`; all of one round share a client, as all requests of an isolate do.
 * @param {object} clients as token-clients.mjs has them
 */
export function burstOf(clients) {
  const made = new Map();
  return async (request, { ENDPOINT }) => {
    const [, action, name, round] = new URL(request.url).pathname.split("/");
    if (action !== "burst") return undefined;
    const key = `${name}/${round}`;
    const client = clients[decodeURIComponent(name)];
    const library = await client.load();
    if (!made.has(key)) {
      made.set(key, client.make(library, (_, init) => fetch(`${ENDPOINT}/${key}`, init), `https://api-${round}.example`));
    }
    return Response.json({ token: await made.get(key)() });
  };
}
