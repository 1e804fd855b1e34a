// Mistakes with a verifier that do not compile.
import { Verifier } from "gatepass";

const domain = "tenant.login3.example";
const audience = "https://api.example";
declare const verifier: Verifier;
declare const request: { headers: { get(name: string): string | null } };

// @ts-expect-error TS2345 'audience': the audience is required; null opts out
new Verifier({ domain });
// @ts-expect-error TS2322: undefined does not opt out
new Verifier({ domain, audience: undefined });
// @ts-expect-error TS2345 'domain': one of domain and issuer is required
new Verifier({ audience });
// @ts-expect-error TS2345: domain and issuer exclude each other
new Verifier({ domain, issuer: "https://as.example/", audience });
// @ts-expect-error TS2345: jwksUri goes with issuer
new Verifier({ domain, jwksUri: "https://as.example/keys", audience });
// @ts-expect-error TS2353: a verifier has no token endpoint
new Verifier({ tokenEndpoint: "https://as.example/token", audience });
// @ts-expect-error TS2322: there is no algorithm "none"
new Verifier({ domain, audience, algorithms: ["none"] });
// @ts-expect-error TS2322: a secret is text or bytes
new Verifier({ domain, audience, secret: 7 });
// @ts-expect-error TS2322: keys are in an object
new Verifier({ domain, audience, jwks: [] });
// @ts-expect-error TS2820: there is no such profile
new Verifier({ domain, audience, profile: "rfc9069" });
// @ts-expect-error TS2561: an unknown requirement
await verifier.verifyAccessToken("a.b.c", { scope: "read:orders" });
// @ts-expect-error TS2322: an organization is text
await verifier.verifyAccessToken("a.b.c", { organization: ["acme"] });
// @ts-expect-error TS2353: nothing else belongs to an ID token
await verifier.verifyIdToken("a.b.c", { state: "x" });
// @ts-expect-error TS2322: algorithms is an array
new Verifier({ domain, audience, algorithms: "RS256" });
// @ts-expect-error TS2322: another typ is given in an array
new Verifier({ domain, audience, typ: "JWT" });
// @ts-expect-error TS2353: an unknown option
new Verifier({ domain, audience, clockTolerance: 5 });
// @ts-expect-error TS2345: a header may be missing
await verifier.verifyAccessToken(request.headers.get("authorization"));
// @ts-expect-error TS2339: a promise has no claims
verifier.verifyAccessToken("a.b.c").iss;
const claims = await verifier.verifyAccessToken("a.b.c");
// @ts-expect-error TS2322: a subject may be missing
const subject: string = claims.sub;
// @ts-expect-error TS18046: a claim of unknown type is looked at first
claims.permissions.includes("read:orders");

export { subject };
