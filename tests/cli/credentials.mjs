// Private keys, assertions of somebody else, resources and bound tokens, against oidc-provider and an API that wants proofs.

import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forOidcProvider, makeClients } from "../authorization-servers/clients.mjs";
import { equal, ok, same } from "../runtimes/assert.mjs";
import { badKeys, makeKeys } from "../runtimes/keys.mjs";
import { claimsOf } from "../runtimes/suite/jwt.mjs";
import { startOidcProvider } from "../servers/oidc-provider.mjs";
import { expect } from "./expect.mjs";
import { HOSTS } from "./programs.mjs";

const API = "https://jwt.example";

/** @returns {Promise<{ hidden: string[] }>} parts of keys and assertions, of which no output may have any */
export async function checkCredentials(test, { programs, project, hostile }) {
  const keys = await makeKeys();
  const clients = makeClients(keys);
  const metadata = [
    ...forOidcProvider(clients),
    { client_id: "with key ids", token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [keys.es256.publicJwk, keys.rs256.publicJwk] } },
  ];
  const [server, withNonces] = await Promise.all([
    startOidcProvider({ clients: metadata }),
    startOidcProvider({ clients: metadata, nonces: true, signingAlgorithm: "ES256" }),
  ]);
  const folder = join(project, "credentials");
  mkdirSync(folder, { recursive: true });
  const file = (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  const assertions = [];
  const setting = {
    programs, server, withNonces, hostile, keys, file,
    secret: { GATEPASS_CLIENT_SECRET: clients.client_secret_post.clientSecret },
    assertion(claims) {
      assertions.push(signedAssertion(keys.rs256.privatePem, { iss: "key-RS256", sub: "key-RS256", aud: server.issuer, ...claims }));
      return assertions.at(-1);
    },
  };
  try {
    await Promise.all([HOSTS.slice(0, 2), HOSTS.slice(2)].map(async (hosts) => {
      for (const host of hosts) await checkHost(test, host, setting);
    }));
    await checkMistakes(test, setting);
  } finally {
    await Promise.all([server.close(), withNonces.close()]);
  }
  const lines = [keys.rs256, keys.stranger].flatMap(({ privatePem }) => privatePem.split("\n").filter((line) => line.length > 40));
  return { hidden: [...lines, keys.es256.privateJwk.d, keys.eddsa.privateJwk.d, ...assertions.map((one) => one.split(".")[2])] };
}

