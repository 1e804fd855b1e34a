// That the strict cases of the hostile server are strict: each takes the request that is right, made here by hand and with
// jose, and refuses it as soon as one thing about it is wrong.

import { createHash, randomUUID } from "node:crypto";
import { request as send } from "node:http";
import { importJWK, SignJWT } from "jose";
import { equal } from "../../runtimes/assert.mjs";

const CLIENT = { clientId: "client +", clientSecret: "canary-secret /", audience: "https://auth.example/" };
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const seconds = () => Math.floor(Date.now() / 1000);
let tags = 0;

const basic = (id, secret) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` });
const SECRET_FORM = { client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret };
const TRANSPORT = {
  "without Accept": { headers: { accept: undefined } },
  "with another Accept": { headers: { accept: "*/*" } },
  "with a chunked body": { headers: { "content-length": undefined, "transfer-encoding": "chunked" } },
  "with a body that is not called a form": { headers: { "content-type": "text/plain" } },
  "with another grant": { form: { grant_type: "password" } },
  "with a parameter twice": { twice: "scope" },
};
/** A right request of each kind, and what makes it wrong. A claim that is a function is the value it gives when it is sent. */
const STRICT = {
  "asks-for-post": {
    right: { form: SECRET_FORM },
    wrong: {
      ...TRANSPORT,
      "with a wrong secret": { form: { client_secret: "wrong" } },
      "with credentials in two places": { headers: basic("client%20%2B", "canary-secret%20%2F") },
    },
  },
  "asks-for-basic-form-encoded": {
    right: { headers: basic("client+%2B", "canary-secret%20%2F") },
    wrong: {
      "not encoded": { headers: basic("client +", "canary-secret /") },
      "with the id in the body too": { form: { client_id: CLIENT.clientId } },
      "with the scheme in lower case": { headers: { authorization: basic("client+%2B", "canary-secret+%2F").authorization.replace("Basic", "basic") } },
      "without padding": { headers: { authorization: basic("client+%2B", "canary-secret+%2F").authorization.replace(/=+$/, "") } },
    },
  },
  "asks-for-basic-percent-encoded": {
    right: { headers: basic("client%20%2B", "canary-secret%20%2F") },
    wrong: { "with a plus sign for a space": { headers: basic("client+%2B", "canary-secret+%2F") } },
  },
  "asks-for-basic-not-encoded": {
    right: { headers: basic("client +", "canary-secret /") },
    wrong: { encoded: { headers: basic("client%20%2B", "canary-secret%20%2F") } },
  },
  "asks-for-no-secret": {
    right: { form: { client_id: CLIENT.clientId } },
    wrong: { "with a secret": { form: SECRET_FORM }, "with another client": { form: { client_id: "other" } } },
  },
  "asks-for-assertion-to-text": {
    right: { claims: {} },
    wrong: {
      "for another audience": { claims: { aud: "https://other.example" } },
      "for a list of audiences": { claims: { aud: [CLIENT.audience] } },
      "with nbf": { claims: { nbf: 0 } },
      "dated now, for a clock that lags": { claims: { iat: seconds }, early: true },
      "from the future": { claims: { iat: () => seconds() + 1 } },
      "without iat": { claims: { iat: undefined } },
      "without exp": { claims: { exp: undefined } },
      "that has expired": { claims: { exp: () => seconds() - 1 } },
      "that lives for an hour": { claims: { exp: () => seconds() + 3600 } },
      "without jti": { claims: { jti: undefined } },
      "of somebody else": { claims: { sub: "other" } },
      "with another algorithm": { header: { alg: "ES384" } },
      "with another type": { header: { typ: "dpop+jwt" } },
      "with a kid that nobody registered": { header: { kid: "1" } },
      "with another client_id beside it": { form: { client_id: "other" } },
      "with a secret beside it": { form: { client_secret: CLIENT.clientSecret } },
      "with another assertion type": { form: { client_assertion_type: "jwt" } },
    },
  },
  dpop: {
    right: { form: SECRET_FORM, proof: {} },
    wrong: {
      "without a proof": { proof: undefined },
      "for another method": { proof: { claims: { htm: "GET" } } },
      "for another address": { proof: { claims: { htu: "http://127.0.0.1/token" } } },
      "with the query in the address": { query: "?a=b", proof: { query: true } },
      "dated now, for a clock that lags": { proof: { claims: { iat: seconds } }, early: true },
      "from the future": { proof: { claims: { iat: () => seconds() + 1 } } },
      "of last hour": { proof: { claims: { iat: () => seconds() - 3600 } } },
      "with a private key": { proof: { privateKey: true } },
      "of another type": { proof: { header: { typ: "JWT" } } },
      "with a token's hash": { proof: { claims: { ath: createHash("sha256").update("x").digest("base64url") } } },
    },
  },
  "asks-for-two-resources": {
    right: { form: { ...SECRET_FORM, resource: ["https://api.example/one", "https://api.example/two"] } },
    wrong: {
      "in one parameter": { form: { resource: "https://api.example/one https://api.example/two" } },
      "only one": { form: { resource: "https://api.example/one" } },
    },
  },
  "asks-for-organization": { right: { form: { ...SECRET_FORM, organization: "o" } }, wrong: { "without one": { form: { organization: undefined } } } },
  "asks-for-no-organization": { right: { form: SECRET_FORM }, wrong: { "with one": { form: { organization: "o" } } } },
  "asks-for-details": {
    right: { form: { ...SECRET_FORM, authorization_details: '[{"type":"a"}]' } },
    wrong: { "that are no array": { form: { authorization_details: '{"type":"a"}' } }, "without a type": { form: { authorization_details: "[{}]" } } },
  },
};

/** @param {Function} test @param {{ hostile: object, keys: object }} setting */
export async function checkHostile(test, { hostile, keys }) {
  for (const [name, { right, wrong }] of Object.entries(STRICT)) {
    await test(`the strict case takes what is right: ${name}`, async () => {
      equal((await play(hostile, keys, name, right)).status, 200, "status");
    });
    for (const [what, change] of Object.entries(wrong)) {
      await test(`the strict case refuses what is wrong: ${name}, ${what}`, async () => {
        const { status } = await play(hostile, keys, name, merge(right, change));
        equal(status >= 400 && status < 500, true, `a refusal with a 4xx status, not ${status}`);
      });
    }
  }

  for (const place of ["asks-for-assertion-to-text", "dpop"]) {
    await test(`the strict case takes each jti once: ${place}`, async () => {
      const tag = `t-checks-${(tags += 1)}`;
      const jti = randomUUID();
      const spec = place === "dpop" ? { form: SECRET_FORM, proof: { claims: { jti } } } : { claims: { jti } };
      equal((await play(hostile, keys, place, spec, tag)).status, 200, "status of the first");
      oneOf4xx((await play(hostile, keys, place, spec, tag)).status);
    });
  }

  await test("the cases with a nonce grant nothing without it, and everything with it", async () => {
    const tag = `t-checks-${(tags += 1)}`;
    const first = await play(hostile, keys, "dpop-nonce", { form: SECRET_FORM, proof: {} }, tag);
    equal(first.status, 400, "status without");
    const second = await play(hostile, keys, "dpop-nonce", { form: SECRET_FORM, proof: { claims: { nonce: first.headers["dpop-nonce"] } } }, tag);
    equal(second.status, 200, "status with");
  });

  await test("a case that there is not is no case that passes", async () => {
    equal((await play(hostile, keys, "no-such-case", { form: SECRET_FORM })).status, 500, "status");
  });
}

function oneOf4xx(status) {
  equal(Math.floor(status / 100), 4, "the hundreds of the status");
}

function merge(right, { form, headers, claims, header, ...others }) {
  return {
    ...right,
    ...others,
    form: { ...right.form, ...form },
    headers: { ...right.headers, ...headers },
    claims: right.claims && { ...right.claims, ...claims },
    header,
  };
}

async function play(hostile, keys, name, { form = {}, headers = {}, claims, header, proof, query = "", twice, early }, tag = `t-checks-${(tags += 1)}`) {
  // A second that has just begun: one that is nearly over is the past already for a clock that lags.
  if (early) await new Promise((resolve) => setTimeout(resolve, 1_050 - (Date.now() % 1_000)));
  const key = await importJWK(keys.es256.privateJwk, "ES256");
  const { kid, use, alg, ...jwk } = keys.es256.publicJwk;
  await fetch(`${hostile.origin}/_client/${tag}`, { method: "PUT", body: JSON.stringify({ ...CLIENT, alg: "ES256", key: jwk }) });
  const url = `${hostile.origin}/token/${name}/${tag}`;

  const body = new URLSearchParams({ grant_type: "client_credentials" });
  if (claims) {
    body.set("client_assertion_type", ASSERTION_TYPE);
    body.set("client_assertion", await jwt(key, keys, { alg: "ES256", ...header }, {
      iss: CLIENT.clientId, sub: CLIENT.clientId, aud: CLIENT.audience, iat: seconds() - 1, exp: seconds() + 60, jti: randomUUID(), ...claims,
    }));
  }
  for (const [parameter, value] of Object.entries(form)) {
    if (value === undefined) body.delete(parameter);
    else if (Array.isArray(value)) value.forEach((one) => body.append(parameter, one));
    else body.set(parameter, value);
  }
  if (twice) ["a", "b"].forEach((value) => body.append(twice, value));

  const text = body.toString();
  const all = { accept: "application/json", "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(text), ...headers };
  if (proof) {
    const shown = proof.privateKey ? keys.es256.privateJwk : jwk;
    all.dpop = await jwt(key, keys, { alg: "ES256", typ: "dpop+jwt", jwk: shown, ...proof.header }, {
      htm: "POST", htu: url + (proof.query ? query : ""), iat: seconds() - 1, jti: randomUUID(), ...proof.claims,
    });
  }
  return exchange(url + query, Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)), text);
}

async function jwt(key, keys, header, claims) {
  const signer = header.alg === "ES384" ? await importJWK(keys.es384.privateJwk, "ES384") : key;
  const values = Object.entries(claims).map(([name, value]) => [name, typeof value === "function" ? value() : value]);
  return new SignJWT(JSON.parse(JSON.stringify(Object.fromEntries(values)))).setProtectedHeader(header).sign(signer);
}

/** node:http, because fetch sets headers of its own. */
function exchange(url, headers, body) {
  return new Promise((resolve, reject) => {
    const request = send(url, { method: "POST", headers }, (response) => {
      response.resume().once("end", () => resolve({ status: response.statusCode, headers: response.headers }));
    });
    request.once("error", reject);
    request.end(body);
  });
}
