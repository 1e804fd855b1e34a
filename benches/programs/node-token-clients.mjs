// Clients that need Node.js's own modules.

import { SERVER, TOKEN_ENDPOINT } from "./token-clients.mjs";

const [clientId, clientSecret] = ["client", "secret"];

/** As `TOKEN_CLIENTS`. */
export const NODE_TOKEN_CLIENTS = {
  "@azure/msal-node": {
    keeps: true,
    load: () => import("@azure/msal-node"),
    application({ ConfidentialClientApplication }, send) {
      const post = async (url, { body, headers } = {}) => {
        const response = await send(url, { method: body === undefined ? "GET" : "POST", body, headers });
        return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
      };
      const metadata = { issuer: `${SERVER}/tenant`, token_endpoint: TOKEN_ENDPOINT, authorization_endpoint: `${SERVER}/authorize`, end_session_endpoint: `${SERVER}/end`, jwks_uri: `${SERVER}/keys` };
      return new ConfidentialClientApplication({
        auth: { clientId, clientSecret, authority: `${SERVER}/tenant`, knownAuthorities: ["login.example"], protocolMode: "OIDC", authorityMetadata: JSON.stringify(metadata) },
        system: { networkClient: { sendGetRequestAsync: post, sendPostRequestAsync: post } },
      });
    },
    make(library, send, audience) {
      const application = this.application(library, send);
      return async () => (await application.acquireTokenByClientCredential({ scopes: [`${audience}/.default`] })).accessToken;
    },
  },
  // It knows no client credentials for other servers than Google's: its refresh token grant does the same work.
  "google-auth-library": {
    keeps: true,
    load: () => import("google-auth-library"),
    make({ OAuth2Client }, send) {
      const client = new OAuth2Client({ clientId, clientSecret, endpoints: { oauth2TokenUrl: TOKEN_ENDPOINT }, transporterOptions: { fetchImplementation: send } });
      client.setCredentials({ refresh_token: "refresh" });
      return async () => (await client.getAccessToken()).token;
    },
  },
};
