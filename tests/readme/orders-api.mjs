// The API that the examples call as https://api.example/orders. It verifies tokens and proofs of possession with `jose`, so
// that it does not depend on what is tested, and insists on what the tutorial says that a call has.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { EmbeddedJWK, calculateJwkThumbprint, createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";

const HOST = "127.0.0.1";

/** @param {{ issuer: string, jwksUri: string, audience: string }[]} trusted whose tokens it accepts, and for which audience */
export async function startOrdersApi(trusted) {
  const keys = new Map(trusted.map(({ issuer, jwksUri, audience }) => [issuer, { audience, keySet: createRemoteJWKSet(new URL(jwksUri)) }]));
  let calls = 0;

  const server = createServer(async (request, response) => {
    const answer = (status, value) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (request.url !== "/orders") return answer(404, { error: "not_found" });
    if (request.headers["content-type"] !== "application/json") return answer(415, { error: "content-type" });
    try {
      const [scheme, token] = (request.headers.authorization ?? "").split(" ");
      const { iss: issuer } = decodeJwt(token);
      const { keySet, audience } = keys.get(issuer);
      const { payload } = await jwtVerify(token, keySet, { issuer, audience });
      const bound = payload.cnf?.jkt;
      if (scheme !== (bound ? "DPoP" : "Bearer")) return answer(401, { error: `scheme ${scheme}` });
      if (bound) await checkProof(request, token, bound);
    } catch (error) {
      return answer(401, { error: error.code ?? error.message });
    }
    calls += 1;
    return answer(200, { orders: [] });
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, resolve);
  });

  return {
    origin: `http://${HOST}:${server.address().port}`,
    /** Calls that came with a good token. */
    get calls() {
      return calls;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** RFC 9449 section 4.3, as far as an API of tests needs it. The client knows the API by another address: see host-map.mjs. */
async function checkProof({ headers, method }, token, thumbprint) {
  const { payload, protectedHeader } = await jwtVerify(headers.dpop, EmbeddedJWK, { typ: "dpop+jwt", maxTokenAge: 60, clockTolerance: 5 });
  const wanted = { htm: method, htu: "https://api.example/orders", ath: createHash("sha256").update(token).digest("base64url") };
  for (const [name, value] of Object.entries(wanted)) {
    if (payload[name] !== value) throw new Error(`${name} of the proof is ${payload[name]}`);
  }
  if ((await calculateJwkThumbprint(protectedHeader.jwk)) !== thumbprint) throw new Error("the proof is by another key");
}
