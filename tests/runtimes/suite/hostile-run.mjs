// Everything the hostile token endpoint can do, to clients of every kind: no error, event or line of the console that comes of
// it shows a secret, a token, an assertion, a proof or a key (define.mjs looks through all of them after each test).

import { GatepassError } from "gatepass";
import { ok } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";
import { keyFor } from "./signers.mjs";

const LONG_SECRET = `${CLIENT_SECRET} ${"canary-secret".repeat(4)}`;

const AUDIENCE = { assertionAudience: "https://auth.example/" };

const KINDS = {
  client_secret_post: () => ({}),
  client_secret_basic: () => ({ authMethod: "client_secret_basic" }),
  client_secret_basic_raw: () => ({ authMethod: "client_secret_basic_raw", clientId: "client" }),
  client_secret_jwt: () => ({ authMethod: "client_secret_jwt", clientSecret: LONG_SECRET, ...AUDIENCE }),
  private_key_jwt: ({ jwk }) => ({ clientSecret: undefined, privateKey: jwk, ...AUDIENCE }),
  "private_key_jwt from PEM, with DPoP": ({ pem, jwk }) => ({ clientSecret: undefined, privateKey: pem, dpop: { privateKey: jwk, allowBearer: true }, ...AUDIENCE }),
  "an assertion of the caller's": () => ({ clientSecret: undefined, clientAssertion: async () => `eyJhbGciOiJub25lIn0.${"canary-secret".repeat(3)}.c2ln` }),
};

// Cases that are slow by what they are; they are played in other tests.
const SLOW = /^(?:hangs|ten-megabytes|a-gigabyte|same-until-dead|after-|refresh-in)/;

for (const [kind, credentials] of Object.entries(KINDS)) {
  test(`nothing that a hostile server does makes a secret show: ${kind}`, async (t) => {
    const cases = (await (await fetch(`${t.config.hostile}/_cases`)).json()).filter((name) => !SLOW.test(name));
    const options = credentials(await keyFor(t, "ES256"));
    await t.register();
    let failures = 0;
    for (const name of cases) {
      const client = t.client({ tokenEndpoint: t.endpoint(name), retry: { attempts: 1, hold: 0 }, ...options });
      try {
        const { accessToken } = await client.getToken();
        if (!accessToken.includes("canary")) t.hide(accessToken);
      } catch (error) {
        t.note(error, name);
        ok(error instanceof GatepassError, `${name}: expected a GatepassError, got ${error}`);
        failures += 1;
      }
    }
    ok(failures > 50, `errors were met: ${failures}`);
  });
}
