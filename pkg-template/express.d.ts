/**
 * A guard for {@link https://expressjs.com | Express} 4 and 5: a middleware that lets a request in when its token is
 * good.
 *
 * @example
 * ```js
 * const app = express();
 * app.get("/orders", protect(verifier, { scopes: ["read:orders"] }), (req, res) => {
 *   res.json({ client: req.auth.claims.sub });
 * });
 * ```
 *
 * @packageDocumentation
 */
import type { Authorized, Certificate, Claims, GatepassError, Requirements, Verifier } from "gatepass";

/** What the guard leaves in `req.auth` for the handlers that come after it. */
export interface Auth extends Authorized {
  /** The claims again, where other middleware for Express puts them. */
  payload: Claims;
}

/** What the guard needs of a request of Express. */
export interface ExpressRequest {
  readonly method: string;
  readonly protocol: string;
  readonly originalUrl: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** What the guard needs of a response of Express. */
export interface ExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** The third argument of {@link protect}. An unknown key is a `TypeError`. */
export interface ProtectOptions<Request extends ExpressRequest, Response extends ExpressResponse> {
  /**
   * Called when a request is refused, in place of the answer `error.toResponse()`: `(error, req, res, next) =>
   * next(error)` leaves it to the application's own error handler.
   */
  onRefused?: ((error: GatepassError, request: Request, response: Response, next: (error?: unknown) => void) => unknown) | undefined;
  /**
   * The URL as the client knows it, for proofs of possession. Default: `req.protocol`, the header `Host`, and
   * `req.originalUrl`; behind a proxy that needs Express's setting `trust proxy`.
   */
  url?: ((request: Request) => string | Promise<string>) | undefined;
  /**
   * The certificate that the connection presented, for tokens that are bound to one:
   * `(req) => req.socket.getPeerCertificate().raw`. Default: none.
   */
  certificate?: ((request: Request) => Certificate | Promise<Certificate>) | undefined;
}

/**
 * A middleware that authorizes each request, and answers those that it refuses. An error that is no
 * {@link GatepassError} goes to `next`.
 *
 * @param verifier - The verifier, or a function that gives one for a request.
 * @param requirements - What a token must allow.
 * @throws TypeError when an argument is of the wrong kind.
 */
export declare function protect<Request extends ExpressRequest, Response extends ExpressResponse>(
  verifier: Verifier | ((request: Request) => Verifier | Promise<Verifier>),
  requirements?: Requirements,
  options?: ProtectOptions<Request, Response>,
): (request: Request, response: Response, next: (error?: unknown) => void) => Promise<void>;

/** A handler for `/.well-known/oauth-protected-resource`; see {@link Verifier.resourceMetadataResponse}. */
export declare function resourceMetadata<Request extends ExpressRequest, Response extends ExpressResponse>(
  verifier: Verifier | ((request: Request) => Verifier | Promise<Verifier>),
): (request: Request, response: Response, next: (error?: unknown) => void) => Promise<void>;

declare global {
  namespace Express {
    interface Request {
      /** What {@link protect} has found out. */
      auth?: Auth;
    }
  }
}