async function checkHost(test, host, { programs, server, withNonces, hostile, keys, file, secret, assertion }) {
  const gatepass = programs.on(host);
  const check = (what, body) => test(`${host}: ${what}`, body);
  const at = (one, id) => ["--issuer", one.issuer, "--client-id", id, "--resource", API];

  await check("--private-key-file signs with a PEM and with a JWK, as --signing-algorithm and --key-id say", async () => {
    const pem = file(`${host}.pem`, keys.rs256.privatePem);
    const runs = [
      ["key-RS256", pem],
      ["key-PS256", pem, "--signing-algorithm", "PS256"],
      ["with key ids", pem, "--key-id", "suite-rs256"],
      ["with key ids", file(`${host}.json`, keys.es256.privateJwk)],
      ["key-EdDSA", file(`${host}-ed.json`, { ...keys.eddsa.privateJwk, kid: undefined })],
    ];
    for (const [id, path, ...more] of runs) {
      const result = await gatepass(["token", ...at(server, id), "--private-key-file", path, ...more]);
      expect(result, 0);
      same([claimsOf(result.stdout).client_id, claimsOf(result.stdout).aud], [id, API], "client and audience");
    }
    expect(await gatepass(["token", ...at(server, "with key ids"), "--private-key-file", pem, "--key-id", "suite-es256"]), 3, { stderr: "invalid_client" });
  });

  await check("a private key that is somebody else's is exit code 3, in the words of the command line", async () => {
    const result = await gatepass(["token", ...at(server, "key-RS256"), "--private-key-file", file(`${host}-stranger.pem`, keys.stranger.privatePem)]);
    expect(result, 3, { stderr: ["invalid_client", "--client-id", "--auth-method"] });
    ok(!/options\.|clientId/.test(result.stderr), result.stderr);
  });

  await check("--client-assertion-file sends what somebody else has signed; used twice it is refused", async () => {
    const flags = [...at(server, "key-RS256"), "--client-assertion-file", file(`${host}.jwt`, `${assertion()}\n`)];
    const first = await gatepass(["token", ...flags]);
    expect(first, 0);
    equal(claimsOf(first.stdout).client_id, "key-RS256", "client");
    expect(await gatepass(["token", ...flags]), 3, { stderr: "invalid_client" });
    const doctor = await gatepass(["doctor", ...at(server, "key-RS256"), "--client-assertion-file", file(`${host}-2.jwt`, assertion())]);
    expect(doctor, 0, { stdout: ["✓ passed  token request", "✓ passed  signature"] });
  });

  await check("--resource names the API, several are all sent, and doctor compares them with the token", async () => {
    const flags = ["--issuer", server.issuer, "--client-id", "post"];
    const doctor = await gatepass(["doctor", ...flags, "--resource", API], { env: secret });
    expect(doctor, 0, { stdout: `✓ passed  resource       ${API}` });
    // oidc-provider gives a token for one resource only, and says so when it is asked for two.
    expect(await gatepass(["token", ...flags, "--resource", API, "--resource", "https://opaque.example"], { env: secret }), 3, { stderr: "only a single resource" });
    const opaque = await gatepass(["token", ...flags, "--resource", "https://opaque.example"], { env: secret });
    expect(opaque, 0);
    ok(/^[\w-]+\n$/.test(opaque.stdout), "it is no opaque token");
    expect(await gatepass(["token", ...flags, "--resource", "orders"], { env: secret }), 2, { stderr: "--resource must be an absolute URI" });
  });

  await check("--dpop binds the token to a key: `token` says so, `verify` says so, and `call` proves it, with the nonces of both servers", async () => {
    const flags = [...at(server, "post"), "--dpop"];
    const token = await gatepass(["token", "--json", ...flags], { env: secret });
    expect(token, 0);
    const { access_token: value, token_type: type } = JSON.parse(token.stdout);
    equal(type, "DPoP", "token type");
    ok(claimsOf(value).cnf?.jkt, "the token is not bound");
    expect(await gatepass(["verify", "-", "--issuer", server.issuer, "--audience", API], { input: `DPoP ${value}` }), 0, { stdout: ["accepted", "✓ bound"] });
    const header = await gatepass(["token", "--header", ...flags], { env: secret });
    expect(header, 0, { stdout: "Authorization: DPoP ", stderr: "warning: a DPoP token needs a proof" });

    const api = `${hostile.resources}/resource/dpop-nonce/t-cli-${host}`;
    const call = await gatepass(["call", api, "-d", "{}", ...at(withNonces, "post"), "--dpop"], { env: secret });
    expect(call, 0, { stdout: '"method":"POST"', stderr: "200" });
    const doctor = await gatepass(["doctor", `${api}-doctor`, ...flags], { env: secret });
    expect(doctor, 0, { stdout: ["a DPoP token", "✓ passed  API call"] });
  });

  await check("a server that answers --dpop with a Bearer token is exit code 3", async () => {
    const endpoint = `${hostile.origin}/token/dpop-answers-bearer/t-cli-${host}`;
    const result = await gatepass(["token", "--dpop", "--token-endpoint", endpoint, "--client-id", "a"], { env: secret });
    expect(result, 3, { stderr: ["unsupported_token_type", "without it Bearer tokens"] });
  });
}

