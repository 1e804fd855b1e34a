// An API on workerd that lets in who brings a good access token. Bindings: GATEPASS_DOMAIN and GATEPASS_AUDIENCE.

import { GatepassError, Verifier } from "gatepass";

export default {
  async fetch(request, env) {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    // RFC 6750 section 3.1: who brings no credentials is told no error.
    if (!token) return refuse(401, { error: "unauthorized" }, "Bearer");
    try {
      const claims = await Verifier.fromEnv(env).verifyAccessToken(token);
      return Response.json({ message: "Hello from the API", caller: claims.client_id ?? claims.azp ?? claims.sub });
    } catch (error) {
      if (!(error instanceof GatepassError)) throw error;
      const { code, reason, claim, retryAfter } = error;
      // Keys that cannot be had are our trouble, not the caller's.
      return code === "invalid_token"
        ? refuse(401, { error: code, reason, claim }, 'Bearer error="invalid_token"')
        : refuse(503, { error: code }, undefined, retryAfter);
    }
  },
};

function refuse(status, body, challenge, retryAfter) {
  const response = Response.json(body, { status });
  if (challenge) response.headers.set("www-authenticate", challenge);
  if (retryAfter) response.headers.set("retry-after", String(retryAfter));
  return response;
}
