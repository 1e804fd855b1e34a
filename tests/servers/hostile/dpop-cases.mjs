// DPoP at the token endpoint (RFC 9449 sections 5 and 8) and at an API (sections 7 and 9), each with nonces of its own.

import { sendJson } from "../recording.mjs";
import { demand, issues, Refusal } from "./answers.mjs";
import { asks, AUDIENCES, METHODS } from "./demand-cases.mjs";
import { checkProof } from "./proofs.mjs";

const grants = issues({ token_type: "DPoP" });

/** Answers a request with a good proof; what else the proof needs depends on the exchange. */
const proven = (expected = () => ({}), answer = grants) => async (exchange) => {
  await checkProof(exchange, expected(exchange));
  return answer(exchange);
};

let nonces = 0;
const newNonce = () => `nonce-${(nonces += 1)}-${Math.random().toString(36).slice(2)}`;

/** The one nonce that this test's requests need. */
const constantNonce = ({ memory }) => ({ nonce: (memory.nonce ??= newNonce()) });

/** With each answer comes a nonce, which the next request needs; the first one needs none. */
function newestNonce({ memory, response }) {
  const { nonce } = memory;
  memory.nonce = newNonce();
  response.setHeader("dpop-nonce", memory.nonce);
  return { nonce, nextNonce: memory.nonce };
}

export const dpopTokenCases = {
  dpop: proven(),
  "dpop-type-lower-case": proven(undefined, issues({ token_type: "dpop" })),
  "dpop-answers-bearer": proven(undefined, issues({})),
  "dpop-nonce": proven(constantNonce),
  // The status that RFC 9449 keeps for APIs.
  "dpop-nonce-401": proven((exchange) => ({ ...constantNonce(exchange), status: 401 })),
  "dpop-nonce-on-200": proven(newestNonce),
  "dpop-nonce-never-right": proven(() => ({ nonce: newNonce() })),
  "dpop-nonce-not-said": proven(undefined, () => {
    throw new Refusal(400, "use_dpop_nonce", "a nonce is needed in the proof");
  }),
  // The assertion is used up by the request that is refused for its nonce.
  "dpop-nonce-with-assertion": asks(METHODS.assertion(AUDIENCES.text), (exchange) => checkProof(exchange, constantNonce(exchange)), grants),
};

/** An API that takes tokens under the DPoP scheme only, with a proof for this very token. */
const protectedBy = (expected = () => ({})) => async (exchange) => {
  const { request, response, tag } = exchange;
  const [, accessToken] = /^DPoP (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
  try {
    demand(accessToken !== undefined, 401, "invalid_token", "the DPoP scheme is needed");
    await checkProof(exchange, { accessToken, status: 401, ...expected(exchange) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const headers = { "www-authenticate": `DPoP error="${error.error}", algs="ES256 EdDSA RS256 PS256"`, ...error.headers };
    return sendJson(response, 401, { error: error.error, error_description: error.message }, headers);
  }
  return sendJson(response, 200, { tag, method: request.method });
};

export const resourceCases = {
  dpop: protectedBy(),
  "dpop-nonce": protectedBy(constantNonce),
  "dpop-nonce-on-200": protectedBy(newestNonce),
  "dpop-nonce-never-right": protectedBy(() => ({ nonce: newNonce() })),
};