/** What a user can do wrong, on one runtime. */
async function checkMistakes(test, { programs, server, hostile, file, secret, assertion }) {
  const gatepass = programs.on("bin");
  const as = (id) => ["--issuer", server.issuer, "--client-id", id];

  await test("a file that holds no private key is exit code 2, and the message names the flag and what to do", async () => {
    const bad = await badKeys();
    const told = {
      encryptedPem: "openssl pkcs8", pkcs1Pem: "convert it", sec1Pem: "convert it", publicPem: "public key",
      certificate: "certificate", truncatedPem: "cut off", otherCurvePem: "not supported",
    };
    const files = [
      ...Object.entries(told).map(([name, said]) => [name, bad[name], said]),
      ["empty", "", "-----BEGIN PRIVATE KEY-----"],
      ["not-json", "{ no", "no JSON"],
      ["no-jwk", { keys: [] }, "an object with kty"],
    ];
    for (const [name, content, said] of files) {
      const result = await gatepass(["token", ...as("key-RS256"), "--private-key-file", file(name, content)]);
      expect(result, 2, { stderr: said });
      ok(name === "not-json" || result.stderr.includes("--private-key-file"), `${name}: ${result.stderr}`);
    }
    expect(await gatepass(["token", ...as("key-RS256"), "--private-key-file", "missing.pem"]), 2, { stderr: "there is no such file" });
  });

  await test("an assertion's file that is not there or empty is exit code 2, and nothing is sent", async () => {
    const none = ["--token-endpoint", `${hostile.origin}/token/ok/t-cli-no-assertion`, "--client-id", "a"];
    expect(await gatepass(["token", ...none, "--client-assertion-file", "missing.jwt"]), 2, { stderr: "missing.jwt: there is no such file" });
    expect(await gatepass(["token", ...none, "--client-assertion-file", file("empty.jwt", " \n")]), 2, { stderr: "it is empty" });
    const doctor = await gatepass(["doctor", ...none, "--client-assertion-file", "missing.jwt"]);
    expect(doctor, 1, { stdout: ["✗ failed  configuration", "there is no such file"] });
    same(await (await fetch(`${hostile.origin}/_seen/t-cli-no-assertion`)).json(), [], "what was sent");
  });

  await test("an assertion that has ended, or is for somebody else, is exit code 3", async () => {
    for (const [name, claims] of [["ended", { exp: 1_000_000_000 }], ["other", { aud: "https://other.example" }]]) {
      expect(await gatepass(["token", ...as("key-RS256"), "--client-assertion-file", file(`${name}.jwt`, assertion(claims))]), 3, { stderr: "invalid_client" });
    }
  });

  await test("two credentials among the flags are exit code 2; one among them wins over another in the environment", async () => {
    const path = file("one.jwt", assertion());
    expect(await gatepass(["token", ...as("key-RS256"), "--private-key-file", path, "--client-assertion-file", path]), 2, { stderr: "only one may be given" });
    expect(await gatepass(["token", ...as("key-RS256"), "--resource", API, "--client-assertion-file", path], { env: secret }), 0);
  });

  await test("an API that wants bound tokens: `call` says that --dpop asks for one", async () => {
    const result = await gatepass(["call", `${hostile.resources}/resource/dpop/t-cli-bearer`, ...as("post")], { env: secret });
    expect(result, 6, { stderr: ["401", "the API says: DPoP", "--dpop asks for one"] });
    const bound = await gatepass(["call", `${hostile.resources}/resource/dpop-nonce-never-right/t-cli-never`, ...as("post"), "--dpop"], { env: secret });
    expect(bound, 6, { stderr: "use_dpop_nonce" });
    ok(!bound.stderr.includes("--dpop asks"), "it says what was done already");
  });
}

/** As a workload's platform makes it, with nothing of gatepass. */
function signedAssertion(privatePem, claims) {
  const now = Math.floor(Date.now() / 1000);
  const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${encoded({ alg: "RS256", typ: "JWT" })}.${encoded({ jti: randomUUID(), iat: now - 1, exp: now + 120, ...claims })}`;
  return `${input}.${sign("sha256", Buffer.from(input), createPrivateKey(privatePem)).toString("base64url")}`;
}
