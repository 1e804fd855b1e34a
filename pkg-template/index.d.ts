/**
 * gatepass: OAuth 2.0 client credentials for server-side runtimes. Gets access tokens, calls APIs with
 * them, and verifies the access tokens that arrive at an API.
 *
 * These types are written by hand and compiled against the types of Workers, Deno, Node.js, Bun and the DOM
 * by the type tests. They need no `lib.dom`: whatever `fetch` the compilation knows decides what a request
 * and a response are.
 *
 * A caller's mistake (an unknown option, a missing one, two that exclude each other, a value of the wrong
 * type) is a `TypeError` whose message starts with `gatepass: ` and names the option's path. Everything
 * else that can go wrong is a {@link GatepassError}.
 *
 * @packageDocumentation
 */

// ---- What the host calls a request and a response -------------------------------------------------------

/**
 * The type of the host's own `fetch`. Derived, because a Node.js or Workers project has no `lib.dom` and
 * each host declares its own `Request`, `RequestInit` and `Response`. Where no `fetch` is declared at all,
 * requests and responses are `any`.
 */
type HostFetch = typeof globalThis extends { fetch: infer F extends (...args: never) => unknown }
  ? F
  : (input: any, init?: any) => Promise<any>;

/** What the host's `fetch` takes as its first argument: a URL as a string or a `URL`, or a `Request`. */
export type HostRequestInput = Parameters<HostFetch>[0];

/** What the host's `fetch` takes as its second argument. */
export type HostFetchInit = NonNullable<Parameters<HostFetch>[1]>;

/**
 * What the host's `Request` constructor takes as its second argument: the host's own `RequestInit`. What a host
 * takes only in `fetch` itself (`tls` and `proxy` of Bun, `client` of Deno) is not in it.
 */
export type HostRequestInit = typeof globalThis extends { Request: new (input: any, init?: infer I) => unknown }
  ? NonNullable<I>
  : any;

/** What the host's `fetch` resolves to: the host's own `Response`. */
export type HostResponse = Awaited<ReturnType<HostFetch>>;

/** The host's own `AbortSignal`. */
export type HostAbortSignal = HostRequestInit extends { signal?: infer S } ? NonNullable<S> : any;

/**
 * A replacement for the host's `fetch`: for a proxy, a service binding, a test. gatepass calls it without a
 * `this`, with a URL (a string) and an init; where {@link Client.callApi} or {@link Client.fetch} was given a `Request`,
 * with that and an init. The host's own `fetch` fits.
 */
export type FetchFunction = (input: HostRequestInput, init?: HostFetchInit) => Promise<HostResponse>;

/**
 * The init of {@link Client.callApi}: the host's own `RequestInit` and {@link ApiCallOptions}. A body is given as `body` or
 * as `json`, not as both.
 */
export type ApiRequestInit =
  | (Omit<HostRequestInit, "redirect"> & ApiCallOptions & { json?: undefined })
  | (Omit<HostRequestInit, "body" | "redirect"> & ApiCallOptions & {
      /**
       * A value to send as the JSON body (`JSON.stringify` is applied to it). The method is not chosen by it: say
       * `method: "POST"` or another that has a body.
       */
      json: unknown;
      body?: null | undefined;
    });

/** What {@link Client.callApi} takes in its init beside what `fetch` takes. */
export interface ApiCallOptions extends BackgroundOptions {
  /**
   * What is done with a redirect (301, 302, 303, 307, 308).
   *
   * - `follow`: within the origin it is followed, with the token, up to 20 times; one that leads to another origin is
   *   handed back as it is. 301, 302 and 303 turn a POST into a GET without a body, 303 any other method, too (RFC 9110
   *   section 15.4); after 307 and 308 the body is sent again, unless it is a stream: the redirect is handed back then.
   * - `follow-unauthenticated`: one that leads to another origin is followed, too, without the token, without cookies and
   *   `Proxy-Authorization`; nothing after it gets the token. All other headers go along, and after 307 and 308 the body.
   *   Not to plain http, except on loopback.
   * - `manual`: each is handed back.
   * - `error`: {@link GatepassError} with code `unexpected_redirect`, as when 20 were not enough.
   *
   * Default: `follow`, or what the `Request` says.
   */
  redirect?: HostRedirect | "follow-unauthenticated" | undefined;
  /** What is sent again in this call: `false` for nothing, or what differs from {@link RetryOptions.api}. */
  retry?: false | ApiRetryOptions | undefined;
  /**
   * Replaces an `Authorization` header that is there already, as in a `Request` that is passed on. Without it such a header
   * is a `TypeError`. Default: `false`.
   */
  override?: boolean | undefined;
  /** {@link ClientSettings.discover} for this call. */
  discover?: boolean | undefined;
}

type HostRedirect = HostRequestInit extends { redirect?: infer R } ? R : string;

/**
 * When a call to an API is sent again. An unknown key is a `TypeError`.
 *
 * Only what can be sent twice: a body that is a string, bytes, `FormData`, `URLSearchParams` or a `Blob`; not a stream, and
 * not the body of a `Request`, which is one. And only in these cases:
 *
 * - the API answers 401 and says `invalid_token` or nothing particular: once, see {@link ApiRetryOptions.renew};
 * - it answers 429 or 503 with a `Retry-After`, or does not answer at all: if the method is GET, HEAD, OPTIONS, PUT or
 *   DELETE, or there is an `Idempotency-Key` header. Any other request is never sent twice for these.
 */
export interface ApiRetryOptions {
  /** How often the call is sent, at most, from 1 to 10, when the API is busy or does not answer. Default: 3. */
  attempts?: number | undefined;
  /**
   * Longest pause before it is sent again, in milliseconds, from 0 to 60000. When a `Retry-After` asks for more, the answer
   * is handed back. Without an answer the pause is random, at most 50 ms, then 100 and so on. Default: 10000.
   */
  maxDelay?: number | undefined;
  /**
   * Longest time until the response is there, with the token, all attempts and redirects, in milliseconds, from 1 to
   * 3600000. When it is over: {@link GatepassError} with code `timeout`. The body of a response that is there is not
   * concerned: give a `signal` for that. Default: none, as with `fetch`.
   */
  deadline?: number | undefined;
  /**
   * Whether the token is renewed when the API refuses it (401), and the call sent again, once: unless the challenge says
   * anything but `invalid_token` (RFC 6750 section 3.1), or the token was made for this very call. Calls that are refused
   * at the same time renew it once. When no other token can be had, the 401 is handed back. Default: `true`.
   */
  renew?: boolean | undefined;
}

// ---- Getting tokens -------------------------------------------------------------------------------------

/**
 * Who keeps work alive that goes on after its caller has an answer: the renewal of a token, and a first token request
 * whose caller gives up. Where both are given, `waitUntil` counts. Where none is given, the client's option
 * {@link ClientSettings.waitUntil} counts. Needed on Workers only: see there.
 */
export interface BackgroundOptions {
  /** The `waitUntil` of the request at hand. It must be callable without a `this`: `(promise) => ctx.waitUntil(promise)`. */
  waitUntil?: WaitUntil | undefined;
  /** The execution context of a Worker: its `waitUntil` is called as a method. */
  ctx?: { waitUntil(promise: Promise<unknown>): unknown } | undefined;
}

/**
 * Takes a promise and keeps the runtime from ending the work behind it. The promise is never rejected. What it throws
 * is ignored: the caller then waits for a renewal itself, as if it had none.
 */
export type WaitUntil = (promise: Promise<unknown>) => unknown;

/**
 * What is asked of the authorization server in one token request. Given to {@link Client.getToken}, each
 * member replaces the client's option of the same name for this call.
 */
export interface TokenRequest {
  /**
   * The API that the token is for: the `audience` parameter, as Login 3.0 and Auth0-style servers read it.
   * Default: the parameter is not sent.
   */
  audience?: string | undefined;
  /**
   * Scopes to ask for: a space-separated string, or an array of single scopes (RFC 6749 section 3.3).
   * Default: the parameter is not sent and the server decides.
   */
  scope?: string | readonly string[] | undefined;
  /**
   * The organization that the token is for: the `organization` parameter of Login 3.0.
   * Default: the parameter is not sent.
   */
  organization?: string | undefined;
  /**
   * The resources that the token is for, absolute URIs without a fragment: one `resource` parameter for each (RFC 8707).
   * Default: the parameter is not sent.
   */
  resource?: string | readonly string[] | undefined;
  /**
   * What is to be allowed in detail: objects with a `type`, sent as JSON in `authorization_details` (RFC 9396). Default:
   * the parameter is not sent.
   */
  authorizationDetails?: readonly AuthorizationDetail[] | undefined;
  /**
   * Further form parameters, by name. A parameter of the protocol (`grant_type`, `client_id`,
   * `client_secret`, `client_assertion`, `resource` and the like, and all that have an option of their own)
   * is a `TypeError`. Default: none. Unlike the other members, those of a call are added to those of the client, and
   * replace only the ones of the same name.
   */
  parameters?: Readonly<Record<string, string>> | undefined;
}

