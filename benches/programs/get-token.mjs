// getToken() of a client that has its token in memory, beside what else keeps tokens, and what is written by hand.

import { Client } from "gatepass";
import { TOKEN_CLIENTS } from "./token-clients.mjs";

const AUDIENCE = "https://api.example";
const send = async () => Response.json({ access_token: "token", token_type: "Bearer", expires_in: 3600 });

/** @param {object} [node] what needs Node.js's own modules; with `onlyNode` nothing else */
export async function blocksOf({ onlyNode = false }, node) {
  const clients = { ...(onlyNode ? {} : TOKEN_CLIENTS), ...node?.clients };
  const ways = {};
  for (const [name, client] of Object.entries(clients)) {
    if (!client.keeps) continue;
    const getToken = client.make(await client.load(), send, AUDIENCE);
    ways[name] = repeated(getToken);
    await getToken();
  }
  if (onlyNode) return { "getToken()": ways };
  const heard = new Client({ tokenEndpoint: "https://login.example/token", clientId: "client", clientSecret: "secret", audience: AUDIENCE, fetch: send, onEvent() {} });
  const kept = { token: (await heard.getToken()).accessToken, until: Date.now() + 3_000_000 };
  return {
    "getToken()": {
      ...ways,
      "gatepass, with onEvent": repeated(async () => (await heard.getToken()).accessToken),
      "by hand": repeated(async () => {
        if (Date.now() < kept.until) return kept.token;
        throw new Error("the token has ended");
      }),
    },
  };
}

function repeated(action) {
  return async (count) => {
    let token;
    for (let call = 0; call < count; call += 1) token = await action();
    if (count > 0 && !token) throw new Error("no token");
  };
}
