// Tokens and API calls. The core keeps what a client is behind a number and may drop it when there
// are many; it then reads the options again, so they are kept here as they were at construction.

import { AccessToken, apiRequest, sendApiRequest, snapshot } from "#glue";
import { background, backgroundOf } from "./background.js";
import { core } from "./core.js";
import { fromEnvironment } from "./environment.js";
import { HeldToken } from "./held.js";
import { onlyWaits, patienceOf } from "./patience.js";
import { traced, tracedCall } from "./traced.js";

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

export class Client {
  #handle;
  #options;
  #held;
  #fetch;
  #api;

  constructor(options) {
    traced(new.target, () => {
      this.#options = snapshot(options, "options");
      this.#handle = core().openClient(this.#options);
      this.#held = new HeldToken(this.#handle, this.#options);
    });
  }

  static fromEnv(env, overrides) {
    return traced(this.fromEnv, () => new this(fromEnvironment(env, overrides, ENVIRONMENT, REQUIRED)));
  }

  // Nearly every call finds its token in memory: a promise that is resolved already, and a new one each
  // time, because on workerd it belongs to the request.
  getToken(request) {
    if (request !== undefined && !onlyWaits(request)) return tracedCall(() => this.#tokenFor(request));
    const held = this.#held.get();
    return held === undefined ? tracedCall(() => this.#asked(request)) : Promise.resolve(held);
  }

  #asked(request) {
    const found = this.#held.ask(backgroundOf(request, "request", this.#options));
    return found instanceof AccessToken || request === undefined ? found : patienceOf(request)(found);
  }

  #tokenFor(given) {
    const request = snapshot(given, "request");
    const patience = patienceOf(request);
    const keep = backgroundOf(request, "request", this.#options);
    return patience(core().clientGetToken(this.#handle, this.#options, request, keep));
  }

  callApi(input, init) {
    return tracedCall(() => this.#call(input, init, false));
  }

  get fetch() {
    this.#fetch ??= (input, init) => tracedCall(() => this.#call(input, init, true));
    return this.#fetch;
  }

  #call(input, init, isDropIn) {
    const keep = isDropIn || init === undefined ? background(this.#options) : backgroundOf(init, "init", this.#options);
    this.#api ??= new ApiClient(this.#handle, this.#options, this.#held);
    return sendApiRequest(this.#api, apiRequest(input, init, isDropIn), keep);
  }

  invalidate(request) {
    return tracedCall(() => this.#invalidate(request));
  }

  #invalidate(given) {
    const { token, ...request } = given === undefined ? {} : snapshot(given, "request");
    if (token !== undefined && !(token instanceof AccessToken)) throw new TypeError("gatepass: request.token must be an AccessToken");
    this.#held.forget();
    return core().clientInvalidate(this.#handle, this.#options, request, token?.accessToken);
  }

  introspect(token) {
    return tracedCall(() => this.#about(token, false));
  }

  revoke(token) {
    return tracedCall(() => this.#about(token, true));
  }

  #about(token, isToEnd) {
    const text = token instanceof AccessToken ? token.accessToken : token;
    if (typeof text !== "string" || text === "") throw new TypeError("gatepass: token must be an AccessToken, or a non-empty string");
    return core().clientAskAbout(this.#handle, this.#options, text, isToEnd);
  }

  explain(request) {
    return traced(this.explain, () => core().clientExplain(this.#handle, this.#options, request));
  }
}

/** What API calls ask of the client that makes them. */
class ApiClient {
  #handle;
  #options;
  #held;
  /** The origin that one was last allowed to go to, and its deadline. */
  #origin;
  #deadline;

  constructor(handle, options, held) {
    this.#handle = handle;
    this.#options = options;
    this.#held = held;
    this.fetch = options.fetch;
    if (options.dpop) {
      this.prove = this.proof;
      this.noteNonce = (origin, nonce) => core().noteNonce(origin, nonce);
    }
  }

  check(facts) {
    const isUsual = facts.retry === undefined && facts.redirect === "follow";
    // Nearly every call goes where the last one went.
    if (isUsual && facts.origin === this.#origin) return this.#deadline;
    const deadline = core().clientCheckApiCall(this.#handle, this.#options, facts);
    if (isUsual) {
      this.#origin = facts.origin;
      this.#deadline = deadline;
    }
    return deadline;
  }

  next(facts) {
    return core().clientNextStep(this.#handle, this.#options, facts);
  }

  token(keep, request) {
    return this.#discovered(keep, request) ?? this.#held.get() ?? this.#held.ask(keep);
  }

  async renew({ accessToken }, keep, request) {
    // Whoever is renewing it already shows that by a timer: of a crowd that was refused at once, nobody must look before
    // that timer had its turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const discovered = this.#discovered(keep, request, accessToken);
    if (discovered) return discovered;
    this.#held.forget();
    await core().clientInvalidate(this.#handle, this.#options, undefined, accessToken);
    return this.token(keep, request);
  }

  mayDiscover({ discover = this.#options.discover }) {
    return discover === true;
  }

  discover(challenge, keep, { destination: { url } }) {
    return core().clientDiscover(this.#handle, this.#options, challenge, url.href, keep);
  }

  /** A token from the server that the API has named, if it has. */
  #discovered(keep, request, refused) {
    if (!this.mayDiscover(request)) return undefined;
    return core().clientTokenFor(this.#handle, this.#options, request.destination.url.href, refused, keep);
  }

  proof(method, { origin, url }, { tokenType, accessToken }) {
    if (tokenType !== "DPoP") return undefined;
    return core().clientProof(this.#handle, this.#options, method, origin, url.href.split(/[?#]/)[0], accessToken);
  }
}

export async function getToken(options, request) {
  return new Client(options).getToken(request);
}

export async function callApi(options, input, init) {
  return new Client(options).callApi(input, init);
}
