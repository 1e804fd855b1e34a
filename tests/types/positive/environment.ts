// What `fromEnv` takes: the environments that each host's own types describe.
import { Client, Verifier } from "gatepass";

// A Worker's Env, as `wrangler types` writes it: an interface, with bindings that are not strings.
interface Env {
  GATEPASS_DOMAIN: string;
  GATEPASS_CLIENT_ID: string;
  GATEPASS_CLIENT_SECRET: string;
  CACHE: { get(key: string): Promise<string | null> };
}
declare const env: Env;
Client.fromEnv(env);
Client.fromEnv(env, { audience: "https://api.example" });
Verifier.fromEnv(env, { audience: null });

// process.env
declare const processEnv: { [name: string]: string | undefined; TZ?: string };
Client.fromEnv(processEnv);
Verifier.fromEnv(processEnv);

// Deno.env.toObject()
declare const denoEnv: { [name: string]: string };
Client.fromEnv(denoEnv);
Verifier.fromEnv(denoEnv, { issuer: "https://as.example/", jwksUri: "https://as.example/keys" });
