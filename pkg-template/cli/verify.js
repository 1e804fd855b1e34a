// `gatepass verify`: does what an API does with a token, and shows what was checked.

import { EXIT, UsageError } from "./exit.js";
import { messageOf } from "./failure.js";
import { CLIENT, SERVER, SOURCES } from "./flags.js";
import { moment, readJwt, scopesOf, tokenFrom } from "./jwt.js";
import { issuerOf, milliseconds, verifierOf } from "./settings.js";
import * as terminal from "./terminal.js";

const own = { own: true };

export const verify = {
  usage: "TOKEN",
  summary: "Verify an access token as an API does, and show what was checked.",
  details: ["TOKEN may be - for the standard input, which keeps it out of the shell's history. Exit code 5 for one that is refused."],
  operands: [1, 1],
  flags: {
    json: { type: "boolean", help: "print valid, header and claims, or the error, as JSON" },
    ...SERVER,
    ...SOURCES,
    audience: { ...CLIENT.audience, ...own, help: "the API that the token must be for" },
    "any-audience": { type: "boolean", help: "accept a token for somebody else's API" },
    scope: { type: "string", value: "SCOPES", multiple: true, ...own, help: "scopes that the token must have" },
    permission: { type: "string", value: "NAME", multiple: true, help: "permission that the token must have; may be given several times" },
    organization: { type: "string", value: "ORG", ...own, help: "organization that the token must be for" },
    client: { type: "string", value: "ID", multiple: true, help: "client that the token may have been issued to; may be given several times" },
    algorithm: { type: "string", value: "ALG", multiple: true, help: "signature algorithm that is accepted; may be given several times" },
    leeway: { type: "string", value: "TIME", help: "how far the issuer's clock may be off; without it 5 s" },
    "max-age": { type: "string", value: "TIME", help: "longest time since the token was issued" },
  },
  examples: ["gatepass token | gatepass verify -", "gatepass verify - --issuer https://as.example --audience https://api.example --scope read:orders < token.txt"],

  async run(values, [operand]) {
    if (values["any-audience"] && values.audience) throw new UsageError("--audience and --any-audience exclude each other");
    const seconds = (name) => values[name] && Math.round(milliseconds(values[name], name) / 1000);
    const more = {
      ...(values["any-audience"] && { audience: null }),
      ...(values.algorithm && { algorithms: values.algorithm }),
      ...(values.leeway && { leeway: seconds("leeway") }),
      ...(values["max-age"] && { maxAge: seconds("max-age") }),
    };
    const token = await tokenFrom(operand);
    const { verifier, settings } = await verifierOf(values, {}, more);
    if (values["any-audience"]) delete settings.audience;
    const requirements = {
      ...(values.scope && { scopes: values.scope.join(" ") }),
      ...(values.permission && { permissions: values.permission }),
      ...(values.organization && { organization: values.organization }),
      ...(values.client && { clientIds: values.client }),
    };
    let failure;
    try {
      await terminal.during("verifying the token", () => verifier.verifyAccessToken(token, requirements));
    } catch (error) {
      if (error?.name !== "GatepassError") throw error;
      failure = error;
    }
    const read = readJwt(token);
    if (values.json) await terminal.report(`${terminal.json(failure ? { valid: false, error: failure.toJSON() } : { valid: true, ...read })}\n`);
    else await terminal.report(verdict(failure, read, checksOf(read, values, settings)));
    if (failure) throw failure;
    return EXIT.ok;
  },
};

/** What is checked, in its order: which failures belong to it, and what the token says about it. */
function checksOf(read, values, settings) {
  const { header = {}, claims = {} } = read ?? {};
  const is = (...reasons) => ({ code, reason }) => code === "invalid_token" && reasons.includes(reason);
  const about = (...names) => ({ code, reason, claim }) => code === "invalid_token" && names.includes(claim) && reason !== "signature";
  return [
    { what: "form", of: is("malformed", "too_large", "encrypted"), says: "JWT, three parts" },
    { what: "header", of: is("algorithm", "critical_header", "type"), says: [header.alg, header.typ && `typ ${header.typ}`].filter(Boolean).join(", ") },
    { what: "issuer", of: about("iss"), says: claims.iss, wanted: issuerOf(settings) },
    { what: "audience", of: about("aud"), says: values["any-audience"] ? "any (--any-audience)" : [claims.aud].flat().join(", "), wanted: settings.audience?.value },
    { what: "times", of: about("exp", "nbf", "iat"), says: `ends ${moment(claims.exp)}` },
    { what: "key", of: (error) => error.code === "keys_unavailable" || error.reason === "unknown_key", says: header.kid ?? "without an id" },
    { what: "signature", of: is("signature"), says: header.alg },
    ...(claims.cnf?.jkt === undefined ? [] : [{ what: "bound", of: () => false, says: "to a key: an API wants a proof of it with each request (DPoP)" }]),
    { what: "allows", of: (error) => error.code === "insufficient_scope" || error.code === "invalid_token", says: scopesOf(claims).join(" ") || "no scopes" },
  ];
}

function verdict(failure, read, checks) {
  const { bold, green, red, dim } = terminal.styles(process.stdout);
  const at = failure ? checks.findIndex(({ of }) => of(failure)) : checks.length;
  const rows = checks.map(({ what, says, wanted }, index) => {
    if (index > at) return dim(`- ${what.padEnd(10)} not looked at`);
    if (index === at) return [`${red("✗")} ${what.padEnd(10)} ${messageOf(failure)}`, ...(wanted && says ? [`             in the token: ${terminal.plain(says)}`, `             wanted:       ${terminal.plain(wanted)}`] : [])].join("\n");
    return `${green("✓")} ${what.padEnd(10)} ${dim(terminal.plain(says ?? ""))}`;
  });
  if (failure) return [`${bold(red(failure.code === "keys_unavailable" ? "not decided" : "refused"))}`, ...rows, ""].join("\n");
  return [bold(green("accepted")), ...rows, "", bold("claims"), terminal.json(read.claims), ""].join("\n");
}
