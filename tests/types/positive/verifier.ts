// Every way to make a verifier, and what it answers.
import { Verifier, type Claims, type SigningAlgorithm, type VerifierOptions } from "gatepass";
import { same } from "../expect.js";

new Verifier({ domain: "tenant.login3.example", audience: "https://api.example" });
new Verifier({ issuer: "https://as.example/", audience: ["https://api.example", "https://old.example"] });
new Verifier({ issuer: "https://as.example/", jwksUri: "https://as.example/keys", audience: null });

const everything: VerifierOptions = {
  issuer: "https://as.example/",
  jwksUri: "https://as.example/keys",
  audience: "https://api.example",
  algorithms: ["RS256", "ES256", "EdDSA"],
  typ: "at+jwt",
  profile: "generic",
  leeway: 5,
  maxAge: 3_600,
  maxTokenSize: 8_192,
  timeout: 2_000,
  dangerouslyAllowHttp: true,
  fetch: globalThis.fetch,
  store: { get: () => null, set() {} },
  onEvent(event) {
    if (event.type === "keys_received") same<typeof event.unusable, number>();
  },
  waitUntil: (promise) => promise,
};
const verifier = new Verifier(everything);
new Verifier({ ...everything, typ: ["JWT"], algorithms: undefined });

new Verifier({ issuer: ["https://as.example/", "https://other.example/"], audience: null });
new Verifier({ issuer: "https://as.example/", secret: new Uint8Array(32), audience: null, algorithms: ["HS256", "HS384", "HS512"] });
new Verifier({ domain: "tenant.login3.example", jwks: { keys: [{ kty: "RSA", n: "AQAB", e: "AQAB" }] }, audience: null, profile: "rfc9068" });
await verifier.verifyAccessToken("a.b.c", {
  scopes: ["read:orders"],
  anyScope: "read:orders write:orders",
  permissions: ["orders:read"],
  organization: "org_acme",
  clientIds: ["worker"],
  claims: { tier: "gold", level: (value: unknown) => Number(value) > 2 },
});
const user = await verifier.verifyIdToken("a.b.c", { clientId: "me", nonce: "n", accessToken: "t", code: "c", maxAge: 60, acr: ["high"] });
same<typeof user, Claims>();

const claims = await verifier.verifyAccessToken("a.b.c");
same<typeof claims, Claims>();
same<typeof claims.iss, string>();
same<typeof claims.exp, number>();
same<typeof claims.scope, unknown>();
const subject: string | undefined = claims.sub;
const permissions = Array.isArray(claims.permissions) ? claims.permissions : [];
const spread: Record<string, unknown> = { ...claims };

const algorithms: readonly SigningAlgorithm[] = ["ML-DSA-44", "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512"];
new Verifier({ ...everything, algorithms });

export { permissions, spread, subject };
