// Access tokens, and requests with them, that arrive at an API.

import { snapshot } from "#glue";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";
import { incoming, thumbprintOf } from "./incoming.js";
import { traced, tracedPromise } from "./traced.js";

const ENVIRONMENT = {
  GATEPASS_DOMAIN: "domain",
  GATEPASS_ISSUER: "issuer",
  GATEPASS_AUDIENCE: "audience",
};

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

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
    const thumbprint = await thumbprintOf(requirements?.certificate ?? certificate);
    const options = this.#options;
    const replayStore = options.dpop?.replayStore;
    const admitted = core().verifierAuthorize(this.#handle, options, method, url, authorization, dpop, thumbprint, replayStore);
    const [claims, scheme, dpopNonce] = await admitted;
    const token = authorization.trim().split(" ").at(-1);
    return dpopNonce === undefined ? { claims, token, scheme } : { claims, token, scheme, dpopNonce };
  }

  resourceMetadataResponse() {
    return traced(this.resourceMetadataResponse, () => {
      const { domain, issuer, resourceMetadata } = this.#options;
      if (typeof resourceMetadata !== "object") throw new TypeError("gatepass: options.resourceMetadata must be an object with the member resource");
      const metadata = {
        authorization_servers: [issuer ?? `${LOOPBACK.test(domain) ? "http" : "https"}://${domain}/`].flat(),
        bearer_methods_supported: ["header"],
        ...resourceMetadata,
      };
      const headers = { "content-type": "application/json", "cache-control": "public, max-age=3600", "access-control-allow-origin": "*" };
      return new Response(JSON.stringify(metadata), { headers });
    });
  }
}
