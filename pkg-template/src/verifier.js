// Access tokens that arrive at an API.

import { snapshot } from "#glue";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";

const ENVIRONMENT = {
  GATEPASS_DOMAIN: "domain",
  GATEPASS_ISSUER: "issuer",
  GATEPASS_AUDIENCE: "audience",
};

export class Verifier {
  #handle;
  #options;

  constructor(options) {
    this.#options = snapshot(options, "options");
    this.#handle = core().openVerifier(this.#options);
  }

  static fromEnv(env, overrides) {
    return new Verifier(fromEnvironment(env, overrides, ENVIRONMENT));
  }

  verifyAccessToken(token) {
    return core().verifyAccessToken(this.#handle, this.#options, token);
  }
}
