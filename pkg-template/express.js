// A guard for Express: what comes in has been authorized.

import { authorizer } from "./middleware.js";

export function protect(verifier, requirements, options) {
  const { authorize, onRefused } = authorizer(verifier, requirements, options);
  // Express 4 does not look at what a middleware rejects with.
  return async (request, response, next) => {
    let admitted;
    try {
      const { method, headers, headersDistinct, protocol, originalUrl } = request;
      const url = `${protocol}://${headers.host}${originalUrl}`;
      admitted = await authorize({ method, url, headers, headersDistinct }, request);
    } catch (error) {
      if (typeof error?.toResponse !== "function") return next(error);
      try {
        return await (onRefused === undefined ? send(error.toResponse(), response) : onRefused(error, request, response, next));
      } catch (mistake) {
        return next(mistake);
      }
    }
    request.auth = { ...admitted, payload: admitted.claims };
    if (admitted.dpopNonce !== undefined) response.setHeader("dpop-nonce", admitted.dpopNonce);
    next();
  };
}

export function resourceMetadata(verifier) {
  return async (request, response, next) => {
    try {
      const chosen = typeof verifier === "function" ? await verifier(request) : verifier;
      await send(chosen.resourceMetadataResponse(), response);
    } catch (error) {
      next(error);
    }
  };
}

async function send(answer, response) {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.end(await answer.text());
}
