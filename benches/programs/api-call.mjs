// A call to an API on a connection that is kept: by the host's own fetch with a fixed header, by gatepass, and by others.

import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client";
import { Configuration, allowInsecureRequests, fetchProtectedResource } from "openid-client";
import { Client } from "gatepass";

const TOKEN = "t".repeat(800);

export async function blocksOf({ url }) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const options = { tokenEndpoint: "https://login.example/token", clientId: "client", clientSecret: "secret" };
  await new Client({ ...options, fetch: async () => Response.json({ access_token: TOKEN, token_type: "Bearer", expires_in: 3600 }) }).getToken();
  // Without a replacement of fetch, as most have it; the token is in memory.
  const gatepass = new Client(options);

  const oauth2 = new OAuth2Fetch({
    client: new OAuth2Client({ server: "https://login.example", clientId: "client", clientSecret: "secret" }),
    getNewToken: () => ({ accessToken: TOKEN, expiresAt: Date.now() + 3_600_000, refreshToken: null }),
  });
  const configuration = new Configuration({ issuer: "https://login.example" }, "client", "secret");
  // The server is on loopback, without TLS.
  allowInsecureRequests(configuration);
  const address = new URL(url);

  return {
    "a GET": {
      "gatepass, callApi": repeated(() => gatepass.callApi(url)),
      "gatepass, client.fetch": repeated(() => gatepass.fetch(url)),
      "fetch with a header": repeated(() => fetch(url, { headers })),
      "@badgateway/oauth2-client": repeated(() => oauth2.fetch(url)),
      "openid-client": repeated(() => fetchProtectedResource(configuration, TOKEN, address, "GET")),
    },
  };
}

function repeated(call) {
  return async (count) => {
    for (let number = 0; number < count; number += 1) {
      const response = await call();
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      await response.text();
    }
  };
}