/** One object of `authorization_details` (RFC 9396 section 2). */
export interface AuthorizationDetail {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** What {@link Client.getToken} takes: what to ask for, and how long its caller waits. An unknown key is a `TypeError`. */
export interface TokenCall extends TokenRequest, BackgroundOptions {
  /**
   * Gets a token straight from the authorization server, whatever memory and store have, by a request of this call's own.
   * What comes replaces what they have; a failure is not tried again. Default: `false`.
   */
  fresh?: boolean | undefined;
  /**
   * Ends this caller's wait: its reason is thrown. The token request goes on, and what it brings is kept. On Workers it
   * goes on as long as the caller's own request does, or with `waitUntil`. Default: none.
   */
  signal?: HostAbortSignal | undefined;
  /**
   * Longest wait of this caller, in milliseconds, a whole number from 1 to 2147483647. When it is over:
   * {@link GatepassError} with code `timeout`; as with `signal`, the token request goes on. Default:
   * {@link RetryOptions.deadline} of the client.
   */
  timeout?: number | undefined;
}

/** When tokens are renewed. An unknown key is a `TypeError`. */
export interface RefreshOptions {
  /**
   * How long before its end a token is renewed, in seconds, a whole number from 0 to 2592000; but never more than a
   * fifth of its lifetime. What the server says in `refresh_in` counts instead. Default: 300.
   */
  leeway?: number | undefined;
  /**
   * By how much of the time until then, at most, renewal comes earlier, from 0 to 1. Drawn once for each token, so that
   * a fleet does not renew at the same moment. Default: 0.1.
   */
  jitter?: number | undefined;
}

/** How often a call tries to get a token, and how long failures are remembered. An unknown key is a `TypeError`. */
export interface RetryOptions {
  /**
   * How often a call tries, at most, from 1 to 10; what it waited for in another call counts. Tried again after
   * `server_error`, `network_error`, `timeout` and `credential_unavailable`; with a function as `clientSecret` also
   * after `invalid_client`. Default: 2.
   */
  attempts?: number | undefined;
  /**
   * Longest pause before another attempt, in milliseconds, from 0 to 60000. The pause is random, at most 50 ms, then
   * 100 and so on, and at least what the server asks for; when it asks for more than this, there is no other attempt.
   * Default: 1000.
   */
  maxDelay?: number | undefined;
  /**
   * How long a refusal is remembered, in milliseconds, from 0 to 3600000: `invalid_client`, `request_refused`, and a
   * `rate_limited` that does not say how long. Meanwhile the same request is answered with the same error, without
   * asking the server. `0` switches off all memory of failures: that of refusals, of `retryAfter`, of spent quotas, and
   * the breaker, which leaves a failing server alone for up to 1 second after 4 failures in a row, then for up to 30.
   * Default: 30000.
   */
  hold?: number | undefined;
  /**
   * Longest time for a call to get a token with all its attempts, in milliseconds, from 1 to 3600000. When it is over:
   * {@link GatepassError} with code `timeout`. An operation of a store takes at most a quarter of it; those after the
   * token is there come on top. Default: 30000.
   */
  deadline?: number | undefined;
  /** The same for calls to APIs, which are no matter of the others: `false` for no second request of any kind. */
  api?: false | ApiRetryOptions | undefined;
}

/**
 * What keeps tokens for a whole fleet, besides the memory; ready-made ones are in `gatepass/stores/*`. A helper, never
 * a dependency: when it throws, rejects, is slow, or gives something that cannot be read, there is a {@link
 * GatepassEvent} `store_failed`, and the token comes from the authorization server. Of one attempt to get a token, the
 * first failure ends the use of the store; a record that cannot be read does not, it is replaced.
 *
 * Values are sealed (AES-256-GCM, see {@link ClientSettings.storeSecret}); a store needs not look into them. Keys are
 * `gp1.` and 43 characters, those of locks with `.lock` after it; all of `A-Z a-z 0-9 _ . -`.
 *
 * It is asked when the memory has no token, and when a token is to be renewed; not for a token that is fresh. On
 * Workers a store must not await what another request made.
 */
export interface Store {
  /**
   * The value under a key; `null` or `undefined` when there is none. Anything but a string of at most 65536 characters
   * that {@link Store.set} was given counts as none.
   */
  get(key: string, context: { request: TokenRequest }): MaybePromise<string | null | undefined>;
  /**
   * Keeps a value until `expiresAt`, the end of the token in it; longer does no harm. `renewAt` is when its writer
   * means to renew it.
   */
  set(key: string, value: string, options: { expiresAt: Date; renewAt: Date; request: TokenRequest }): MaybePromise<unknown>;
  /** Forgets a record or a lock. Without it, records end by themselves, and so must locks. */
  delete?(key: string): MaybePromise<unknown>;
  /**
   * Atomically: `true` for one caller, until `ttlMs` milliseconds have passed or `delete(key)` was called; `false` for
   * the others; anything else is the event `store_failed` (`not_boolean`). Whoever gets `true` asks the authorization server. Without it
   * each isolate or process that misses a token asks for itself.
   */
  acquire?(key: string, ttlMs: number): MaybePromise<boolean>;
  /**
   * Longest time for one operation, in milliseconds: a whole number from 1 to 60000. A quarter of {@link
   * RetryOptions.deadline}, if that is less. Default: 1000.
   */
  readonly timeout?: number | undefined;
}

type MaybePromise<T> = T | Promise<T>;

/**
 * What a server does differently from the RFCs. `login3`: an Auth0-style server as the Login 3.0 tutorial describes it.
 * `generic`: a server that follows RFC 6749 and RFC 8414 or OpenID Connect Discovery. The others are known by name: where
 * their endpoints are below the issuer, how their clients authenticate, how an API is named to them, whom assertions are
 * for. Whatever an option says wins. The README has the table.
 */
export type Profile = "login3" | "auth0" | "entra" | "okta" | "cognito" | "keycloak" | "generic";

/** How a client proves who it is at the authorization server, by the names of the IANA registry, and `_raw`. */
export type AuthMethod =
  | "client_secret_post"
  | "client_secret_basic"
  | "client_secret_basic_raw"
  | "client_secret_jwt"
  | "private_key_jwt"
  | "tls_client_auth"
  | "none";

/** The host's own `CryptoKey`, by its parts: no `lib.dom` is needed. */
export interface HostCryptoKey {
  readonly type: string;
  readonly algorithm: { readonly name: string };
  readonly extractable: boolean;
  readonly usages: readonly string[];
}

/**
 * A private key that signs: a JWK with `d`, the text of a PKCS#8 PEM file (`\n` may be written for a line's end), or a
 * `CryptoKey` with the usage `sign`. RSA, P-256, P-384, P-521 or Ed25519. A wrong one is a `TypeError` that says what was
 * given and what is needed, and never a part of it.
 */
export type PrivateKey = Readonly<Record<string, unknown>> | string | HostCryptoKey;

/** What tokens are bound to (RFC 9449). An unknown key is a `TypeError`. */
export interface ClientDpopOptions {
  /** The key that proofs are signed with. Default: a P-256 key of the isolate's own, which never leaves the host. */
  privateKey?: PrivateKey | undefined;
  /** The public key of a `privateKey` that is a `CryptoKey` which cannot be exported; itself it must be. */
  publicKey?: HostCryptoKey | undefined;
  /** The algorithm of the proofs. Default: what fits the key, `RS256` for RSA. */
  signingAlgorithm?: Exclude<SigningAlgorithm, `HS${number}` | `ML-DSA-${number}`> | undefined;
  /** Takes a `Bearer` token as well, where the server gives one. Default: `false`. */
  allowBearer?: boolean | undefined;
}

// In the unions below what most users give comes last: the compiler names a member of the last kind when none fits.

/**
 * What proves who the client is: a secret, a private key, assertions that somebody else signs, a certificate, or nothing.
 * What is sent goes to one place, the body or the header, never to both.
 */
export type ClientCredential =
  | {
      /** The key that assertions are signed with (`private_key_jwt`, RFC 7523). A new assertion for each request. */
      privateKey: PrivateKey;
      authMethod?: "private_key_jwt" | undefined;
      clientSecret?: undefined;
      clientAssertion?: undefined;
      mtls?: undefined;
    }
  | {
      /**
       * Gives an assertion that somebody else has signed: the token of a projected file, of a cloud's metadata server. Asked
       * before each token request, with the care of a function as `clientSecret`.
       */
      clientAssertion: () => string | Promise<string>;
      authMethod?: "private_key_jwt" | undefined;
      clientSecret?: undefined;
      privateKey?: undefined;
      mtls?: undefined;
    }
  | {
      /**
       * `true`: the connection presents a certificate (RFC 8705). {@link ClientSettings.fetch} must be a `fetch` that does,
       * such as that of a Workers `mtls_certificates` binding. The `mtls_endpoint_aliases` of the metadata are used.
       */
      mtls: true;
      authMethod?: "tls_client_auth" | undefined;
      clientSecret?: undefined;
      privateKey?: undefined;
      clientAssertion?: undefined;
    }
  | {
      /** `"none"`: nothing but the client id is sent. */
      authMethod: "none";
      clientSecret?: undefined;
      privateKey?: undefined;
      clientAssertion?: undefined;
      mtls?: undefined;
    }
  | {
      /**
       * The client secret, not empty, or a function that gives it. Never part of an error or of a log line.
       *
       * A function is called before each token request, and once more when the server refuses what it gave: so a secret can
       * be changed at run time. It may take as long as `timeout`. When it throws, takes longer or gives anything but a
       * non-empty string: {@link GatepassError} with code `credential_unavailable`, and what it threw as `cause`.
       *
       * Which function it is counts as the credential: clients share tokens when they were given the very same function.
       * Define it once, at module scope. A new one for each call means a token request for each call.
       */
      clientSecret: string | (() => string | Promise<string>);
      /**
       * How the secret is proved. `client_secret_basic` form-encodes id and secret first (RFC 6749 section 2.3.1), no more
       * than must be; `client_secret_basic_raw` does not, for servers that decode nothing. `client_secret_jwt` signs an
       * assertion with it. Default: `client_secret_post`, or what {@link ClientSettings.profile} says.
       */
      authMethod?: "client_secret_post" | "client_secret_basic" | "client_secret_basic_raw" | "client_secret_jwt" | undefined;
      privateKey?: undefined;
      clientAssertion?: undefined;
      mtls?: undefined;
    };

/** Where the authorization server is: exactly one of `domain`, `issuer` and `tokenEndpoint`. */
export type ClientLocation =
  | {
      /**
       * Issuer identifier of the authorization server, an absolute `https:` URL. The token endpoint is
       * looked up in its metadata (RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4), whose
       * `issuer` must equal this string exactly, trailing slash included.
       */
      issuer: string;
      /** Where its keys are, in place of what the metadata says. */
      jwksUri?: string | undefined;
      domain?: undefined;
      tokenEndpoint?: undefined;
    }
  | {
      /** The token endpoint itself, an absolute `https:` URL. Nothing is looked up. */
      tokenEndpoint: string;
      /** Where the keys of its tokens are, for {@link ClientSettings.validate}. */
      jwksUri?: string | undefined;
      domain?: undefined;
      issuer?: undefined;
    }
  | {
      /**
       * Host name of a Login 3.0 or Auth0 tenant, `host` or `host:port`, without a scheme. The token endpoint is
       * `https://{domain}/oauth/token`, the issuer `https://{domain}/`. A loopback host (`localhost`, `127.0.0.1`, `[::1]`) is spoken to
       * over http.
       */
      domain: string;
      profile?: "login3" | "auth0" | undefined;
      jwksUri?: undefined;
      issuer?: undefined;
      tokenEndpoint?: undefined;
    };

/** The options of a {@link Client} that do not say where the authorization server is. */
export interface ClientSettings extends TokenRequest {
  /** The client identifier (RFC 6749 section 2.2). Not empty. */
  clientId: string;
  /** The id of `privateKey`: `kid` of an assertion; for `entra` the thumbprint of the certificate. Default: the `kid` of a JWK. */
  keyId?: string | undefined;
  /**
   * What an assertion is signed with: for a private key what fits it (default `RS256` for RSA), with `client_secret_jwt` one
   * of `HS256` (default), `HS384` and `HS512`.
   */
  signingAlgorithm?: Exclude<SigningAlgorithm, `ML-DSA-${number}`> | undefined;
  /**
   * Whom an assertion is for (`aud`): `issuer`, which without an issuer is the token endpoint; `token_endpoint`; or this
   * very text. Default: `issuer`, or what the profile says.
   */
  assertionAudience?: "issuer" | "token_endpoint" | (string & {}) | undefined;
  /**
   * Binds tokens to a key (RFC 9449): `true` for one of the isolate's own, or the key. {@link Client.callApi} and {@link
   * Client.fetch} then send a proof with each request. Default: `false`.
   */
  dpop?: boolean | ClientDpopOptions | undefined;
  /**
   * What is done with a token that comes from the server. `auto`: a JWT is verified against the issuer's keys, which are
   * fetched beside the token request; one that is signed by somebody else, of another issuer, for another audience than
   * the one asked for, or over, is refused ({@link GatepassError} with code `invalid_token`); what nobody can tell is used,
   * with the event `token_unverified`; opaque tokens are used. `strict`: what cannot be verified is refused, opaque tokens
   * too. `off`: nothing is looked at. An ID token that comes along is treated the same way. Default: `auto`, with `entra`
   * `off`. Without `domain`, `issuer` or `jwksUri` there are no keys, and nothing is looked at.
   */
  validate?: "auto" | "strict" | "off" | undefined;
  /** Where {@link Client.introspect} asks, an absolute `https:` URL. Default: what profile or metadata say. */
  introspectionEndpoint?: string | undefined;
  /** Where {@link Client.revoke} asks, an absolute `https:` URL. Default: what profile or metadata say. */
  revocationEndpoint?: string | undefined;
  /**
   * Lets an API that answers 401 name its authorization server (`resource_metadata`, RFC 9728): a token for that API is
   * then got there (`resource`, RFC 8707), and the call is sent again. What machine clients of the Model Context Protocol
   * do. The credential goes to {@link ClientSettings.authorizationServers} and the configured issuer only. Default: `false`.
   */
  discover?: boolean | undefined;
  /** The issuers, beside `issuer` or `domain`, that may be asked for tokens where an API names them. Default: none. */
  authorizationServers?: readonly string[] | undefined;
  /** What the server does differently. Default: `login3` with `domain`, else `generic`. */
  profile?: Profile | undefined;
  /**
   * Longest wait for one HTTP exchange with the authorization server, headers and body, in milliseconds, at
   * least 1. Default: 10000. When it is over: {@link GatepassError} with code `timeout`. How long a whole call may take
   * is {@link RetryOptions.deadline}.
   */
  timeout?: number | undefined;
  /**
   * The only origins that {@link Client.callApi} and {@link Client.fetch} may send the token to, such as
   * `https://api.example`.
   * Any other is a `TypeError` and nothing is sent. Not empty. Default: every `https:` origin, and loopback.
   */
  apiOrigins?: readonly string[] | undefined;
  /**
   * Allows `http:` URLs to hosts other than loopback. The client secret and the tokens then cross the
   * network in clear text. Default: `false`.
   */
  dangerouslyAllowHttp?: boolean | undefined;
  /**
   * A replacement for the host's `fetch`, used for every request of this client. Default:
   * `globalThis.fetch`, looked up at each call.
   */
  fetch?: FetchFunction | undefined;
  /**
   * Keeps tokens for all isolates or processes that use it. The object is used as it is, not copied. One without `get`
   * and `set` is a `TypeError`; whatever else is wrong with it shows in events (see {@link Store}). Default: none, the
   * memory alone.
   */
  store?: Store | undefined;
  /**
   * What seals the tokens in `store`: a random string of at least 32 characters, or an array of such. The first one
   * seals, all of them open, so that it can be changed one after the other in a fleet. Only with `store`, else a
   * `TypeError`. Default: the client secret.
   */
  storeSecret?: string | readonly string[] | undefined;
  /** When tokens are renewed. */
  refresh?: RefreshOptions | undefined;
  /** How often a call tries, and how long failures are remembered. */
  retry?: RetryOptions | undefined;
  /**
   * Is told what happens, see {@link GatepassEvent}: synchronously, in the call in which it happens, which goes on when
   * it returns. What it throws, or rejects with, is ignored. Default: none.
   */
  onEvent?: ((event: GatepassEvent) => void) | undefined;
  /**
   * Keeps a renewal alive after its caller has the old token. {@link TokenCall} and {@link ApiRequestInit} take it for
   * one call. A client that is made for one request can have that request's here; one that serves many must not.
   *
   * On Workers, what a request has begun ends with it. With `waitUntil` a token is renewed in the background and no
   * caller waits for it; a first token request goes on when its caller leaves. Without it, the one call that renews
   * waits for the new token, others go on with the old one; when the caller of a first token request leaves, another
   * caller begins anew after about 0.3 seconds.
   *
   * Default: on Workers, and where the WebAssembly was loaded by `gatepass/init`, none; elsewhere work goes on by
   * itself.
   */
  waitUntil?: WaitUntil | undefined;
}

/** The options of a {@link Client}. An unknown key is a `TypeError`. */
export type ClientOptions = ClientSettings & ClientLocation & ClientCredential;

/**
 * The second argument of {@link Client.fromEnv}: any options; each wins over what the environment says, and a
 * location wins over whichever location the environment has, and a credential over the secret of the environment.
 */
export type ClientOverrides = Partial<ClientSettings> &
  (ClientLocation | { domain?: undefined; issuer?: undefined; tokenEndpoint?: undefined; jwksUri?: string | undefined }) &
  (
    | ClientCredential
    | {
        clientSecret?: undefined;
        privateKey?: undefined;
        clientAssertion?: undefined;
        mtls?: undefined;
        authMethod?: "client_secret_post" | "client_secret_basic" | "client_secret_basic_raw" | "client_secret_jwt" | undefined;
      }
  );

/**
 * The variables that {@link Client.fromEnv} reads. Exactly one of `GATEPASS_DOMAIN`, `GATEPASS_ISSUER` and
 * `GATEPASS_TOKEN_ENDPOINT`. An empty string counts as not set.
 */
export interface ClientEnv {
  /** {@link ClientOptions} `domain`. */
  readonly GATEPASS_DOMAIN?: string | undefined;
  /** {@link ClientOptions} `issuer`. */
  readonly GATEPASS_ISSUER?: string | undefined;
  /** {@link ClientOptions} `tokenEndpoint`. */
  readonly GATEPASS_TOKEN_ENDPOINT?: string | undefined;
  /** {@link ClientOptions} `clientId`. */
  readonly GATEPASS_CLIENT_ID?: string | undefined;
  /** {@link ClientOptions} `clientSecret`. */
  readonly GATEPASS_CLIENT_SECRET?: string | undefined;
  /** {@link TokenRequest} `audience`. */
  readonly GATEPASS_AUDIENCE?: string | undefined;
  /** {@link TokenRequest} `scope`, separated by spaces. */
  readonly GATEPASS_SCOPE?: string | undefined;
  /** {@link TokenRequest} `organization`. */
  readonly GATEPASS_ORGANIZATION?: string | undefined;
}

/**
 * An access token. Made by {@link Client.getToken}, not by a constructor of yours.
 *
 * The value is behind getters of the prototype, which `console.log`, `JSON.stringify`, `structuredClone` and, unless
 * told to, `inspect` do not call. Read {@link AccessToken.accessToken} or {@link AccessToken.authorization} where the
 * value is needed.
 */
export declare class AccessToken {
  private constructor();
  /** The token itself, as the authorization server issued it (RFC 6749 section 1.4). A secret. */
  get accessToken(): string;
  /** The value of the `Authorization` header: `Bearer` and the token (RFC 6750 section 2.1). A secret. */
  get authorization(): string;
  /** How the token is presented (RFC 6749 section 7.1). */
  readonly tokenType: "Bearer" | "DPoP";
  /**
   * When the token ends, by the host's clock: after the server's `expires_in`, or sooner if the token is a JWT
   * that says so itself. Without either 300 seconds after it came; at most 30 days.
   */
  get expiresAt(): Date;
  /**
   * The granted scopes, separated by spaces: those that the server named, else those that were asked for
   * (RFC 6749 section 5.1). `undefined` when neither named any.
   */
  readonly scope: string | undefined;
  /** Where it came from: the memory, the store, or a token request made for this call. */
  readonly source: TokenSource;
  /** What `JSON.stringify` sees: everything but the value. */
  toJSON(): AccessTokenJSON;
}

/** What {@link AccessToken.toJSON} gives. */
export interface AccessTokenJSON {
  readonly tokenType: "Bearer" | "DPoP";
  readonly expiresAt: Date;
  readonly scope: string | undefined;
  readonly source: TokenSource;
}

/** Where a token came from: the memory of the isolate or process, the {@link Store}, or a token request. */
export type TokenSource = "memory" | "store" | "network";

/**
 * Gets access tokens from one authorization server as one client (OAuth 2.0 client credentials grant,
 * RFC 6749 section 4.4) and calls APIs with them. Making one costs no request; one may be made per request.
 *
 * The memory belongs to the isolate or process, not to the object. Clients share tokens, renewals, failures and quotas
 * when they have the same server (`domain`, `issuer` or `tokenEndpoint`), `dangerouslyAllowHttp`, `clientId` and
 * credential (and `dpop` key), and ask for the same `audience`, `scope` (in any order), `organization`, `resource`,
 * `authorizationDetails` and `parameters`. All other options are not compared: a token that was brought through one client's `fetch`, `store` or `refresh` serves the
 * others. Quotas are shared by all clients of the same server with the same `clientId`. At most 1000 tokens are kept;
 * the one that was not used for longest goes first.
 *
 * One call asks the server, all others that need the same token wait for its outcome, each by timers of its own. A
 * token is renewed before it ends while it goes on being served.
 *
 * @example
 * ```js
 * const client = new Client({ domain: "tenant.login3.example", clientId, clientSecret, audience: "https://api.example" });
 * const response = await client.callApi("https://api.example/orders");
 * ```
 */
export declare class Client {
  /**
   * @throws TypeError when an option is missing, unknown, of the wrong type, or excluded by another.
   */
  constructor(options: ClientOptions);

