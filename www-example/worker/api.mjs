// The API that is called: another worker, which lets in who brings a good access token.
//
// `env`: GATEPASS_DOMAIN, GATEPASS_AUDIENCE, and REVOKED_URL, a list of the ids of tokens that it refuses although they
// have not ended: without asking somebody no API can know of a JWT's revocation.

import { GatepassError, Verifier } from "gatepass";

export default {
  async fetch(request, env) {
    try {
      const revoked = env.REVOKED_URL ? await (await fetch(env.REVOKED_URL)).json() : [];
      const requirements = revoked.length > 0 ? { claims: { jti: (jti) => !revoked.includes(jti) } } : {};
      const { claims } = await Verifier.fromEnv(env).authorize(request, requirements);
      return Response.json({ message: "Hello from the API", caller: claims.client_id ?? claims.azp ?? claims.sub });
    } catch (error) {
      if (error instanceof GatepassError) return error.toResponse();
      throw error;
    }
  },
};
