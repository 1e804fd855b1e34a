// Mistakes in how a client authenticates that do not compile.
import { Client } from "gatepass";

const place = { clientId: "id", issuer: "https://as.example/" };
declare const client: Client;

// @ts-expect-error TS2345: a secret and a key exclude each other
new Client({ ...place, clientSecret: "secret", privateKey: "-----BEGIN PRIVATE KEY-----" });
// @ts-expect-error TS2345: a key does not go with a method for secrets
new Client({ ...place, privateKey: "-----BEGIN PRIVATE KEY-----", authMethod: "client_secret_post" });
// @ts-expect-error TS2345: a secret does not go with a method for keys
new Client({ ...place, clientSecret: "secret", authMethod: "private_key_jwt" });
// @ts-expect-error TS2345: a secret does not go with none
new Client({ ...place, clientSecret: "secret", authMethod: "none" });
// @ts-expect-error TS2322: mtls is true or absent
new Client({ ...place, mtls: false });
// @ts-expect-error TS2322: an algorithm that is not one
new Client({ ...place, clientSecret: "secret", signingAlgorithm: "RS1" });
// @ts-expect-error TS2353: an unknown option of dpop
new Client({ ...place, clientSecret: "secret", dpop: { key: "x" } });
// @ts-expect-error TS2322: an unknown way to validate
new Client({ ...place, clientSecret: "secret", validate: "maybe" });
// @ts-expect-error TS2741: details have a type
new Client({ ...place, clientSecret: "secret", authorizationDetails: [{ actions: ["read"] }] });
// @ts-expect-error TS2345: a token is asked about, not a number
client.introspect(7);
// @ts-expect-error TS2554: a token is revoked
client.revoke();
