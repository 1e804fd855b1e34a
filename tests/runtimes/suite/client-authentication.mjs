// How a client says who it is. The hostile server's strict cases grant a token to a request that is right in every point:
// credentials in one place, encoded as it decodes them, assertions as RFC 7523 section 3 wants them (hostile/proofs.mjs).

import { Client } from "gatepass";
import { equal, includes, ok, same } from "../assert.mjs";
import { CLIENT_ID, CLIENT_SECRET, test } from "./define.mjs";
import { fromBase64url } from "./jwt.mjs";
import { keyFor, SIGNING_ALGORITHMS } from "./signers.mjs";

const AUDIENCE = "https://auth.example/";

/** A client of a strict case that knows this client's key. */
async function signingClient(t, place, alg, { privateKey, ...changes } = {}) {
  const key = await keyFor(t, alg);
  await t.register({ alg, key: key.publicJwk, audience: AUDIENCE, kid: changes.keyId });
  return t.client({
    tokenEndpoint: t.endpoint(place),
    clientSecret: undefined,
    authMethod: "private_key_jwt",
    privateKey: privateKey?.(key) ?? key.jwk,
    signingAlgorithm: alg,
    assertionAudience: AUDIENCE,
    ...changes,
  });
}

const parametersOf = ({ body }) => Object.fromEntries(new URLSearchParams(body));
const partsOf = (jwt) => jwt.split(".").slice(0, 2).map((part) => JSON.parse(new TextDecoder().decode(fromBase64url(part))));

// ---- Secrets

test("client_secret_post puts the credentials into the body and nowhere else", async (t) => {
  await t.register();
  for (const authMethod of [undefined, "client_secret_post"]) {
    await t.client({ tokenEndpoint: t.endpoint("asks-for-post"), authMethod }).getToken({ fresh: true });
  }
  equal((await t.seen())[0].headers.authorization, undefined, "authorization header");
});

for (const server of ["form", "percent"]) {
  test(`client_secret_basic is understood by servers that decode it: ${server}`, async (t) => {
    await t.register();
    await t.client({ tokenEndpoint: t.endpoint(`asks-for-basic-${server}-encoded`), authMethod: "client_secret_basic" }).getToken();
    same(Object.keys(parametersOf((await t.seen())[0])), ["grant_type"], "parameters");
  });
}

test("client_secret_basic is understood by servers that decode nothing where nothing must be encoded", async (t) => {
  const [clientId, clientSecret] = ["client.of-the_tests", "canary-secret_of.the-tests*"];
  await t.register({ clientId, clientSecret });
  const endpoint = t.endpoint("asks-for-basic-not-encoded");
  await t.client({ tokenEndpoint: endpoint, clientId, clientSecret, authMethod: "client_secret_basic" }).getToken();
});

test("client_secret_basic_raw is understood by servers that decode nothing", async (t) => {
  await t.register();
  await t.client({ tokenEndpoint: t.endpoint("asks-for-basic-not-encoded"), authMethod: "client_secret_basic_raw" }).getToken();
});

// id, secret, what stands before base64. The first is the example of openid/AppAuth-Android#337, with %20 for the space.
const BASIC = [
  ["1PpG/Q 1", "z/tZ9VwFZqApmIQ+ZH1I5pLk/uB4ud:X2/8bL+wfFTt1rFw=", "1PpG%2FQ%201:z%2FtZ9VwFZqApmIQ%2BZH1I5pLk%2FuB4ud%3AX2%2F8bL%2BwfFTt1rFw%3D"],
  // RFC 6749 section 2.3.1.
  ["s6BhdRkqt3", "gX1fBat3bV", "s6BhdRkqt3:gX1fBat3bV"],
  ["a:b", "c:d", "a%3Ab:c%3Ad"],
  ["é", "100%", "%C3%A9:100%25"],
];
for (const [clientId, clientSecret, expected] of BASIC) {
  test(`client_secret_basic encodes the credentials as RFC 6749 2.3.1 says: ${expected.slice(0, 20)}`, async (t) => {
    await t.client({ clientId, clientSecret, authMethod: "client_secret_basic" }).getToken();
    const { authorization } = (await t.seen())[0].headers;
    equal(new TextDecoder().decode(fromBase64url(authorization.slice("Basic ".length).replace(/=+$/, ""))), expected, "credentials");
  });
}

