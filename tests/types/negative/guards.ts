// Mistakes with guards that do not compile.
import { Verifier } from "gatepass";
import { protect } from "gatepass/hono";

declare const verifier: Verifier;
const audience = "https://api.example";
const issuer = "https://as.example/";
const request = { method: "GET", url: "https://api.example/", headers: {} };

// @ts-expect-error TS2353: proofs are checked without being asked for
new Verifier({ issuer, audience, dpop: { required: true } });
// @ts-expect-error TS2741: a replay store says whether a key is new
new Verifier({ issuer, audience, dpop: { replayStore: {} } });
// @ts-expect-error TS2322: a description has the name of its resource
new Verifier({ issuer, audience, resourceMetadata: {} });
// @ts-expect-error TS2741: the API has credentials of its own
new Verifier({ issuer, audience, introspection: { clientId: "a" } });
// @ts-expect-error TS2741: a request has headers
await verifier.authorize({ method: "GET", url: "https://api.example/" });
// @ts-expect-error TS2561: an unknown requirement
await verifier.authorize(request, { scope: "read:orders" });
// @ts-expect-error TS2339: the claims are a member of what it resolves to
(await verifier.authorize(request)).sub;
// @ts-expect-error TS2322: a certificate is text or bytes
await verifier.authorize(request, { certificate: 7 });
// @ts-expect-error TS2353: a verifier, not its options
protect({ issuer, audience });
// @ts-expect-error TS2353: an unknown option
protect(verifier, {}, { onError: () => undefined });
