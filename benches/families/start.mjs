import { processHosts } from "../measuring/hosts.mjs";
import { rowsOf } from "../measuring/statistics.mjs";
import { SignJWT, exportJWK, generateKeyPair } from "jose";

const CALLS = {
  token: ["gatepass", "oauth4webapi", "openid-client", "@badgateway/oauth2-client", "@azure/msal-node", "google-auth-library"],
  verification: ["gatepass", "jose", "fast-jwt", "aws-jwt-verify", "jsonwebtoken"],
};
const NAMES = { token: "to the first token", verification: "to the first verified token" };

export default {
  name: "start",
  title: "From import to first call",
  packages: [...new Set(Object.values(CALLS).flat())].filter((name) => name !== "gatepass"),
  about: "A new process each time. The clock starts before `import()` of the library and stops when its first call has resolved: a token whose answer is there already, without a network, or a verified ES256 token. That the process itself starts is not counted. workerd is missing because its clock stands still while modules are loaded.",
  measure,
};

async function measure({ project, starts, warmUps, note, only }) {
  const signed = await signedToken();
  const blocks = [];
  for (const [call, libraries] of Object.entries(CALLS)) {
    const block = { name: NAMES[call], unit: "ms", columns: [] };
    for (const { label, run } of await processHosts(project, only)) {
      note(`${label}: ${block.name}`);
      const found = Object.fromEntries(libraries.map((library) => [library, []]));
      // The first round brings files into the disk cache, and code into Deno's.
      for (let round = -warmUps; round < starts; round += 1) {
        for (const library of libraries) {
          const milliseconds = await run("first-call.mjs", JSON.stringify({ call, library, signed }));
          if (round >= 0) found[library].push(milliseconds);
        }
      }
      block.columns.push({ name: label, rows: rowsOf(found) });
    }
    blocks.push(block);
  }
  return { blocks };
}

async function signedToken() {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const token = await new SignJWT({ client_id: "client", scope: "read:orders" }).setProtectedHeader({ alg: "ES256", kid: "k1", typ: "at+jwt" })
    .setIssuer("https://issuer.example/").setAudience("https://api.example").setSubject("client").setIssuedAt().setExpirationTime("10h").sign(privateKey);
  return { jwk, token };
}
