/**
 * A guard for {@link https://hono.dev | Hono}: a middleware that lets a request in when its token is good.
 *
 * @example
 * ```js
 * const app = new Hono();
 * app.use("/orders/*", protect((c) => Verifier.fromEnv(c.env), { scopes: ["read:orders"] }));
 * app.get("/orders/:id", (c) => c.json({ client: c.get("auth").claims.sub }));
 * ```
 *
 * @packageDocumentation
 */
import type { Context, Handler, MiddlewareHandler } from "hono";
import type { Authorized, Certificate, Claims, GatepassError, Requirements, Verifier } from "gatepass";

/** What the guard leaves for the handlers that come after it. */
export interface AuthVariables {
  /** The outcome of {@link Verifier.authorize}. */
  auth: Authorized;
  /** The claims alone, where Hono's own JWT middleware puts them. */
  jwtPayload: Claims;
}

/** The third argument of {@link protect}. An unknown key is a `TypeError`. */
export interface ProtectOptions {
  /**
   * Called when a request is refused, to log that or to answer in another way. What it returns is the answer; when
   * that is nothing, `error.toResponse()` is.
   */
  onRefused?: ((error: GatepassError, context: Context) => Response | undefined | void | Promise<Response | undefined | void>) | undefined;
  /** The URL as the client knows it, for proofs of possession. Default: `c.req.raw.url`. */
  url?: ((context: Context) => string | Promise<string>) | undefined;
  /** The certificate that the connection presented, for tokens that are bound to one. Default: none. */
  certificate?: ((context: Context) => Certificate | Promise<Certificate>) | undefined;
}

/**
 * A middleware that authorizes each request, and answers those that it refuses. An error that is no
 * {@link GatepassError} is thrown on.
 *
 * @param verifier - The verifier, or a function that gives one for a request: `(c) => Verifier.fromEnv(c.env)`.
 * @param requirements - What a token must allow.
 * @throws TypeError when an argument is of the wrong kind.
 */
export declare function protect(
  verifier: Verifier | ((context: Context) => Verifier | Promise<Verifier>),
  requirements?: Requirements,
  options?: ProtectOptions,
): MiddlewareHandler<{ Variables: AuthVariables }>;

/** A handler for `/.well-known/oauth-protected-resource`; see {@link Verifier.resourceMetadataResponse}. */
export declare function resourceMetadata(verifier: Verifier | ((context: Context) => Verifier | Promise<Verifier>)): Handler;
