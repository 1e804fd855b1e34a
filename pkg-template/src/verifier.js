// Access tokens, and requests with them, that arrive at an API.

import { snapshot } from "#glue";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";
import { certificateOf, incoming } from "./incoming.js";
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

  authorize(request, requirements) {
    return tracedPromise(this.#authorize(request, requirements));
  }

  async #authorize(request, requirements) {
    const { method, url, authorization, dpop, certificate } = incoming(request);
    const [thumbprint, der] = certificateOf(requirements?.certificate ?? certificate);
    const admitted = core().verifierAuthorize(this.#handle, this.#options, method, url, authorization, dpop, thumbprint, der);
    const [claims, token, scheme, dpopNonce] = await admitted;
    return dpopNonce === undefined ? { claims, token, scheme } : { claims, token, scheme, dpopNonce };
  }

  resourceMetadataResponse() {
    return traced(this.resourceMetadataResponse, () => {
      const { resourceMetadata } = this.#options;
      if (typeof resourceMetadata !== "object") throw new TypeError("gatepass: options.resourceMetadata must be an object with the member resource");
      const metadata = {
        authorization_servers: core().verifierIssuers(this.#handle, this.#options),
        bearer_methods_supported: ["header"],
        ...resourceMetadata,
      };
      const headers = { "content-type": "application/json", "cache-control": "public, max-age=3600", "access-control-allow-origin": "*" };
      return new Response(JSON.stringify(metadata), { headers });
    });
  }
}
