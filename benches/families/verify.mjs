import { timeEverywhere } from "../measuring/hosts.mjs";

export default {
  name: "verify",
  title: "Verifying an access token",
  packages: ["jose", "fast-jwt", "aws-jwt-verify", "jsonwebtoken"],
  about: "One access token of about 500 bytes. All check issuer, audience, algorithm and times. By algorithm: every token is new, so each signature is checked. \"repeated\": one token that was verified before, which gatepass and fast-jwt with its cache remember. \"alone\" is the host's check of the signature and nothing else; \"by hand\" adds the least that gives claims: it looks at no header and at three claims, and is not for use. gatepass takes node:crypto where there is one, and WebCrypto on workerd. aws-jwt-verify has no HS256, jsonwebtoken no EdDSA.",
  measure: async (bench) => {
    const blocks = await timeEverywhere({ ...bench, pace: inOneTurn(bench.pace) }, "verify", { algorithms: bench.algorithms, tokens: 1000 });
    return { blocks };
  },
};

/**
 * One turn in each round, as long as all of them and as long again, nearer to the long ones of mitata and tinybench: in short
 * ones it counts most how much of a verifier the processor has forgotten while it ran the others.
 */
const inOneTurn = ({ rounds, turns, milliseconds }) => ({ rounds, turns: 1, milliseconds: 2 * turns * milliseconds });