  /**
   * A client with the options that environment variables give (see {@link ClientEnv}).
   *
   * @param env - The `env` of a Worker, `process.env`, `Deno.env.toObject()`, or any other object. Nothing
   *   but these variables is read from it.
   * @param overrides - Options that win over the environment.
   * @throws TypeError as the constructor.
   */
  static fromEnv(env: ClientEnv | { readonly [name: string]: unknown }, overrides?: ClientOverrides): Client;

  /**
   * An access token for the request: from memory, else from the store, else from the authorization server.
   *
   * A token is handed out until 10 seconds before its end, or until a tenth of its lifetime before it if that is less.
   * From {@link RefreshOptions.leeway} on one call renews it; when that fails, the old token goes on being handed out,
   * and the failure shows in events and in {@link Client.explain} only.
   *
   * A failure may be remembered ({@link RetryOptions.hold}): the error is then an object of its own with the same code,
   * and `retryAfter` says until when, if the code is a retryable one.
   *
   * @param request - What to ask for, in place of the client's own options, for this call; and how long to wait.
   * @throws TypeError when `request` is wrong.
   * @throws GatepassError with code `invalid_client`, `request_refused`, `credential_unavailable`, `rate_limited`,
   *   `server_error`, `network_error`, `timeout`, `unexpected_redirect`, `unreadable_response`,
   *   `unsupported_token_type`, `invalid_token` (see {@link ClientSettings.validate}), and with `issuer` also
   *   `discovery_failed` and `issuer_mismatch`. When {@link TokenCall.signal} ends the call, its reason is thrown.
   */
  getToken(request?: TokenCall): Promise<AccessToken>;

