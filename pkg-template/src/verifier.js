// Tokens that arrive: access tokens at an API, alone or in a request, and ID tokens at a client.

import { snapshot } from "#glue";
import { base64url, plainExpected, plainOptions } from "../../src/js/verifier_options.js";
import { answerFor, metadataResponse, noncesOf } from "./answer.js";
import { background } from "./background.js";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";
import { incoming, thumbprintOf } from "./incoming.js";
import { introspected, isOpaque } from "./opaque.js";
import { openVerifier, recall, remember } from "./remembered.js";
import { askFunctions, requirementsOf } from "./requirements.js";
import { isPromise, retraced, traced, tracedCall, tracedPromise } from "./traced.js";

const ENVIRONMENT = {
  GATEPASS_DOMAIN: "domain",
  GATEPASS_ISSUER: "issuer",
  GATEPASS_AUDIENCE: "audience",
};

const REQUIRED = [["GATEPASS_DOMAIN", "GATEPASS_ISSUER"], ["GATEPASS_AUDIENCE"]];

const MAX_TOKEN_SIZE = 16_384;
const LEEWAY = 5;

export class Verifier {
  #options;
  /** What is the same for verifiers that accept the same tokens. */
  #plain;
  #memory;

  constructor(options) {
    traced(new.target, () => {
      this.#options = snapshot(options, "options");
      this.#plain = plainOptions(this.#options);
      this.#memory = openVerifier(this.#plain);
    });
  }

  static fromEnv(env, overrides) {
    return traced(this.fromEnv, () => new this(fromEnvironment(env, overrides, ENVIRONMENT, REQUIRED)));
  }

  verifyAccessToken(token, requirements) {
    try {
      const wanted = requirements === undefined ? undefined : requirementsOf(requirements);
      // What is known at once is not waited for, which takes longer than most of what is known at once.
      return Promise.resolve(this.#known(token, claimsOf, wanted));
    } catch (error) {
      return Promise.reject(retraced(error, this.verifyAccessToken));
    }
  }

  verifyIdToken(token, expected) {
    return tracedCall(() => this.#idToken(token, expected));
  }

  authorize(request, requirements) {
    return tracedCall(() => this.#authorize(request, requirements));
  }

  resourceMetadataResponse() {
    return traced(this.resourceMetadataResponse, () => metadataResponse(this.#options));
  }

  /** What `finish` makes of what is known of a good access token, its claims as text, and of what is wanted. Or a promise of it. */
  #known(token, finish, wanted) {
    const end = typeof token === "string" ? this.#memory.endOf(token) : undefined;
    const known = recall(this.#memory, token, end);
    if (known !== undefined) return finish(known, wanted);
    const { introspection, maxTokenSize = MAX_TOKEN_SIZE } = this.#options;
    if (introspection !== undefined && isOpaque(token) && token.length <= maxTokenSize) return tracedPromise(introspected(token, this.#options, this.#plain), (known) => finish(known, wanted));
    const by = core();
    const verified = this.#verified(token);
    if (!isPromise(verified)) return finish(remember(this.#memory, token, end, verified, by), wanted);
    return tracedPromise(verified, (verified) => finish(remember(this.#memory, token, end, verified, by), wanted));
  }

  async #authorize(request, given) {
    const { certificate, ...rest } = given === undefined ? {} : snapshot(given, "requirements");
    const requirements = requirementsOf(rest);
    const { method, url, authorization, dpop, ...arrived } = incoming(request);
    const thumbprint = await thumbprintOf(certificate ?? arrived.certificate);
    const { leeway = LEEWAY, dpop: rules } = this.#options;
    const isDpop = /^\s*dpop\b/i.test(authorization);
    let wantsProof = isDpop;
    try {
      const token = core().readCredentials(authorization);
      const payload = await this.#known(token, ({ payload }) => payload);
      const claims = JSON.parse(payload);
      let dpopNonce;
      // Most tokens are bearer tokens, bound to nothing.
      if (isDpop || claims.cnf !== undefined) {
        wantsProof ||= claims.cnf?.jkt !== undefined;
        dpopNonce = await core().admitRequest(payload, isDpop, token, method, url, dpop, thumbprint, leeway, noncesOf(rules), rules?.replayStore);
      }
      if (given !== undefined) core().checkRequirements(payload, requirements.plain);
      askFunctions(requirements.claims, claims);
      const admitted = { claims, token, scheme: isDpop ? "DPoP" : "Bearer" };
      return dpopNonce === undefined ? admitted : { ...admitted, dpopNonce };
    } catch (error) {
      throw answerFor(error, this.#options, wantsProof, rest.scopes);
    }
  }

  async #idToken(token, given) {
    const expected = given === undefined ? {} : snapshot(given, "expected");
    // A verifier of ID tokens is a client, and its audience is its own name.
    const { audience } = this.#options;
    const only = Array.isArray(audience) && audience.length === 1 ? audience[0] : audience;
    expected.clientId ??= typeof only === "string" ? only : undefined;
    if (expected.clientId === undefined) throw new TypeError("gatepass: expected.clientId must be given: options.audience is not one client id");
    const { payload } = await this.#verified(token, await withHashes(plainExpected(expected)));
    return JSON.parse(payload);
  }

  /** Itself or a promise. */
  #verified(token, expected) {
    if (typeof token !== "string") throw new TypeError("gatepass: token must be a string (of an AccessToken, its accessToken)");
    // One character more than allowed is enough to be refused: a huge text is not copied.
    const { maxTokenSize = MAX_TOKEN_SIZE } = this.#options;
    const text = token.length > maxTokenSize ? token.slice(0, maxTokenSize + 1) : token;
    const found = this.#ask(text, expected);
    if (found !== undefined) return found;
    // It was dropped in the core, where there is room for some only.
    this.#memory.handle = core().openVerifier(this.#plain);
    return this.#ask(text, expected);
  }

  #ask(text, expected) {
    const { fetch, onEvent, store } = this.#options;
    // Most verifiers are given none of these, and each that is handed over takes its time.
    const given = fetch === undefined && onEvent === undefined && store === undefined ? undefined : { fetch, onEvent, store };
    return core().verifyToken(this.#memory.handle, text, expected, given, background(this.#options));
  }
}

/** Anew for each caller, who may change them. */
function claimsOf({ payload }, requirements) {
  const claims = JSON.parse(payload);
  if (requirements !== undefined) {
    core().checkRequirements(payload, requirements.plain);
    askFunctions(requirements.claims, claims);
  }
  return claims;
}

/** As JSON text, with what `at_hash` and `c_hash` may be: the left halves of the hashes that algorithms can have. */
async function withHashes(expected) {
  for (const name of ["accessToken", "code"]) {
    if (expected[name] === undefined) continue;
    const text = new TextEncoder().encode(expected[name]);
    const half = async (hash) => {
      const digest = new Uint8Array(await crypto.subtle.digest(hash, text));
      return base64url(digest.subarray(0, digest.length / 2));
    };
    expected[name] = await Promise.all(["SHA-256", "SHA-384", "SHA-512"].map(half));
  }
  return JSON.stringify(expected);
}
