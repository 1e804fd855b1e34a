// Access tokens that arrive at an API.

import { snapshot } from "#glue";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";
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
      this.#handle = core().openVerifier(this.#options);
    });
  }

  static fromEnv(env, overrides) {
    return traced(this.fromEnv, () => new this(fromEnvironment(env, overrides, ENVIRONMENT, REQUIRED)));
  }

  verifyAccessToken(token) {
    return tracedPromise(core().verifierVerifyAccessToken(this.#handle, this.#options, token));
  }
}
