// Tokens that arrive: access tokens at an API, alone or in a request, and ID tokens at a client.

import { snapshot } from "#glue";
import { answerFor, metadataResponse } from "./answer.js";
import { background } from "./background.js";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";
import { incoming, thumbprintOf } from "./incoming.js";
import { recall, remember } from "./remembered.js";
import { askFunctions, requirementsOf } from "./requirements.js";
import { traced, tracedPromise } from "./traced.js";

const ENVIRONMENT = {
  GATEPASS_DOMAIN: "domain",
  GATEPASS_ISSUER: "issuer",
  GATEPASS_AUDIENCE: "audience",
};

const REQUIRED = [["GATEPASS_DOMAIN", "GATEPASS_ISSUER"], ["GATEPASS_AUDIENCE"]];

export class Verifier {
  #handle;
  #options;

  constructor(options) {
    traced(new.target, () => {
      this.#options = snapshot(options, "options");
      const { jwks } = this.#options;
      if (jwks !== undefined) this.#options.jwks = jsonOf(jwks);
      this.#handle = core().openVerifier(this.#options);
    });
  }

  static fromEnv(env, overrides) {
    return traced(this.fromEnv, () => new this(fromEnvironment(env, overrides, ENVIRONMENT, REQUIRED)));
  }

  verifyAccessToken(token, requirements) {
    if (requirements !== undefined) return tracedPromise(this.#verified(token, requirements));
    const known = recall(this.#handle, token);
    return known === undefined ? tracedPromise(this.#verified(token)) : Promise.resolve(JSON.parse(known.payload));
  }

  verifyIdToken(token, expected) {
    return tracedPromise(this.#verifiedIdToken(token, expected));
  }

  authorize(request, requirements) {
    return tracedPromise(this.#authorize(request, requirements));
  }

  resourceMetadataResponse() {
    return traced(this.resourceMetadataResponse, () => metadataResponse(this.#options));
  }

  async #verified(token, given) {
    const requirements = requirementsOf(given);
    const known = await this.#known(token, requirements);
    // Anew for each caller, who may change them.
    const claims = JSON.parse(known.payload);
    askFunctions(requirements, claims);
    return claims;
  }

  async #known(token, requirements) {
    let known = recall(this.#handle, token);
    if (known === undefined) {
      const verified = core().verifierVerifyAccessToken(this.#handle, this.#options, token, requirements, background(this.#options));
      known = verified instanceof Promise ? await verified : verified;
      remember(this.#handle, token, known);
    } else if (requirements !== undefined) {
      core().checkRequirements(known.payload, requirements);
    }
    return known;
  }

  async #authorize(request, given) {
    const { certificate, ...requirements } = requirementsOf(given) ?? {};
    const arrived = incoming(request);
    const thumbprint = await thumbprintOf(certificate ?? arrived.certificate);
    const isDpop = /^\s*dpop\b/i.test(arrived.authorization);
    let wantsProof = isDpop;
    try {
      const token = core().readCredentials(arrived.authorization ?? "");
      const { payload } = await this.#known(token);
      const claims = JSON.parse(payload);
      let dpopNonce;
      // Most tokens are bearer tokens, bound to nothing.
      if (isDpop || claims.cnf !== undefined) {
        const { method, url, dpop } = arrived;
        wantsProof ||= claims.cnf?.jkt !== undefined;
        dpopNonce = await core().admitRequest(this.#options, payload, isDpop, token, method, url, dpop, thumbprint);
      }
      if (given !== undefined) core().checkRequirements(payload, requirements);
      askFunctions(requirements, claims);
      const admitted = { claims, token, scheme: isDpop ? "DPoP" : "Bearer" };
      return dpopNonce === undefined ? admitted : { ...admitted, dpopNonce };
    } catch (error) {
      throw answerFor(error, this.#options, wantsProof, requirements.scopes);
    }
  }

  async #verifiedIdToken(token, given) {
    const expected = given === undefined ? undefined : snapshot(given, "expected");
    return core().verifierVerifyIdToken(this.#handle, this.#options, token, expected, background(this.#options));
  }
}

/** As it is now: what was checked is what is used. */
function jsonOf(jwks) {
  let text;
  try {
    if (typeof jwks === "object") text = JSON.stringify(jwks);
  } catch {
    // No JSON.
  }
  if (text === undefined) throw new TypeError("gatepass: options.jwks must be a JWK Set: { keys: [...] }");
  return text;
}
