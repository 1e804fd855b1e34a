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
};
const verifier = new Verifier(everything);
new Verifier({ ...everything, typ: ["JWT"], algorithms: undefined });

const claims = await verifier.verifyAccessToken("a.b.c");
same<typeof claims, Claims>();
same<typeof claims.iss, string>();
same<typeof claims.exp, number>();
same<typeof claims.scope, unknown>();
const subject: string | undefined = claims.sub;
const permissions = Array.isArray(claims.permissions) ? claims.permissions : [];
const spread: Record<string, unknown> = { ...claims };

const algorithms: readonly SigningAlgorithm[] = ["RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512"];
new Verifier({ ...everything, algorithms });

export { permissions, spread, subject };