test("with the method none the client says its id and nothing else", async (t) => {
  await t.register();
  const client = t.client({ tokenEndpoint: t.endpoint("asks-for-no-secret"), clientSecret: undefined, authMethod: "none" });
  await client.getToken();
  same(parametersOf((await t.seen())[0]), { grant_type: "client_credentials", client_id: CLIENT_ID }, "parameters");
});

test("with mutual TLS the client says its id and nothing else, through the fetch that has the certificate", async (t) => {
  await t.register();
  let calls = 0;
  const certified = (input, init) => {
    calls += 1;
    return fetch(input, init);
  };
  const client = t.client({ tokenEndpoint: t.endpoint("asks-for-no-secret"), clientSecret: undefined, mtls: true, fetch: certified });
  await client.getToken();
  equal(calls, 1, "calls of the fetch");
});

test("with mutual TLS the endpoint is the alias that the metadata name for it", async (t) => {
  await t.register();
  const issuer = t.issuer("mtls-aliases", { token: "asks-for-no-secret" });
  await t.clientOf(issuer, { clientSecret: undefined, mtls: true, fetch: (...args) => fetch(...args) }).getToken();
});

test("without mutual TLS the alias for it is not used", async (t) => {
  await t.rejects(() => t.clientOf(t.issuer("mtls-aliases")).getToken(), { code: "request_refused", status: 400 });
});

test("an alias for mutual TLS over http is not used", async (t) => {
  await t.rejects(() => t.clientOf(t.issuer("mtls-aliases-http"), { clientSecret: undefined, mtls: true, fetch: (...args) => fetch(...args) }).getToken(), {
    code: "discovery_failed",
  });
});

test("the method that the caller names wins over what the metadata claim", async (t) => {
  await t.register();
  await t.clientOf(t.issuer("methods-wrong", { token: "asks-for-basic-form-encoded" }), { authMethod: "client_secret_basic" }).getToken();
  await t.clientOf(t.issuer("methods-missing", { token: "asks-for-post" })).getToken();
});

for (const alg of ["HS256", "HS384", "HS512"]) {
  test(`client_secret_jwt is an assertion signed with the secret: ${alg}`, async (t) => {
    // RFC 7518 section 3.2: as long as the hash, at least.
    const clientSecret = `canary-secret-${"x".repeat(64)}`;
    await t.register({ alg, clientSecret, audience: AUDIENCE });
    const client = t.client({
      tokenEndpoint: t.endpoint("asks-for-assertion-to-text"), clientSecret, authMethod: "client_secret_jwt", signingAlgorithm: alg, assertionAudience: AUDIENCE,
    });
    await client.getToken();
    ok(!(await t.seen())[0].body.includes("canary"), "the secret is not sent");
  });
}

// ---- Keys

for (const alg of SIGNING_ALGORITHMS) {
  test(`private_key_jwt is an assertion that a strict server verifies: ${alg}`, async (t) => {
    const client = await signingClient(t, "asks-for-assertion-to-text", alg, { keyId: "the key" });
    await client.getToken();
    const { client_assertion: assertion, ...others } = parametersOf((await t.seen())[0]);
    const [header, claims] = partsOf(assertion);
    same([header.alg, header.kid], [alg, "the key"], "header");
    same(Object.keys(claims).sort(), ["aud", "exp", "iat", "iss", "jti", "sub"], "claims");
    equal(others.client_secret, undefined, "client_secret");
  });
}

for (const [form, privateKey] of Object.entries({ "PKCS#8 PEM": ({ pem }) => pem, CryptoKey: ({ cryptoKey }) => cryptoKey })) {
  for (const alg of ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"]) {
    test(`a private key can be a ${form}: ${alg}`, async (t) => {
      await (await signingClient(t, "asks-for-assertion-to-text", alg, { privateKey })).getToken();
    });
  }
}

test("a key says its algorithm and its id itself", async (t) => {
  for (const name of ["rs256", "es256", "es384", "eddsa"]) {
    const { privateJwk, publicJwk } = t.config.keys[name];
    await t.register({ alg: privateJwk.alg, kid: privateJwk.kid, key: publicJwk, audience: AUDIENCE });
    await t.client({ tokenEndpoint: t.endpoint("asks-for-assertion-to-text"), clientSecret: undefined, privateKey: privateJwk, assertionAudience: AUDIENCE }).getToken();
  }
});

test("a key without a word about its algorithm signs as its type is used to", async (t) => {
  for (const alg of ["RS256", "ES256", "ES384", "EdDSA"]) {
    const { pem } = await keyFor(t, alg);
    await signingClient(t, "asks-for-assertion-to-text", alg, { privateKey: () => pem, signingAlgorithm: undefined }).then((client) => client.getToken());
  }
});

