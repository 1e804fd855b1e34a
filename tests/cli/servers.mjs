// What the command line is tried against: Login 3.0, an API, the hostile server, one with a wrong clock, one that hangs.

import { createServer } from "node:http";
import { startApi } from "../servers/api.mjs";
import { startHostile } from "../servers/hostile.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { startRecording } from "../servers/recording.mjs";

const AHEAD = 3_600_000;

export async function startServers(clientSecret) {
  const [login3, brief, hostile, hanging] = await Promise.all([
    startLogin3({ clientSecret }),
    startLogin3({ clientSecret, tokenLifetime: 1 }),
    startHostile(),
    startRecording(() => {}),
  ]);
  const api = await startApi({ elsewhere: hostile.elsewhere });
  const late = await startLate(login3.tokenEndpoint);
  return {
    login3, brief, hostile, hanging, api,
    /** A token endpoint whose clock is an hour ahead. */
    late: late.url,
    close: () => Promise.all([login3, brief, hostile, hanging, api, late].map((one) => one.close())),
  };
}

async function startLate(target) {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await fetch(target, { method: "POST", headers: { "content-type": request.headers["content-type"] }, body: Buffer.concat(chunks) });
    response.writeHead(answer.status, { "content-type": "application/json", date: new Date(Date.now() + AHEAD).toUTCString() }).end(await answer.text());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/token`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A token as a program that knows nothing of gatepass gets it. */
export async function tokenOf({ tokenEndpoint, clientId }, clientSecret, more = {}) {
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, audience: "https://api.example", ...more });
  const answer = await fetch(tokenEndpoint, { method: "POST", body });
  return (await answer.json()).access_token;
}
