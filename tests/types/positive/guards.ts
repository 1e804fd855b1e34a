// Requests are let in, alone and by the guard for Hono.
import { Hono } from "hono";
import { Verifier, type Authorized, type Certificate, type Claims, type ReplayStore, type RequestRequirements } from "gatepass";
import { protect, resourceMetadata } from "gatepass/hono";
import { same } from "../expect.js";

declare const store: ReplayStore;
const verifier = new Verifier({
  issuer: "https://as.example/",
  audience: "https://api.example",
  dpop: { replayStore: store, nonces: ["new", "old"] },
  resourceMetadata: { resource: "https://api.example", scopes_supported: ["read:orders"], "resource_name#de": "Aufträge" },
});
new Verifier({ issuer: "https://as.example/", audience: null, dpop: {}, resourceMetadata: "https://api.example/metadata" });
new Verifier({ issuer: "https://as.example/", audience: null, introspection: { clientId: "a", clientSecret: async () => "b", authMethod: "client_secret_basic" } });
const memory: ReplayStore = { acquire: async (key: string, ttlMs: number) => key.length > ttlMs, timeout: 100 };

const requirements: RequestRequirements = { scopes: ["read:orders"], certificate: new Uint8Array(3) };
const admitted = await verifier.authorize({ method: "GET", url: "https://api.example/", headers: { authorization: ["Bearer a"] } }, requirements);
same<typeof admitted, Authorized>();
same<typeof admitted.scheme, "Bearer" | "DPoP">();
const nonce: string | undefined = admitted.dpopNonce;
const certificates: Certificate[] = [null, undefined, "", new ArrayBuffer(1), new DataView(new ArrayBuffer(1))];
await verifier.authorize({ method: "GET", url: "/", headers: { get: (name: string) => name }, certificate: certificates[0] });

const hono = new Hono();
hono.use(protect((c) => Verifier.fromEnv(c.env as Record<string, unknown>)));
hono.get("/", protect(verifier, requirements, { onRefused: (error) => console.log(error.code), url: (c) => c.req.url }), (c) => {
  same<ReturnType<typeof claimsOf>, Claims>();
  function claimsOf() {
    return c.get("auth").claims;
  }
  return c.json({ sub: claimsOf().sub, same: c.get("jwtPayload").sub });
});
hono.get("/.well-known/oauth-protected-resource", resourceMetadata(verifier));

export { memory, nonce };