  /**
   * Calls an API with an access token in the `Authorization` header (RFC 6750 section 2.1).
   *
   * It is `fetch` but for these: `content-type` is `application/json`, unless the caller sets another or the body brings
   * its own (a form, a blob, a stream). The token does not leave the origin of the URL, see
   * {@link ApiCallOptions.redirect}. What is refused, or fails in a way that may pass, is sent once more where that can do
   * no harm, see {@link ApiRetryOptions}. All else is handed back as it is, whatever its status; the `redirected` of a
   * response is always `false`.
   *
   * @param input - An absolute URL, or a `Request`.
   * @param init - As for `fetch`, and {@link ApiCallOptions}.
   * @returns The host's own `Response`.
   * @throws TypeError when the URL is not allowed (see {@link ClientSettings.apiOrigins}), when the caller has set
   *   an `Authorization` header already, or when input and init make no request. Nothing is sent.
   * @throws GatepassError as {@link Client.getToken}, and then no request is sent to the API; or with code `network_error`
   *   when the API does not answer, `timeout` after {@link ApiRetryOptions.deadline}, or `unexpected_redirect`. When
   *   `init.signal` ends the call, its reason is thrown.
   */
  callApi(input: HostRequestInput, init?: ApiRequestInit): Promise<HostResponse>;

  /**
   * The same as a `fetch`, for libraries that take one: it adds the token and nothing else, and reads no member of the init
   * that is not `fetch`'s own. What {@link RetryOptions.api} says counts. It needs no `this`, and is the same function each
   * time.
   *
   * @example
   * ```js
   * const api = ky.create({ fetch: client.fetch });
   * ```
   */
  get fetch(): FetchFunction;

  /**
   * Forgets the token for a request, as when an API has refused it: in this isolate or process and in the store. The
   * memory of a failure goes with it; that of quotas stays. Other isolates keep the token in their memory. The same
   * token is not taken from the store again, should the store still have it.
   *
   * @param request - As for {@link Client.getToken}, where only what is asked for counts; and the `token` that was
   *   refused: a newer one stays then. Give it when several calls may be told at once that a token is refused.
   * @returns When the store has forgotten it too, or has failed to (event `store_failed`).
   * @throws TypeError when `request` is wrong.
   * @throws GatepassError with code `credential_unavailable` when there is a store and the function `clientSecret`
   *   fails: without the secret nobody knows where in the store the token is. This isolate or process has forgotten it.
   */
  invalidate(request?: TokenRequest & { token?: AccessToken | undefined }): Promise<void>;

  /**
   * What the server says of a token (RFC 7662): a plain object with `active`. The client authenticates as it does for a
   * token.
   *
   * @throws TypeError when `token` is neither an {@link AccessToken} nor a non-empty string.
   * @throws GatepassError as {@link Client.getToken}; `discovery_failed` when the endpoint is not known.
   */
  introspect(token: AccessToken | string): Promise<{ active: boolean; [name: string]: unknown }>;

  /**
   * Has the server end a token (RFC 7009), and forgets it. A token that the server does not know is no error.
   *
   * @throws TypeError and GatepassError as {@link Client.introspect}.
   */
  revoke(token: AccessToken | string): Promise<void>;