test("an assertion is for the issuer unless it is said otherwise", async (t) => {
  const key = await keyFor(t, "ES256");
  const issuer = t.issuer("good", { token: "asks-for-assertion-to-issuer" });
  await t.register({ alg: "ES256", key: key.publicJwk });
  await t.clientOf(issuer, { clientSecret: undefined, privateKey: key.jwk }).getToken();
  await t.clientOf(issuer, { clientSecret: undefined, privateKey: key.jwk, assertionAudience: "issuer" }).getToken({ fresh: true });
});

test("an assertion can be for the token endpoint", async (t) => {
  await (await signingClient(t, "asks-for-assertion-to-token-endpoint", "ES256", { assertionAudience: "token_endpoint" })).getToken();
});

test("each try has an assertion of its own", async (t) => {
  const client = await signingClient(t, "asks-for-assertion-twice", "ES256", { retry: { attempts: 2, maxDelay: 1 } });
  await client.getToken();
  const requests = (await t.seen()).map(parametersOf);
  equal(requests.length, 2, "requests");
  ok(requests[0].client_assertion !== requests[1].client_assertion, "the assertions differ");
});

// ---- A caller's own assertion

test("an assertion can come from a function, which is asked for each request", async (t) => {
  let calls = 0;
  const client = t.client({ clientSecret: undefined, clientAssertion: async () => t.hide(`canary-assertion.${(calls += 1)}.sig`) });
  await client.getToken();
  await client.getToken({ fresh: true });
  const sent = (await t.seen()).map(parametersOf);
  same(sent.map(({ client_assertion }) => client_assertion), ["canary-assertion.1.sig", "canary-assertion.2.sig"], "assertions");
  equal(sent[0].client_assertion_type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "type");
});

for (const [what, clientAssertion] of Object.entries({
  throws: () => { throw new Error("no identity here"); },
  "gives nothing": async () => undefined,
  "gives an empty text": async () => "",
  "never answers": () => new Promise(() => {}),
})) {
  test(`a function for assertions that ${what} is credential_unavailable, and nothing is sent`, async (t) => {
    const client = t.client({ clientSecret: undefined, clientAssertion, timeout: 200, retry: { attempts: 1, hold: 0 } });
    await t.rejects(() => client.getToken(), { code: "credential_unavailable" });
    await t.nothingWasSent();
  });
}

// ---- Rotation

test("a secret that was changed is asked for once more, once", async (t) => {
  await t.register({ clientSecret: "canary-secret-new" });
  const secrets = ["canary-secret-old", "canary-secret-new"];
  let calls = 0;
  const client = t.client({ tokenEndpoint: t.endpoint("asks-for-post"), clientSecret: () => secrets[Math.min(calls++, 1)], retry: { maxDelay: 1 } });
  await client.getToken();
  equal(calls, 2, "calls of the function");
});

// ---- Mistakes

const MISTAKES = {
  "a secret and a key": ["options.privateKey", (key) => ({ clientSecret: CLIENT_SECRET, privateKey: key.jwk })],
  "a key and an assertion": ["options.clientAssertion", (key) => ({ clientSecret: undefined, privateKey: key.jwk, clientAssertion: async () => "a" })],
  "a key for client_secret_post": ["options.authMethod", (key) => ({ clientSecret: undefined, privateKey: key.jwk, authMethod: "client_secret_post" })],
  "a secret for private_key_jwt": ["options", () => ({ authMethod: "private_key_jwt" })],
  "no secret for client_secret_basic": ["options.clientSecret", () => ({ clientSecret: undefined, authMethod: "client_secret_basic" })],
  "a secret for none": ["options", () => ({ authMethod: "none" })],
  "an unknown method": ["options.authMethod", () => ({ authMethod: "client_secret_mail" })],
  "mutual TLS without a fetch": ["options.fetch", () => ({ clientSecret: undefined, mtls: true })],
  "a colon in an id that is not encoded": ["options.clientId", () => ({ clientId: "a:b", authMethod: "client_secret_basic_raw" })],
};
for (const [what, [path, changes]] of Object.entries(MISTAKES)) {
  test(`a client is not made with credentials that do not fit: ${what}`, async (t) => {
    const key = await keyFor(t, "ES256");
    const error = await t.isTypeError(() => new Client(t.options(changes(key))).getToken(), path);
    includes(error.message, "gatepass: ", "message");
    await t.nothingWasSent();
  });
}
