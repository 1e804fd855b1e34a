// Tokens and API calls. The core keeps what a client is behind a number and may drop it when there
// are many; it then reads the options again, so they are kept here as they were at construction.

import { AccessToken, apiRequest, changed, notify, sendApiRequest, snapshot } from "#glue";
import { background, backgroundOf } from "./background.js";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";
import { patienceOf } from "./patience.js";
import { traced, tracedPromise } from "./traced.js";

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

const REQUIRED = [
  ["GATEPASS_DOMAIN", "GATEPASS_ISSUER", "GATEPASS_TOKEN_ENDPOINT"],
  ["GATEPASS_CLIENT_ID"],
  ["GATEPASS_CLIENT_SECRET"],
];

/** What a client holds that has not been given a token from memory yet. */
const NOTHING = { token: undefined, from: 0, until: 0, change: 0, name: undefined };
/** What is told of a token that is held. */
const SERVED = ["source", "memory"];

export class Client {
  #handle;
  #options;
  #held = NOTHING;
  #fetch;

  constructor(options) {
    traced(new.target, () => {
      this.#options = snapshot(options, "options");
      this.#handle = core().openClient(this.#options);
    });
  }

  static fromEnv(env, overrides) {
    return traced(this.fromEnv, () => new this(fromEnvironment(env, overrides, ENVIRONMENT, REQUIRED)));
  }

  // Nearly every call finds its token in memory: a promise that is resolved already, and a new one each
  // time, because on workerd it belongs to the request.
  getToken(request) {
    if (request !== undefined) return tracedPromise(this.#tokenFor(request));
    const now = Date.now();
    const { token, from, until, change, name } = this.#held;
    if (now < until && now >= from && change === changed.count) {
      if (name !== undefined) notify(this.#options.onEvent, "token_served", name, SERVED);
      return Promise.resolve(token);
    }
    const found = core().clientGetToken(this.#handle, this.#options, undefined, background(this.#options));
    if (!(found instanceof AccessToken)) return tracedPromise(found);
    this.#held = {
      token: found,
      from: now,
      until: core().clientFreshUntil(this.#handle),
      change: changed.count,
      // How events name it, where somebody listens.
      name: this.#options.onEvent && this.explain().key,
    };
    return Promise.resolve(found);
  }

  async #tokenFor(given) {
    const request = snapshot(given, "request");
    const patience = patienceOf(request);
    const keep = backgroundOf(request, "request", this.#options);
    return patience(core().clientGetToken(this.#handle, this.#options, request, keep));
  }

  callApi(input, init) {
    return tracedPromise(this.#call(input, init, false));
  }

  get fetch() {
    this.#fetch ??= (input, init) => tracedPromise(this.#call(input, init, true));
    return this.#fetch;
  }

  async #call(input, init, isDropIn) {
    const keep = isDropIn ? background(this.#options) : backgroundOf(init, "init", this.#options);
    return sendApiRequest(new ApiClient(this.#handle, this.#options, keep), apiRequest(input, init, isDropIn));
  }

  invalidate(request) {
    return tracedPromise(this.#invalidate(request));
  }

  async #invalidate(given) {
    const { token, ...request } = given === undefined ? {} : snapshot(given, "request");
    if (token !== undefined && !(token instanceof AccessToken)) throw new TypeError("gatepass: request.token must be an AccessToken");
    return core().clientInvalidate(this.#handle, this.#options, request, token?.accessToken);
  }

  introspect(token) {
    return tracedPromise(this.#about(token, core().clientIntrospect));
  }

  revoke(token) {
    return tracedPromise(this.#about(token, core().clientRevoke));
  }

  async #about(token, ask) {
    const text = token instanceof AccessToken ? token.accessToken : token;
    if (typeof text !== "string" || text === "") throw new TypeError("gatepass: token must be an AccessToken, or a non-empty string");
    return ask(this.#handle, this.#options, text);
  }

  explain(request) {
    return traced(this.explain, () => core().clientExplain(this.#handle, this.#options, request));
  }
}

/** What an API call asks of the client that makes it. */
class ApiClient {
  #client;
  #keep;

  constructor(handle, options, keep) {
    this.#client = [handle, options];
    this.#keep = keep;
    this.fetch = options.fetch;
  }

  check(facts) {
    return core().clientCheckApiCall(...this.#client, facts);
  }

  next(facts) {
    return core().clientNextStep(...this.#client, facts);
  }

  token() {
    return core().clientGetToken(...this.#client, undefined, this.#keep);
  }

  async renew(token) {
    await core().clientInvalidate(...this.#client, undefined, token.accessToken);
    return this.token();
  }
}

export async function getToken(options, request) {
  return new Client(options).getToken(request);
}

export async function callApi(options, input, init) {
  return new Client(options).callApi(input, init);
}