  /**
   * What the memory has for a request, and why the last caller got what it got. No secret and no token: safe to log. It
   * asks and changes nothing, and does not look into the store.
   *
   * @param request - As for {@link Client.getToken}. Only what is asked for counts.
   * @throws TypeError when `request` is wrong.
   */
  explain(request?: TokenRequest): Explanation;
}

/** What {@link Client.explain} gives. A plain object; another one for each call. */
export interface Explanation {
  /** 8 characters that name the entry, as in {@link GatepassEvent}. */
  readonly key: string;
  /**
   * Why the last call got what it got. `none`: nobody has asked yet. `fresh`: the token was fresh. `renews`: it was due
   * for renewal, and the call went for it. `being_renewed`: another call was at it. `renewal_held`: renewal had failed,
   * or was put off. `requests`: there was no token, and the call went for one. `waits`: another call was at it.
   * `refused`: a failure was remembered.
   */
  readonly decision: "none" | "fresh" | "renews" | "being_renewed" | "renewal_held" | "requests" | "waits" | "refused";
  /** Whether a call is getting a token now, as far as the clock can tell. */
  readonly requesting: boolean;
  /** The token in memory, if there is one. It may be past its end. */
  readonly token?: {
    /** When it came from the server, by the clock of whoever asked. */
    readonly receivedAt: Date;
    /** From here on it is renewed. */
    readonly renewAt: Date;
    /** From here on it is not handed out any more. */
    readonly usableUntil: Date;
    /** Its end. */
    readonly expiresAt: Date;
  };
  /** The last failure, if no token has come since. */
  readonly failure?: {
    readonly code: GatepassErrorCode;
    /** How many attempts have failed in a row. */
    readonly inARow: number;
    /** Until then nobody asks the server; in the past when the failure is not held. */
    readonly heldUntil: Date;
  };
  /** Until when renewal is put off: for the sake of a quota, or because another isolate is at it. */
  readonly renewalPostponedUntil?: Date;
}

// ---- Events ---------------------------------------------------------------------------------------------

/** What all events have. Plain objects without secrets and tokens. */
interface EventBase<Type extends string> {
  readonly type: Type;
  /** When, in milliseconds since 1970, by the host's clock. */
  readonly at: number;
  /** 8 characters that name the entry of the memory: a token for one request with one credential, or the keys of one issuer. */
  readonly key: string;
}

/** How a token request failed. */
interface FailedRequest {
  /** The number of the request, as in `token_requested`. Absent when none was sent: `clientSecret` gave no secret. */
  readonly request?: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  readonly code: GatepassErrorCode;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** How long the server asked to wait, in seconds, if it did. */
  readonly retryAfter?: number;
}

/**
 * What {@link ClientSettings.onEvent} is told, by `type`. A later version may add types, and members to those that
 * there are: ignore what you do not know.
 *
 * All have `at` (when, in milliseconds since 1970) and `key` (8 characters that name the entry of the memory). Of a request that
 * has failed they also have `durationMs` and `code`; `request`, `status` and `retryAfter` (seconds) where they are known.
 *
 * A call that gets a token tells `token_served` once. That a call has failed, only its error says: one call may tell
 * `token_failed` twice, and a call that waited tells none.
 */
export type GatepassEvent =
  /** A token request goes out. */
  | (EventBase<"token_requested"> & {
      /** Its number among all token requests of the isolate or process. */
      readonly request: number;
      /** Which attempt of its caller it is, from 1. */
      readonly attempt: number;
      /** Whether there is still a token that can be handed out. */
      readonly renewal: boolean;
    })
  /** A token has come from the server. */
  | (EventBase<"token_received"> & {
      readonly request: number;
      /** How long it took, in milliseconds. */
      readonly durationMs: number;
      /** How long the token lives, in seconds, possibly with a fraction. */
      readonly expiresIn: number;
    })
  /** The answer to a token request does not name the token's type; it is taken for Bearer. */
  | (EventBase<"token_type_missing"> & { readonly request: number })
  /** A token is used although nobody could tell whether it is good; see {@link ClientSettings.validate}. */
  | (EventBase<"token_unverified"> & {
      readonly request: number;
      /** Why: `keys_unavailable`, or a {@link InvalidTokenReason} such as `unknown_key`. */
      readonly reason: "keys_unavailable" | InvalidTokenReason;
    })
  /** A token request has failed, and there is no token to go on with. */
  | (EventBase<"token_failed"> & FailedRequest)
  /** A renewal has failed; the old token goes on being handed out. */
  | (EventBase<"renewal_failed"> & FailedRequest)
  /** A call was given a token. */
  | (EventBase<"token_served"> & { readonly source: TokenSource })
  /** A call was answered with an error without asking the server: a remembered failure, or a spent quota. */
  | (EventBase<"token_refused"> & {
      readonly code: GatepassErrorCode;
      /** For how much longer, in seconds. */
      readonly retryAfter?: number;
    })
  /** A call waits for another one that asks the server. */
  | EventBase<"waiting">
  /** The call that asked has ended without an outcome, and another one goes on in its place. */
  | EventBase<"taken_over">
  /** The store did not do what it should, and is left out. */
  | (EventBase<"store_failed"> & {
      readonly operation: "get" | "set" | "delete" | "acquire";
      /**
       * `threw`: it threw or rejected. `timeout`: no answer within {@link Store.timeout}. `not_text`: it gave something
       * that is no string. `not_boolean`: `acquire` gave something else. `too_large`: more than 65536 characters. `unreadable`: not sealed with a secret that is
       * known here, moved from another key, changed, or of another version.
       */
      readonly problem: "threw" | "timeout" | "not_text" | "not_boolean" | "too_large" | "unreadable";
      /** The `code` or the `name` of what it threw, if that is a plain word. Never the message. */
      readonly error?: string;
    })
  /**
   * The server has told how much of a quota is left (`Auth0-Client-Quota-Limit`, `Auth0-Organization-Quota-Limit`,
   * `x-ratelimit-*`). Once for each quota it tells.
   */
  | (EventBase<"quota"> & {
      /** What is counted: tokens of the client, tokens of the organization, or requests to the endpoint. */
      readonly scope: "client" | "organization" | "endpoint";
      readonly limit: number;
      readonly remaining: number;
      /** When it starts anew, in seconds from now. */
      readonly resetAfter: number;
    })
  /** A renewal is put off, because a quota is spent or nearly so. */
  | (EventBase<"renewal_postponed"> & {
      /** Until when, in milliseconds since 1970. */
      readonly until: number;
    })
  /** A request for an issuer's keys goes out. `key` names the issuer, or the address of the keys. */
  | EventBase<"keys_requested">
  /** An issuer's keys have come. */
  | (EventBase<"keys_received"> & {
      /** How long it took, in milliseconds. */
      readonly durationMs: number;
      /** How many of them can be used. */
      readonly keys: number;
      /**
       * How many cannot: of an unknown kind, not for signatures, malformed, too weak, or with private members, which is a
       * secret that has been published.
       */
      readonly unusable: number;
    })
  /** An issuer's keys could not be had. Those that are less than a day old go on serving. */
  | (EventBase<"keys_failed"> & {
      readonly durationMs: number;
      readonly code: GatepassErrorCode;
      /** The HTTP status, if there was an answer. */
      readonly status?: number;
    });

/**
 * {@link Client.getToken} of a client that is made for this call.
 *
 * @throws TypeError and GatepassError as the constructor and the method.
 */
export declare function getToken(options: ClientOptions, request?: TokenCall): Promise<AccessToken>;

/**
 * {@link Client.callApi} of a client that is made for this call.
 *
 * @throws TypeError and GatepassError as the constructor and the method.
 */
export declare function callApi(
  options: ClientOptions,
  input: HostRequestInput,
  init?: ApiRequestInit,
): Promise<HostResponse>;

// ---- Verifying tokens -----------------------------------------------------------------------------------

/**
 * A signature algorithm of a token (RFC 7518 section 3.1; EdDSA: RFC 8037 section 3.1, with Ed25519; ML-DSA: RFC 9964,
 * on hosts whose WebCrypto has it). `HS256`, `HS384` and `HS512` need {@link VerifierSettings.secret}, and exclude all
 * others.
 */
export type SigningAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "ML-DSA-44"
  | "ML-DSA-65"
  | "ML-DSA-87"
  | "HS256"
  | "HS384"
  | "HS512";

/** A JSON Web Key Set (RFC 7517 section 5) of public keys. */
export interface JsonWebKeySet {
  keys: readonly { readonly kty?: string | undefined; readonly [member: string]: unknown }[];
}

/** Whose tokens are accepted: exactly one of `domain` and `issuer`. */
export type VerifierLocation =
  | {
      /**
       * Issuer identifier, an absolute `https:` URL. The `iss` claim must equal it exactly, trailing slash
       * included. The address of the keys is looked up in the issuer's metadata (RFC 8414 section 3, OpenID
       * Connect Discovery 1.0 section 4).
       *
       * An array accepts tokens of several issuers. Each has the keys that its own metadata names; the keys of up to 100
       * issuers are remembered. `jwksUri`, `jwks` and `secret` go with one issuer only.
       */
      issuer: string | readonly string[];
      /**
       * Address of the issuer's key set (RFC 7517 section 5), an absolute `https:` URL. Given, nothing is
       * looked up in the issuer's metadata.
       */
      jwksUri?: string | undefined;
      domain?: undefined;
    }
  | {
      /**
       * Host name of a Login 3.0 tenant, `host` or `host:port`, without a scheme. The issuer is
       * `https://{domain}/`, the keys are at `https://{domain}/.well-known/jwks.json`. A loopback host is
       * spoken to over http.
       */
      domain: string;
      profile?: "login3" | "rfc9068" | undefined;
      issuer?: undefined;
      jwksUri?: undefined;
    };

/** The options of a {@link Verifier} that do not say whose tokens are accepted. */
export interface VerifierSettings {
  /**
   * The audience that a token must be for (RFC 7519 section 4.1.3): your API's identifier, or an array of
   * which one must match. `null` accepts a token for any audience, and so a token that the issuer made for
   * somebody else's API.
   */
  audience: string | readonly string[] | null;
  /**
   * The issuer's public keys, for an issuer that publishes none or an API that must not ask. They are copied; nothing is
   * fetched. A key that cannot be used is left out; a set without a usable key is a `TypeError`. Default: fetched.
   */
  jwks?: JsonWebKeySet | undefined;
  /**
   * A secret that the issuer shares with this API, as text (its UTF-8 counts) or as bytes: tokens are signed with
   * `HS256`, `HS384` or `HS512`. At least as long as the hash (RFC 7518 section 3.2): 32, 48 or 64 bytes. Whoever knows it
   * can make tokens. Excludes `jwksUri` and `jwks`. Default: none, and no token signed with a secret is accepted.
   */
  secret?: string | Uint8Array | undefined;
  /**
   * The signature algorithms that are accepted. Default: `["RS256"]` with the profile `login3`; those that the
   * secret is long enough for with `secret`; else any {@link SigningAlgorithm} that fits the issuer's keys.
   */
  algorithms?: readonly SigningAlgorithm[] | undefined;
  /**
   * The accepted values of the `typ` header (RFC 7515 section 4.1.9). `auto`: none, `JWT` or `at+jwt`.
   * `at+jwt`: only that one (RFC 9068 section 2.1). An array: one of these. Compared without case and without
   * an `application/` in front. Default: `auto`.
   */
  typ?: "auto" | "at+jwt" | readonly string[] | undefined;
  /**
   * What the server does differently. With `domain` always `login3`. Default without it: `generic`.
   *
   * `rfc9068`: access tokens must be of the form that RFC 9068 section 2 describes: `typ` is `at+jwt`, and `client_id`,
   * `jti`, `iat` and `sub` are there.
   */
  profile?: Profile | "rfc9068" | undefined;
  /** How far the issuer's clock may be off, in seconds, from 0 to 300. Default: 5. */
  leeway?: number | undefined;
  /**
   * Longest time since a token was issued, in seconds, from 1 to a year; a token without `iat` is then refused.
   * Default: no limit but `exp`.
   */
  maxAge?: number | undefined;
  /** Longest token that is looked at, in bytes, up to 1 MiB. Default: 16384. */
  maxTokenSize?: number | undefined;
  /**
   * Longest wait for one HTTP exchange with the issuer, headers and body, in milliseconds, at least 1.
   * Default: 5000.
   */
  timeout?: number | undefined;
  /**
   * Allows `http:` URLs to hosts other than loopback. Whoever is on the network can then put in keys of
   * their own. Default: `false`.
   */
  dangerouslyAllowHttp?: boolean | undefined;
  /**
   * A replacement for the host's `fetch`, used for every request of this verifier. Default:
   * `globalThis.fetch`, looked up at each call.
   */
  fetch?: FetchFunction | undefined;
  /**
   * Keeps key sets for all isolates or processes that use it, so that a new one need not fetch them, and an outage of the
   * issuer does not keep it from working. Records are not sealed: **whoever can write to the store can put in keys of their
   * own, and so make tokens that are accepted.** Keys are `gp1k.` and 43 characters. One without `get` and `set` is a
   * `TypeError`; whatever else is wrong with it shows in events `store_failed`. Not for stores that get tokens by themselves
   * (a `TokenBroker` with `clientOptions`). Default: none, the memory alone.
   */
  store?: Store | undefined;
  /** Is told of requests for keys, see {@link GatepassEvent}. As {@link ClientSettings.onEvent}. Default: none. */
  onEvent?: ((event: GatepassEvent) => void) | undefined;
  /**
   * Keeps work alive after its caller has an answer. With it, keys are refreshed in the background when 80 % of their time
   * is over, and no caller waits for that; without it, one caller waits when all of it is over. As
   * {@link ClientSettings.waitUntil}, with the same default.
   */
  waitUntil?: WaitUntil | undefined;
  /**
   * Proofs of possession (DPoP, RFC 9449). {@link Verifier.authorize} checks them without this option; with it, it says in
   * its challenges that they are welcome. An unknown key is a `TypeError`.
   */
  dpop?: DpopOptions | undefined;
  /**
   * How the API describes itself (RFC 9728): the members of section 2 of that RFC, of which `resource`, the API's own https
   * URL, is required; `authorization_servers` and `bearer_methods_supported` are filled in. Challenges name the address
   * of the description, which {@link Verifier.resourceMetadataResponse} is the answer at. Or that address, if the
   * description is served by others. Default: none.
   */
  resourceMetadata?: string | ResourceMetadata | undefined;
  /**
   * Asks the authorization server about tokens that are not in the JWT format (RFC 7662). What it says must fit as the claims
   * of a token must; `iss`, `aud` and `exp` may be left out. That a token is good is remembered until it ends, for a minute at
   * most, that it is not active for 5 seconds; each other token is a request to the server. With several issuers the first one
   * is asked. When it does not say, the error is that of {@link Client.introspect}, and `toResponse()` answers 503 or 500. An
   * unknown key is a `TypeError`. Default: none, such tokens are refused.
   */
  introspection?: IntrospectionOptions | undefined;
}

/** Asks the authorization server about opaque tokens; see {@link VerifierSettings.introspection}. */
export interface IntrospectionOptions {
  /** The introspection endpoint. Default: the one of the issuer's metadata. */
  endpoint?: string | undefined;
  /** The API's own client id at the authorization server. */
  clientId: string;
  /** Its secret, or a function that gives it; see {@link ClientSettings}. */
  clientSecret: string | (() => string | Promise<string>);
  /** How it is sent: `client_secret_post` by default, or another method of a secret. */
  authMethod?: "client_secret_post" | "client_secret_basic" | "client_secret_basic_raw" | "client_secret_jwt" | undefined;
}

/** What to look at proofs of possession for; see {@link VerifierSettings.dpop}. */
export interface DpopOptions {
  /**
   * Remembers proofs for all isolates or processes of the API, so that none of them takes one a second time. Default: a
   * memory of this isolate or process, of 100 000 proofs of the last two minutes; when that is full, proofs are refused with
   * `replay_store_unavailable`, and no key can fill more than a half of it.
   */
  replayStore?: ReplayStore | undefined;
  /**
   * A secret of at least 32 bytes, the same for all isolates or processes: proofs must then have a nonce that was made with
   * it in the last 5 minutes (RFC 9449 section 9), which makes proofs useless that were made ahead of time. A client
   * without one is told one by `use_dpop_nonce`. Of an array the first makes nonces, and all are accepted. Default: none.
   */
  nonces?: string | readonly string[] | undefined;
}

/**
 * A memory of proofs that were seen: the stores of Redis (also Upstash, which Workers reach) and of Deno KV are one. Workers
 * KV and the Cache API cannot do that, and the store of Durable Objects has an object for each key, which is not meant for
 * something that is new with each request.
 */
export interface ReplayStore {
  /**
   * Atomically: `true` for the first caller with this key, `false` for the others until `ttlMs` milliseconds have passed. The
   * key is `gpd.` and 43 characters of base64url. When it throws, takes too long or gives anything else, the request is
   * refused with `replay_store_unavailable` (503): fail closed. To fail open, catch what it throws and give `true`.
   */
  acquire(key: string, ttlMs: number): MaybePromise<boolean>;
  /** Longest time for one call, in milliseconds: a whole number from 1 to 60000. Default: 1000. */
  readonly timeout?: number | undefined;
}

/** How an API describes itself (RFC 9728 section 2); see {@link VerifierSettings.resourceMetadata}. */
export interface ResourceMetadata {
  /** The API's own identifier, an absolute https URL. */
  resource: string;
  /** Scopes that are used with it. */
  scopes_supported?: readonly string[] | undefined;
  /** Its name, for people. */
  resource_name?: string | undefined;
  /** Where developers read about it. */
  resource_documentation?: string | undefined;
  /** Any other member of RFC 9728 section 2. */
  [name: string]: unknown;
}

/** The options of a {@link Verifier}. An unknown key is a `TypeError`. */
export type VerifierOptions = VerifierSettings & VerifierLocation;

/**
 * The second argument of {@link Verifier.fromEnv}: any options; each wins over what the environment says, and a
 * location wins over whichever location the environment has, and a credential over the secret of the environment.
 */
export type VerifierOverrides = Partial<VerifierSettings> &
  (VerifierLocation | { domain?: undefined; issuer?: undefined; jwksUri?: string | undefined });

/**
 * The variables that {@link Verifier.fromEnv} reads. Exactly one of `GATEPASS_DOMAIN` and `GATEPASS_ISSUER`. An
 * empty string counts as not set.
 */
export interface VerifierEnv {
  /** {@link VerifierOptions} `domain`. */
  readonly GATEPASS_DOMAIN?: string | undefined;
  /** {@link VerifierOptions} `issuer`. */
  readonly GATEPASS_ISSUER?: string | undefined;
  /** {@link VerifierSettings.audience}, one value. */
  readonly GATEPASS_AUDIENCE?: string | undefined;
}

/**
 * The claims of a token whose signature, issuer, audience and times were good. A plain object. The claims
 * that are typed here were checked to be of that type; every other claim is `unknown`.
 */
export interface Claims {
  /** Issuer: the one that the verifier accepts (RFC 7519 section 4.1.1). */
  iss: string;
  /** Subject (RFC 7519 section 4.1.2). With client credentials the client itself. */
  sub?: string;
  /** Audience (RFC 7519 section 4.1.3). Missing only with `audience: null`. */
  aud?: string | string[];
  /** End of validity, in seconds since 1970, possibly with a fraction (RFC 7519 section 4.1.4). */
  exp: number;
  /** Start of validity, in seconds since 1970 (RFC 7519 section 4.1.5). */
  nbf?: number;
  /** Time of issue, in seconds since 1970 (RFC 7519 section 4.1.6). */
  iat?: number;
  /** Identifier of the token (RFC 7519 section 4.1.7). */
  jti?: string;
  /** The client that asked for the token (RFC 9068 section 2.2, RFC 8693 section 4.3). */
  client_id?: string;
  /** The party that the token was issued to (OpenID Connect Core 1.0 section 2). */
  azp?: string;
  /** Any other claim of the token. Look at its type before using it. */
  [name: string]: unknown;
}

/**
 * What a token must allow and say, beyond being good; see {@link Verifier.verifyAccessToken}. Each member that is given
 * must be met. An unknown key is a `TypeError`. Lists are not empty.
 */
export interface Requirements {
  /**
   * Scopes that the token must have, all of them: an array, or a string with spaces. The token's are in `scope`, or else in
   * `scp`, each a string with spaces or an array (RFC 9068 section 2.2.3). Not met: code `insufficient_scope`.
   */
  scopes?: string | readonly string[] | undefined;
  /** Scopes of which the token must have one. Not met: code `insufficient_scope`. */
  anyScope?: string | readonly string[] | undefined;
  /** Permissions that must all be in the claim `permissions`. Not met: code `insufficient_scope`. */
  permissions?: string | readonly string[] | undefined;
  /**
   * The organization that the token must be for. What begins with `org_` is compared with `org_id` exactly, all else with
   * `org_name` without case.
   */
  organization?: string | undefined;
  /** The clients that the token may have been issued to. Of `client_id` and `azp` each that the token has must be one of them. */
  clientIds?: string | readonly string[] | undefined;
  /**
   * Claims by name: a JSON value that the claim must equal, or a function that is given the claim (`undefined` when there
   * is none) and says whether it fits: `true` or `false`, anything else is a `TypeError`. What it throws is thrown.
   */
  claims?: { readonly [name: string]: JsonValue | ((claim: unknown) => boolean) } | undefined;
}

/**
 * A certificate that a connection presented: its SHA-256 thumbprint in base64url or hexadecimal, as
 * `request.cf.tlsClientAuth.certFingerprintSHA256` of Workers and `fingerprint256` of Node.js are, or its bytes in DER.
 * Nothing, `null` and `""` are no certificate.
 */
export type Certificate = string | ArrayBuffer | ArrayBufferView | null | undefined;

/** What a request must meet; see {@link Verifier.authorize}. An unknown key is a `TypeError`. */
export interface RequestRequirements extends Requirements {
  /**
   * The certificate that the connection presented, for tokens that are bound to one (RFC 8705 section 3). Only one whose
   * private key the TLS handshake has proved.
   */
  certificate?: Certificate;
}

/**
 * A request that arrives at an API: the host's `Request`, an `IncomingMessage` of Node.js, or any object like them.
 *
 * Proofs of possession are made for a URL: `url` must be the one that the client knows. Behind a proxy that is another than
 * the server sees. Of a path alone the rest is taken from the header `Host` and the connection.
 */
export interface IncomingRequest {
  /** The method. */
  readonly method?: string | undefined;
  /** The URL. */
  readonly url?: string | undefined;
  /** `Headers`, or an object with the headers by name. */
  readonly headers: { get(name: string): string | null } | { readonly [name: string]: unknown };
  /** As {@link RequestRequirements.certificate}. */
  readonly certificate?: Certificate;
}

/** A request that may come in; see {@link Verifier.authorize}. */
export interface Authorized {
  /** The claims of the token. */
  claims: Claims;
  /** The token. */
  token: string;
  /** How it was presented: as a bearer token, or with a proof of possession. */
  scheme: "Bearer" | "DPoP";
  /** A value for the header `DPoP-Nonce` of the answer, when the client should get a new nonce (RFC 9449 section 8.2). */
  dpopNonce?: string;
}
/** What JSON can write. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** What an ID token belongs to; see {@link Verifier.verifyIdToken}. An unknown key is a `TypeError`. */
export interface ExpectedIdToken {
  /** The client that it must be for. Default: the verifier's `audience`, if that is one. */
  clientId?: string | undefined;
  /** The `nonce` of the authentication request. Given, the token must have it. */
  nonce?: string | undefined;
  /** The access token that came with it. Given, `at_hash` must be there and fit (OpenID Connect Core 1.0 section 3.1.3.8). */
  accessToken?: string | undefined;
  /** The authorization code that came with it. Given, `c_hash` must be there and fit (section 3.3.2.11). */
  code?: string | undefined;
  /** Longest time since the user has authenticated, in seconds, up to a year. Given, the token must have `auth_time`. */
  maxAge?: number | undefined;
  /** The authentication context class that the token must have in `acr`, or an array of which it must have one. */
  acr?: string | readonly string[] | undefined;
}

/**
 * Verifies the access tokens of one or several issuers for one API (RFC 7519 section 7.2, RFC 9068 section 4), and ID
 * tokens. Making one costs no request. The keys are fetched when a token needs them and kept in memory: for 10 minutes, or
 * for as long as `Cache-Control: max-age` says from a minute to a day; for up to 24 hours while no newer ones can be had; and
 * fetched again, at most every 30 seconds, for a key id that is not among them.
 *
 * Verifiers that accept the same tokens share keys, and the memory of tokens that were good: one that comes again within its
 * times, and before keys have changed, is not checked against its signature again.
 *
 * @example
 * ```js
 * const verifier = new Verifier({ domain: "tenant.login3.example", audience: "https://api.example" });
 * const claims = await verifier.verifyAccessToken(token);
 * ```
 */
export declare class Verifier {
  /**
   * @throws TypeError when an option is missing, unknown, of the wrong type, or excluded by another.
   */
  constructor(options: VerifierOptions);

