// Requests that arrive at an API of these tests, and who decides about them.

import { Verifier } from "gatepass";
import { equal, ok } from "../assert.mjs";
import { AUDIENCE, claims, ISSUER, signToken } from "./jwt.mjs";

export const URL_OF_API = "https://api.example/orders?page=2";

/** A verifier of this test's own key set, which has the key that signs tokens. */
export async function verifierOf(t, changes = {}, keys = "good") {
  await t.publish(t.config.keys.rs256.publicJwk);
  return new Verifier({ issuer: ISSUER, jwksUri: t.keys(keys), audience: AUDIENCE, ...changes });
}

/** A good token with these claims besides. */
export const tokenWith = (t, changes = {}) => signToken(t, { claims: claims(changes) });

export function requestWith(headers, url = URL_OF_API, method = "GET") {
  return new Request(url, { method, headers });
}

export const bearer = (token) => requestWith({ authorization: `Bearer ${token}` });

/** What an answer is like, its body read. */
export async function read(response) {
  ok(response instanceof Response, "it is the host's Response");
  equal(response.headers.get("cache-control"), "no-store", "cache-control");
  const text = await response.text();
  const challenge = response.headers.get("www-authenticate");
  return { status: response.status, challenge, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
}

/** Runs `authorize`, which must be refused like this; gives the error and the answer. */
export async function refused(t, action, expected) {
  const error = await t.rejects(action, expected);
  return { error, ...(await read(error.toResponse())) };
}
