// The embedded authorization server with switches that the page uses: what nobody can do to a real tenant, and one that
// restarts the worker. They are on a port of their own, and moved by who knows the key.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { startLogin3 } from "../tests/servers/login3.mjs";

const HOST = "127.0.0.1";
/** Verifiers ask for a key they do not know every 30 s at most: rotated more often, good tokens would be refused. */
const ROTATE_EVERY = 31_000;

/**
 * @param {object} [settings] as of `startLogin3`
 * @returns {Promise<{ login3: object, adminUrl: string, adminKey: string, restarts: (restart: () => Promise<void>) => void, close: () => Promise<unknown> }>}
 *   `restarts` says how the worker is restarted
 */
export async function startEmbedded(settings = {}) {
  const login3 = await startLogin3({ tokenLifetime: 30, ...settings, rotates: true });
  const adminKey = randomBytes(24).toString("base64url");
  /** @type {string[]} the ids of tokens that the API is to refuse */
  const revoked = [];
  let rotatedAt = -Infinity;
  let restart = async () => {};

  const switches = {
    status: () => {},
    revoke: ({ jti }) => {
      revoked.push(jti);
      if (revoked.length > 100) revoked.shift();
    },
    down: ({ down }) => {
      login3.down = down;
    },
    restart: () => restart(),
    async rotate() {
      if (rotateAfter() > 0) return;
      rotatedAt = performance.now();
      await login3.rotate();
    },
  };
  const rotateAfter = () => Math.max(0, rotatedAt + ROTATE_EVERY - performance.now());
  const status = () => ({ down: login3.down, kid: login3.kid, tokenRequests: login3.requests, rotateAfter: rotateAfter() });

  const admin = createServer(async (request, response) => {
    const send = (code, body) => response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    const name = request.url.slice(1);
    if (request.method === "GET" && name === "revoked") return send(200, revoked);
    if (request.headers.authorization !== `Bearer ${adminKey}`) return send(401, {});
    if (request.method !== "POST" || !Object.hasOwn(switches, name)) return send(404, {});
    let text = "";
    for await (const chunk of request) text += chunk;
    await switches[name](JSON.parse(text || "{}"));
    return send(200, status());
  });
  await new Promise((resolve) => admin.listen(0, HOST, resolve));

  return {
    login3,
    adminUrl: `http://${HOST}:${admin.address().port}`,
    adminKey,
    restarts: (how) => (restart = how),
    close() {
      admin.closeAllConnections();
      return Promise.all([login3.close(), new Promise((resolve) => admin.close(resolve))]);
    },
  };
}