  /**
   * A verifier with the options that environment variables give (see {@link VerifierEnv}).
   *
   * @param env - The `env` of a Worker, `process.env`, `Deno.env.toObject()`, or any other object. Nothing
   *   but these variables is read from it.
   * @param overrides - Options that win over the environment.
   * @throws TypeError as the constructor.
   */
  static fromEnv(env: VerifierEnv | { readonly [name: string]: unknown }, overrides?: VerifierOverrides): Verifier;

  /**
   * Verifies an access token in the JWT format (RFC 7519): size, form, header, claims, then the signature
   * against the issuer's keys. Nothing is fetched for a token that cannot pass.
   *
   * @param token - The token alone, without `Bearer`.
   * @param requirements - What it must allow and say, beyond being good.
   * @returns The claims: an object of the caller's own, which it may change.
   * @throws TypeError when `token` is not a string, or `requirements` is not what it should be.
   * @throws GatepassError with code `invalid_token` (`reason` says why, `claim` names the claim),
   *   `insufficient_scope`, or `keys_unavailable`.
   */
  verifyAccessToken(token: string, requirements?: Requirements): Promise<Claims>;

  /**
   * Verifies an ID token (OpenID Connect Core 1.0 section 3.1.3.7): as an access token, but `typ` is `JWT` or missing,
   * `iat` and `sub` must be there, it must be for the client, and, if it is for others as well or has `azp`, say in `azp` that
   * the client is the one that asked for it.
   *
   * @throws TypeError when `token` is not a string, or `expected` is not what it should be.
   * @throws GatepassError with code `invalid_token` or `keys_unavailable`.
   */
  verifyIdToken(token: string, expected?: ExpectedIdToken): Promise<Claims>;

