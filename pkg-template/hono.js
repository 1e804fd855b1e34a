// @ts-self-types="./hono.d.ts"
// A guard for Hono: what comes in has been authorized.

import { authorizer } from "./middleware.js";

export function protect(verifier, requirements, options) {
  const { authorize, onRefused } = authorizer(verifier, requirements, options);
  return async (context, next) => {
    let admitted;
    try {
      const { method, url, headers } = context.req.raw;
      admitted = await authorize({ method, url, headers }, context);
    } catch (error) {
      if (typeof error?.toResponse !== "function") throw error;
      return (await onRefused?.(error, context)) ?? error.toResponse();
    }
    context.set("auth", admitted);
    // Where Hono's own JWT middleware puts them.
    context.set("jwtPayload", admitted.claims);
    await next();
    // Only now: a handler's own Response takes no header that was set before it.
    if (admitted.dpopNonce !== undefined) context.header("dpop-nonce", admitted.dpopNonce);
  };
}

export function resourceMetadata(verifier) {
  return async (context) => (typeof verifier === "function" ? await verifier(context) : verifier).resourceMetadataResponse();
}
