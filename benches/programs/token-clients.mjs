// Clients of one token endpoint, each as its documentation says to use it: made once, and asked for a token for every call.

/** Where the endpoint seems to be; `send` gets what goes there. */
export const SERVER = "https://login.example";
export const TOKEN_ENDPOINT = `${SERVER}/token`;
const [clientId, clientSecret] = ["client", "secret"];

/**
 * What makes clients, by name: `make` takes the library that `load` brings, what sends requests, as `fetch` does, and the
 * audience that the token is for, and gives a function that resolves to a token. `keeps` tells those that give the same token
 * again from those that leave keeping it to their caller.
 */
export const TOKEN_CLIENTS = {
  gatepass: {
    keeps: true,
    load: () => import("gatepass"),
    make({ Client }, send, audience) {
      const client = new Client({ tokenEndpoint: TOKEN_ENDPOINT, clientId, clientSecret, audience, fetch: send });
      return async () => (await client.getToken()).accessToken;
    },
  },
  "@badgateway/oauth2-client": {
    keeps: true,
    load: () => import("@badgateway/oauth2-client"),
    make({ OAuth2Client, OAuth2Fetch }, send, audience) {
      const client = new OAuth2Client({ server: SERVER, tokenEndpoint: "/token", clientId, clientSecret, fetch: send, authenticationMethod: "client_secret_post" });
      const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials({ extraParams: { audience } }), scheduleRefresh: false });
      return async () => (await wrapper.getToken()).accessToken;
    },
  },
  "openid-client": {
    keeps: false,
    load: () => import("openid-client"),
    make(openid, send, audience) {
      const configuration = new openid.Configuration({ issuer: SERVER, token_endpoint: TOKEN_ENDPOINT }, clientId, clientSecret);
      configuration[openid.customFetch] = send;
      return async () => (await openid.clientCredentialsGrant(configuration, { audience })).access_token;
    },
  },
  oauth4webapi: {
    keeps: false,
    load: () => import("oauth4webapi"),
    make(oauth, send, audience) {
      const server = { issuer: SERVER, token_endpoint: TOKEN_ENDPOINT };
      const client = { client_id: clientId };
      const authentication = oauth.ClientSecretPost(clientSecret);
      return async () => {
        const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, { audience }, { [oauth.customFetch]: send });
        return (await oauth.processClientCredentialsResponse(server, client, response)).access_token;
      };
    },
  },
};