  /**
   * Decides about a request: reads its `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1), verifies the
   * token as {@link Verifier.verifyAccessToken} does, and checks that its sender has what it is bound to: with `cnf.jkt` a
   * proof of possession in the header `DPoP` (RFC 9449 section 4.3), with `cnf["x5t#S256"]` the certificate. A bound token
   * is refused as a bearer token, and one that is not bound is refused with a proof.
   *
   * @param request - The request.
   * @param requirements - What its token must allow.
   * @returns The claims, the token and how it was presented.
   * @throws TypeError when an argument is not what it should be.
   * @throws GatepassError whose `toResponse()` is the answer: `missing_token`, `invalid_request`, `invalid_token`,
   *   `invalid_dpop_proof`, `use_dpop_nonce`, `insufficient_scope`, `keys_unavailable` or `replay_store_unavailable`.
   *
   * @example
   * ```js
   * try {
   *   const { claims } = await verifier.authorize(request, { scopes: ["read:orders"] });
   *   return Response.json(await ordersOf(claims.sub));
   * } catch (error) {
   *   if (error instanceof GatepassError) return error.toResponse();
   *   throw error;
   * }
   * ```
   */
  authorize(request: IncomingRequest, requirements?: RequestRequirements): Promise<Authorized>;

  /**
   * The answer to a request for the description of the API at `/.well-known/oauth-protected-resource` (RFC 9728 section 3),
   * followed by the path of `resource` if it has one.
   *
   * @throws TypeError when `resourceMetadata` is not given, or is an address.
   */
  resourceMetadataResponse(): HostResponse;
}

// ---- Errors ---------------------------------------------------------------------------------------------

/**
 * What went wrong. Match on this, not on the message. A later version may add codes; none changes its
 * meaning.
 *
 * The caller's own function `clientSecret` failed:
 * - `credential_unavailable`: it threw (`cause`), took longer than `timeout`, or gave no non-empty string.
 *
 * The server refused:
 * - `invalid_client`: the client id or the secret is not accepted (RFC 6749 section 5.2).
 * - `request_refused`: any other OAuth error; `oauth.error` has it.
 * - `rate_limited`: 429, or a quota that the server has said is spent; `retryAfter` if it said when.
 * - `server_error`: 5xx or `temporarily_unavailable`.
 *
 * The transport failed:
 * - `network_error`: no answer; `cause` is the host's own error.
 * - `timeout`: no full answer within `timeout`, no token within `retry.deadline` or the caller's own `timeout`, or no answer
 *   of an API within the `deadline` of the call.
 * - `unexpected_redirect`: the authorization server redirected, which is not followed: it could hand on the secret. Or an
 *   API did, where the call said `redirect: "error"` or 20 were followed already.
 *
 * The reply was unreadable:
 * - `unreadable_response`: not JSON, cut off, too large, or without an access token.
 * - `unsupported_token_type`: a token type other than Bearer.
 *
 * Discovery:
 * - `discovery_failed`: no usable metadata at either well-known address.
 * - `issuer_mismatch`: the metadata names another issuer (RFC 8414 section 3.3).
 *
 * Verification:
 * - `invalid_token`: the token is not acceptable; `reason` says why. Answer 401.
 * - `insufficient_scope`: the token is good, but lacks a scope or a permission that is required; `claim` says where it should
 *   be. Answer 403.
 * - `keys_unavailable`: the token could not be checked, because the issuer's keys could not be had, for
 *   whatever reason (the message says which), or because this runtime cannot use them. Answer 503.
 *
 * Requests that arrive at an API, beside those of verification:
 * - `missing_token`: there is no access token in the `Authorization` header. Answer 401.
 * - `invalid_request`: there is more than one, or it is not written as it must be. Answer 400.
 * - `invalid_dpop_proof`: the proof of possession is missing, for another request, too old, used before, or wrong. Answer 401.
 * - `use_dpop_nonce`: the proof needs a nonce of the API; `toResponse()` tells one. Answer 401.
 * - `replay_store_unavailable`: nobody can tell whether the proof is new: the replay store failed (`cause`), or the memory is
 *   full. Answer 503.
 *
 * Any call:
 * - `interrupted`: memory or stack ended in the middle of this call, or of another one while this one was under way; `cause`
 *   is what the host threw where it was this one. What was remembered is lost, the next call begins anew. Answer 503.
 */
export type GatepassErrorCode =
  | "credential_unavailable"
  | "invalid_client"
  | "request_refused"
  | "rate_limited"
  | "server_error"
  | "network_error"
  | "timeout"
  | "unexpected_redirect"
  | "unreadable_response"
  | "unsupported_token_type"
  | "discovery_failed"
  | "issuer_mismatch"
  | "invalid_token"
  | "insufficient_scope"
  | "keys_unavailable"
  | "missing_token"
  | "invalid_request"
  | "invalid_dpop_proof"
  | "use_dpop_nonce"
  | "replay_store_unavailable"
  | "interrupted";

/**
 * Why a token is not acceptable (code `invalid_token`).
 *
 * - `malformed`: not three strict base64url parts, not JSON, a name given twice, or a header member of the
 *   wrong type.
 * - `too_large`: longer than `maxTokenSize`, or a header of more than 4 KiB.
 * - `encrypted`: five parts, a JWE (RFC 7516); not supported.
 * - `algorithm`: `alg` is not accepted, or does not fit the key.
 * - `critical_header`: a `crit` or `b64` header (RFC 7515 section 4.1.11, RFC 7797).
 * - `type`: `typ` is not accepted, or the token is an ID token.
 * - `missing_claim`, `claim_type`, `claim_mismatch`: the claim named by `claim` is missing, of the wrong
 *   type or out of range, or not the value that is accepted.
 * - `expired`, `not_yet_valid`, `issued_in_future`, `too_old`: `exp`, `nbf`, `iat`, or `iat` with `maxAge`.
 * - `unknown_key`: the issuer has no key that this token could be signed with.
 * - `signature`: the signature is wrong.
 * - `inactive`: the authorization server says that the token is not active (RFC 7662 section 2.2).
 * - `sender_constraint`: the token is bound to a key or a certificate that its sender has not shown to have, or it came with a
 *   proof and is not bound to a key.
 */
export type InvalidTokenReason =
  | "malformed"
  | "too_large"
  | "encrypted"
  | "algorithm"
  | "critical_header"
  | "type"
  | "missing_claim"
  | "claim_type"
  | "claim_mismatch"
  | "expired"
  | "not_yet_valid"
  | "issued_in_future"
  | "too_old"
  | "unknown_key"
  | "signature"
  | "inactive"
  | "sender_constraint";

/** What the authorization server said (RFC 6749 section 5.2), with the client's own secret removed from it. */
export interface OAuthErrorResponse {
  /** The error code, such as `invalid_scope`. */
  readonly error: string;
  /** The server's own words, for the developer. */
  readonly error_description?: string;
  /** A page about the error. */
  readonly error_uri?: string;
}

/** What {@link GatepassError.toJSON} gives: everything but `cause` and the stack. */
export interface GatepassErrorJSON {
  readonly name: "GatepassError";
  readonly code: GatepassErrorCode;
  readonly message: string;
  readonly status?: number | undefined;
  readonly retryable: boolean;
  readonly retryAfter?: number | undefined;
  readonly oauth?: OAuthErrorResponse | undefined;
  readonly hint?: string | undefined;
  readonly claim?: string | undefined;
  readonly reason?: InvalidTokenReason | undefined;
}

/**
 * Everything that can go wrong at run time. Never holds a secret or a token, in no rendering.
 *
 * @example
 * ```js
 * try {
 *   await client.getToken();
 * } catch (error) {
 *   if (error instanceof GatepassError && error.retryable) console.log("later", error.retryAfter);
 *   else throw error;
 * }
 * ```
 */
export declare class GatepassError extends Error {
  private constructor();
  readonly name: "GatepassError";
  /** What went wrong; see {@link GatepassErrorCode}. */
  readonly code: GatepassErrorCode;
  /**
   * The HTTP status: of the server's answer if there was one; for `invalid_token` 401, for `insufficient_scope` 403 and for
   * `keys_unavailable` 503, the ones for your API to answer with.
   */
  readonly status?: number | undefined;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /**
   * How long to wait, in seconds: what the server asked for (`Retry-After`, RFC 9110 section 10.2.3), or for how much
   * longer a failure is remembered.
   */
  readonly retryAfter?: number | undefined;
  /** What the authorization server said, if it said it as OAuth does. */
  readonly oauth?: OAuthErrorResponse | undefined;
  /** The likely reason for a refusal that is often met, and what to do about it. For people: its words may change. */
  readonly hint?: string | undefined;
  /** With `invalid_token` and `insufficient_scope`: the name of the claim that is at fault. Never its value. */
  readonly claim?: string | undefined;
  /** With `invalid_token`: why. */
  readonly reason?: InvalidTokenReason | undefined;
  /** The host's own error, or the one that your `fetch` threw: the very same object. */
  readonly cause?: unknown;
  /**
   * The answer of an API to the request that this error is about: 400, 401 or 403 with a challenge in `WWW-Authenticate`
   * (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1); 503, with `Retry-After` when it is known, for what may
   * pass, and 500 for the rest, which say nothing more. Never cached. The errors of {@link Verifier.authorize} know their request;
   * those of {@link Verifier.verifyAccessToken} answer as to a bearer token.
   */
  toResponse(): HostResponse;
  /** The error as plain data, safe to log. */
  toJSON(): GatepassErrorJSON;
}

export {};
