// Tokens and API calls. The core keeps what a client is behind a number and may drop it when there
// are many; it then reads the options again, so they are kept here as they were at construction.

import { snapshot } from "#glue";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";

const ENVIRONMENT = {
  GATEPASS_DOMAIN: "domain",
  GATEPASS_ISSUER: "issuer",
  GATEPASS_TOKEN_ENDPOINT: "tokenEndpoint",
  GATEPASS_CLIENT_ID: "clientId",
  GATEPASS_CLIENT_SECRET: "clientSecret",
  GATEPASS_AUDIENCE: "audience",
  GATEPASS_SCOPE: "scope",
  GATEPASS_ORGANIZATION: "organization",
};

export class Client {
  #handle;
  #options;

  constructor(options) {
    this.#options = snapshot(options, "options");
    this.#handle = core().openClient(this.#options);
  }

  static fromEnv(env, overrides) {
    return new Client(fromEnvironment(env, overrides, ENVIRONMENT));
  }

  getToken(request) {
    return core().getToken(this.#handle, this.#options, request);
  }

  callApi(input, init) {
    return core().callApi(this.#handle, this.#options, input, init);
  }
}

export async function getToken(options, request) {
  return new Client(options).getToken(request);
}

export async function callApi(options, input, init) {
  return new Client(options).callApi(input, init);
}
