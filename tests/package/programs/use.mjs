// Uses the library once from end to end, without a network: a token, a refusal, an API call, a verified token.

import { equal, includes, ok, thrownBy } from "./assert.mjs";

const ISSUER = "https://as.example/";
const AUDIENCE = "https://api.example";

/** @param {object} library what importing gatepass gave */
export async function use({ AccessToken, Client, GatepassError, Verifier, callApi, getToken }) {
  const { fetch, jwt } = await startAuthorizationServer();
  const options = { tokenEndpoint: `${ISSUER}token`, clientId: "client", clientSecret: "secret", fetch };

  const client = new Client(options);
  const token = await client.getToken();
  ok(token instanceof AccessToken, "a token is an AccessToken");
  equal(token.accessToken, jwt, "the token");
  equal(token.source, "network", "source");
  equal((await getToken(options)).source, "memory", "source of the second one");

  const response = await callApi(options, `${AUDIENCE}/orders`);
  equal(await response.text(), token.authorization, "what the API was sent");

  const refused = await thrownBy(() => getToken({ ...options, clientId: "stranger" }));
  ok(refused instanceof GatepassError && refused instanceof Error, "a refusal is a GatepassError");
  equal(refused.name, "GatepassError", "its name");
  equal(refused.code, "invalid_client", "its code");

  const mistake = await thrownBy(() => new Client({ ...options, clientId: "" }));
  ok(mistake instanceof TypeError, "a caller's mistake is a TypeError");
  includes(mistake.message, "gatepass: options.clientId", "its message");

  const verifier = new Verifier({ issuer: ISSUER, jwksUri: `${ISSUER}keys`, audience: AUDIENCE, fetch });
  equal((await verifier.verifyAccessToken(jwt)).sub, "client", "sub");
}

/** A fetch that plays the authorization server and, for everything else, an API that echoes the Authorization header. */
async function startAuthorizationServer() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const jwk = { ...(await crypto.subtle.exportKey("jwk", publicKey)), kid: "one", alg: "ES256", use: "sig", key_ops: ["verify"] };
  const jwt = await sign(privateKey, { alg: "ES256", kid: "one" }, {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "client",
    exp: Math.floor(Date.now() / 1000) + 3600,
  });
  return {
    jwt,
    async fetch(input, init) {
      if (input === `${ISSUER}keys`) return Response.json({ keys: [jwk] });
      if (input !== `${ISSUER}token`) return new Response(new Headers(init.headers).get("authorization"));
      const form = new URLSearchParams(await new Response(init.body).text());
      return form.get("client_id") === "client"
        ? Response.json({ access_token: jwt, token_type: "Bearer", expires_in: 3600 })
        : Response.json({ error: "invalid_client" }, { status: 401 });
    },
  };
}

async function sign(key, header, claims) {
  const input = [header, claims].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part)))).join(".");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, new TextEncoder().encode(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
