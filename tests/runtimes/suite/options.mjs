// A caller's mistakes: a TypeError that names the option, and nothing sent.

import { Client, Verifier, callApi, getToken } from "gatepass";
import { equal, ok, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";
import { AUDIENCE, ISSUER } from "./jwt.mjs";

const throwing = (name, base) =>
  Object.defineProperty({ ...base }, name, { enumerable: true, get() { throw new RangeError("this getter throws"); } });

const TOKEN_URL = "https://auth.example/token";

// name: [path that the message names, changes to good options]
const CLIENT_MISTAKES = {
  "an unknown option": ["options.audiance", { audiance: "x" }],
  "an option of other case": ["options.clientID", { clientID: "x" }],
  "an unknown option whose value is undefined": ["options.audiance", { audiance: undefined }],
  "no server": ["options.domain", { tokenEndpoint: undefined }],
  "a domain and a token endpoint": ["options.domain", { domain: "auth.example" }],
  "an issuer and a token endpoint": ["options.tokenEndpoint", { issuer: "https://auth.example" }],
  "a domain and an issuer": ["options.domain", { tokenEndpoint: undefined, domain: "auth.example", issuer: "https://auth.example" }],
  "no client id": ["options.clientId", { clientId: undefined }],
  "an empty client id": ["options.clientId", { clientId: "" }],
  "a client id that is a number": ["options.clientId", { clientId: 7 }],
  "a client id of null": ["options.clientId", { clientId: null }],
  "no client secret": ["options.clientSecret", { clientSecret: undefined }],
  "an empty client secret": ["options.clientSecret", { clientSecret: "" }],
  "a client secret in a list": ["options.clientSecret", { clientSecret: ["canary-secret"] }],
  "a token endpoint over http": ["options.tokenEndpoint", { tokenEndpoint: "http://auth.example/token" }],
  "a token endpoint that looks like loopback": ["options.tokenEndpoint", { tokenEndpoint: "http://localhost.example/token" }],
  "a token endpoint with a password": ["options.tokenEndpoint", { tokenEndpoint: "https://user:canary-secret@auth.example/token" }],
  "a token endpoint with a user": ["options.tokenEndpoint", { tokenEndpoint: "https://user@auth.example/token" }],
  "a token endpoint without an origin": ["options.tokenEndpoint", { tokenEndpoint: "/token" }],
  "a token endpoint of another scheme": ["options.tokenEndpoint", { tokenEndpoint: "ftp://auth.example/token" }],
  "an empty token endpoint": ["options.tokenEndpoint", { tokenEndpoint: "" }],
  "a token endpoint that is a number": ["options.tokenEndpoint", { tokenEndpoint: 7 }],
  "an issuer over http": ["options.issuer", { tokenEndpoint: undefined, issuer: "http://auth.example" }],
  "an issuer with a password": ["options.issuer", { tokenEndpoint: undefined, issuer: "https://user:canary-secret@auth.example" }],
  "an issuer that is no URL": ["options.issuer", { tokenEndpoint: undefined, issuer: "auth.example" }],
  "a domain with a scheme": ["options.domain", { tokenEndpoint: undefined, domain: "https://auth.example" }],
  "a domain with a path": ["options.domain", { tokenEndpoint: undefined, domain: "auth.example/tenant" }],
  "a domain with a password": ["options.domain", { tokenEndpoint: undefined, domain: "user:canary-secret@auth.example" }],
  "a domain with a space": ["options.domain", { tokenEndpoint: undefined, domain: "auth .example" }],
  "an empty domain": ["options.domain", { tokenEndpoint: undefined, domain: "" }],
  "an audience that is a number": ["options.audience", { audience: 7 }],
  "an audience in a list": ["options.audience", { audience: ["a"] }],
  "a scope that is a number": ["options.scope", { scope: 7 }],
  "a number among the scopes": ["options.scope", { scope: ["a", 7] }],
  "an organization that is an object": ["options.organization", { organization: {} }],
  "parameters in a string": ["options.parameters", { parameters: "a=b" }],
  "a parameter that is a number": ["options.parameters.a", { parameters: { a: 1 } }],
  "a parameter that is the grant type": ["options.parameters.grant_type", { parameters: { grant_type: "password" } }],
  "a parameter that is the client secret": ["options.parameters.client_secret", { parameters: { client_secret: "canary-secret" } }],
  "a parameter that is the audience": ["options.parameters.audience", { parameters: { audience: "x" } }],
  "a timeout of NaN": ["options.timeout", { timeout: NaN }],
  "a timeout of -1": ["options.timeout", { timeout: -1 }],
  "a timeout of Infinity": ["options.timeout", { timeout: Infinity }],
  "a timeout in a string": ["options.timeout", { timeout: "1000" }],
  "an unknown profile": ["options.profile", { profile: "login4" }],
  "apiOrigins in a string": ["options.apiOrigins", { apiOrigins: "https://api.example" }],
  "an API origin with a path": ["options.apiOrigins", { apiOrigins: ["https://api.example/orders"] }],
  "an API origin that is no URL": ["options.apiOrigins", { apiOrigins: ["api.example"] }],
  "dangerouslyAllowHttp in a string": ["options.dangerouslyAllowHttp", { dangerouslyAllowHttp: "yes" }],
  "a fetch that is no function": ["options.fetch", { fetch: "fetch" }],
};

for (const [name, [path, changes]] of Object.entries(CLIENT_MISTAKES)) {
  test(`a client is not made with ${name}`, async (t) => {
    const sent = [];
    const recorder = async (input) => {
      sent.push(input);
      return new Response("{}");
    };
    const options = { tokenEndpoint: TOKEN_URL, clientId: "c", clientSecret: "canary-secret", fetch: recorder, ...changes };
    for (const name of ["tokenEndpoint", "clientId", "clientSecret"]) if (options[name] === undefined) delete options[name];
    await t.isTypeError(() => new Client(options), path);
    await t.isTypeError(() => getToken(options), path);
    await t.isTypeError(() => callApi(options, "https://api.example/"), path);
    equal(sent.length, 0, "requests");
  });
}

for (const name of ["tokenEndpoint", "clientId", "clientSecret", "audience", "parameters", "fetch"]) {
  test(`a getter that throws is named: ${name}`, async (t) => {
    const error = await t.isTypeError(() => new Client(throwing(name, t.options())), `options.${name}`);
    ok(error.cause === undefined || error.cause instanceof RangeError, "the cause is what the getter threw");
    await t.nothingWasSent();
  });
}

test("options that are no object are refused", async (t) => {
  for (const options of [undefined, null, 7, "domain", [], () => {}, Symbol("x")]) {
    await t.isTypeError(() => new Client(options), "options");
    await t.isTypeError(() => getToken(options), "options");
    await t.isTypeError(() => new Verifier(options), "options");
  }
});

// name: [part of the path, the request]
const REQUEST_MISTAKES = {
  "an unknown member": ["audiance", { audiance: "x" }],
  "an option of the client's": ["clientId", { clientId: "other" }],
  "an audience that is a number": ["audience", { audience: 7 }],
  "a scope that is an object": ["scope", { scope: {} }],
  "a protocol parameter": ["parameters.client_id", { parameters: { client_id: "x" } }],
  "a getter that throws": ["audience", throwing("audience", {})],
  "a string instead of an object": ["", "https://api.example"],
  "null instead of an object": ["", null],
};
for (const [name, [path, request]] of Object.entries(REQUEST_MISTAKES)) {
  test(`a token is not asked for with ${name}`, async (t) => {
    await t.isTypeError(() => t.client().getToken(request), path);
    await t.isTypeError(() => getToken(t.options(), request), path);
    await t.nothingWasSent();
  });
}

const VERIFIER_MISTAKES = {
  "no audience": ["options.audience", { audience: undefined }],
  "an empty audience": ["options.audience", { audience: "" }],
  "an empty list of audiences": ["options.audience", { audience: [] }],
  "a number among the audiences": ["options.audience", { audience: [AUDIENCE, 7] }],
  "no issuer": ["options.domain", { issuer: undefined, jwksUri: undefined }],
  "a domain and an issuer": ["options.domain", { domain: "auth.example", jwksUri: undefined }],
  "an issuer over http": ["options.issuer", { issuer: "http://issuer.example", jwksUri: undefined }],
  "keys over http": ["options.jwksUri", { jwksUri: "http://issuer.example/keys" }],
  "keys behind a password": ["options.jwksUri", { jwksUri: "https://user:canary-secret@issuer.example/keys" }],
  "an unknown option": ["options.audiences", { audiences: [AUDIENCE] }],
  "the algorithm none": ["options.algorithms", { algorithms: ["RS256", "none"] }],
  "an HMAC algorithm": ["options.algorithms", { algorithms: ["HS256"] }],
  "an algorithm nobody knows": ["options.algorithms", { algorithms: ["RS257"] }],
  "no algorithms": ["options.algorithms", { algorithms: [] }],
  "algorithms in a string": ["options.algorithms", { algorithms: "RS256" }],
  "a shared algorithm among others": ["options.algorithms", { algorithms: ["RS256", "HS256"] }],
  "a public key's algorithm and a secret": ["options.algorithms", { algorithms: ["RS256"], secret: "canary-secret-of-more-than-thirty-two-bytes", jwksUri: undefined }],
  "a secret and an address of keys": ["options.jwksUri", { secret: "canary-secret-of-more-than-thirty-two-bytes" }],
  "a secret and keys": ["options.secret", { secret: "canary-secret-of-more-than-thirty-two-bytes", jwks: { keys: [] }, jwksUri: undefined }],
  "a secret that is too short": ["options.secret", { secret: "canary-secret", jwksUri: undefined }],
  "a secret that is too short for the algorithm": ["options.secret", { secret: "canary-secret-of-more-than-thirty-two-bytes", algorithms: ["HS512"], jwksUri: undefined }],
  "an empty secret": ["options.secret", { secret: "", jwksUri: undefined }],
  "a secret that is a number": ["options.secret", { secret: 7, jwksUri: undefined }],
  "keys and an address of keys": ["options.jwksUri", { jwks: { keys: [] } }],
  "no keys": ["options.jwks", { jwks: { keys: [] }, jwksUri: undefined }],
  "a secret among the keys": ["options.jwks", { jwks: { keys: [{ kty: "oct", k: "canary-secret" }] }, jwksUri: undefined }],
  "keys that are a list": ["options.jwks", { jwks: [], jwksUri: undefined }],
  "keys in a string": ["options.jwks", { jwks: '{"keys":[]}', jwksUri: undefined }],
  "keys that are null": ["options.jwks", { jwks: null, jwksUri: undefined }],
  "an empty list of issuers": ["options.issuer", { issuer: [], jwksUri: undefined }],
  "several issuers and one address of keys": ["options.jwksUri", { issuer: [ISSUER, "https://other.example"] }],
  "several issuers and one secret": ["options.secret", { issuer: [ISSUER, "https://other.example"], secret: "canary-secret-of-more-than-thirty-two-bytes", jwksUri: undefined }],
  "an issuer over http among several": ["options.issuer", { issuer: [ISSUER, "http://other.example"], jwksUri: undefined }],
  "an unknown profile": ["options.profile", { profile: "rfc9069" }],
  "another typ than that of RFC 9068": ["options.typ", { profile: "rfc9068", typ: ["JWT"] }],
  "a store without methods": ["options.store", { store: { get() {} } }],
  "a store with a timeout of 0": ["options.store.timeout", { store: { get() {}, set() {}, timeout: 0 } }],
  "a listener that is no function": ["options.onEvent", { onEvent: {} }],
  "a waitUntil that is no function": ["options.waitUntil", { waitUntil: {} }],
  "an allowance in a string": ["options.dangerouslyAllowHttp", { dangerouslyAllowHttp: "no" }],
  "a leeway of NaN": ["options.leeway", { leeway: NaN }],
  "a leeway of -1": ["options.leeway", { leeway: -1 }],
  "a leeway of Infinity": ["options.leeway", { leeway: Infinity }],
  "a maxAge in a string": ["options.maxAge", { maxAge: "60" }],
  "a maxTokenSize of NaN": ["options.maxTokenSize", { maxTokenSize: NaN }],
  "a typ that is a number": ["options.typ", { typ: 7 }],
  "a timeout of NaN": ["options.timeout", { timeout: NaN }],
  "a fetch that is no function": ["options.fetch", { fetch: {} }],
};
for (const [name, [path, changes]] of Object.entries(VERIFIER_MISTAKES)) {
  test(`a verifier is not made with ${name}`, async (t) => {
    const options = { issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE, ...changes };
    for (const name of ["issuer", "jwksUri", "audience"]) if (options[name] === undefined) delete options[name];
    await t.isTypeError(() => new Verifier(options), path);
    await t.nothingWasSent();
  });
}

// What is missing in an environment is named as the user knows it or as the option it would have been.
const ENVIRONMENTS = {
  "no client id": [/clientId|GATEPASS_CLIENT_ID/, { GATEPASS_DOMAIN: "auth.example", GATEPASS_CLIENT_SECRET: "canary-secret" }],
  "an empty client secret": [/clientSecret|GATEPASS_CLIENT_SECRET/, { GATEPASS_DOMAIN: "auth.example", GATEPASS_CLIENT_ID: "c", GATEPASS_CLIENT_SECRET: "" }],
  "no server": [/domain|GATEPASS_DOMAIN/, { GATEPASS_CLIENT_ID: "c", GATEPASS_CLIENT_SECRET: "canary-secret" }],
  "nothing of what it needs": [/GATEPASS_DOMAIN.*GATEPASS_CLIENT_ID.*GATEPASS_CLIENT_SECRET/, { GATEPASS_AUDIENCE: "https://api.example", SECRET: "canary-secret" }],
  "two servers": [/domain|GATEPASS_DOMAIN/, { GATEPASS_DOMAIN: "a.example", GATEPASS_ISSUER: "https://a.example", GATEPASS_CLIENT_ID: "c", GATEPASS_CLIENT_SECRET: "canary-secret" }],
};
for (const [name, [pattern, env]] of Object.entries(ENVIRONMENTS)) {
  test(`an environment is refused with ${name}`, async (t) => {
    const error = await t.isTypeError(() => Client.fromEnv(env), "GATEPASS_");
    ok(pattern.test(error.message), `the message names it: ${error.message}`);
  });
}

test("an environment that throws when it is read is named", async (t) => {
  await t.isTypeError(() => Client.fromEnv(throwing("GATEPASS_CLIENT_ID", {})), "env.GATEPASS_CLIENT_ID");
});

test("parameters that are no plain object are refused, not lost", async (t) => {
  for (const parameters of [new URLSearchParams("a=b"), new Map([["a", "b"]]), [["a", "b"]], "a=b"]) {
    await t.isTypeError(() => t.client({ parameters }), "options.parameters");
    await t.isTypeError(() => t.client().getToken({ parameters }), "request.parameters");
  }
  await t.nothingWasSent();
});

test("objects that throw while they are read harm nobody, however often", async (t) => {
  const hostile = () => {
    throw new Error("hostile");
  };
  const objects = [new Proxy({}, { ownKeys: hostile }), new Proxy(new Map(), { ownKeys: hostile, getPrototypeOf: hostile })];
  for (const parameters of objects) {
    for (let round = 0; round < 1000; round++) {
      const error = await thrownBy(() => t.client({ parameters }));
      if (!(error instanceof TypeError)) throw error;
    }
  }
  equal((await t.client().getToken()).source, "network", "the library still works");
});

test("the classes carry the names they are imported by", () => {
  equal([Client.name, Verifier.name].join(), "Client,Verifier", "names");
});

test("an error points at the caller's line", async (t) => {
  const errors = [
    await thrownBy(() => new Client({})),
    await thrownBy(() => Client.fromEnv({})),
    await thrownBy(async () => await t.client().getToken({ audiance: "x" })),
    await thrownBy(async () => await t.client({ tokenEndpoint: t.endpoint("client-401") }).getToken()),
    await thrownBy(async () => await t.client().callApi("")),
    await thrownBy(async () => await new Verifier({ domain: "auth.example", audience: AUDIENCE }).verifyAccessToken("x.y.z")),
  ];
  // Not on Bun, which prints the source around that line. On workerd the suite is one bundled file.
  const mine = /options\.mjs|worker|suite|thrownBy/;
  for (const error of errors) {
    if (Error.captureStackTrace && !globalThis.Bun) ok(mine.test(error.stack.split("\n").slice(1, 4).join("\n")), `the stack of ${error.message}: ${error.stack}`);
  }
});

test("an environment that is no object is refused", async (t) => {
  for (const env of [undefined, null, 7, "PATH=/bin"]) {
    await t.isTypeError(() => Client.fromEnv(env), "env");
    await t.isTypeError(() => Verifier.fromEnv(env), "env");
  }
});
