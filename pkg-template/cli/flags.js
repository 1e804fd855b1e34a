// The flags of all commands, and how a command line is read. Each flag is a line here; the help is made of the same lines.

import { parseArgs } from "node:util";
import { PROGRAM, UsageError } from "./exit.js";

const text = (value, help, more = {}) => ({ type: "string", value, help, ...more });
const several = (value, help, more = {}) => text(value, help, { multiple: true, ...more });
const flag = (help, more = {}) => ({ type: "boolean", help, ...more });

/** For every command. */
export const GLOBAL = {
  help: flag("show this", { short: "h" }),
  version: flag("show the version", { short: "V" }),
  color: flag("colours, also where no terminal is"),
  "no-color": flag("no colours; as the variable NO_COLOR"),
};

/** Where settings come from. Not --env-file: Node.js 20 takes that for its own, wherever it stands. */
export const SOURCES = {
  dotenv: text("FILE", "read variables from this file instead of .env"),
  "no-dotenv": flag("read no .env file"),
};

/** Which authorization server. `env`: there is a variable GATEPASS_* for it. `option`: what it is for the library. */
export const SERVER = {
  domain: text("HOST", "tenant of a Login 3.0 or Auth0 server", { env: true, option: "domain" }),
  issuer: text("URL", "issuer of any other server; its metadata is looked up", { env: true, option: "issuer" }),
  "jwks-uri": text("URL", "where the issuer's keys are, if its metadata is not to be asked", { env: true, option: "jwksUri" }),
  profile: text("NAME", "what the server does differently: login3, auth0, entra, okta, cognito, keycloak, generic", { env: true, option: "profile" }),
  timeout: text("TIME", "longest time for the whole: 10, 10s or 500ms"),
  "dangerously-allow-http": flag("http to hosts other than this machine", { option: "dangerouslyAllowHttp" }),
};

/** Who asks, and for what. */
export const CLIENT = {
  "token-endpoint": text("URL", "token endpoint; nothing is looked up", { env: true, option: "tokenEndpoint" }),
  "client-id": text("ID", "the client", { env: true, option: "clientId" }),
  "client-secret-file": text("FILE", "file with the client secret", { env: true }),
  "client-secret-stdin": flag("read the client secret from the standard input"),
  "client-secret": text("SECRET", "the secret itself: other users of this machine can see it"),
  "private-key-file": text("FILE", "file with a private key, PKCS#8 PEM or JWK (private_key_jwt)", { env: true }),
  "key-id": text("ID", "key id of the private key", { env: true, option: "keyId" }),
  "signing-algorithm": text("ALG", "what assertions are signed with", { env: true, option: "signingAlgorithm" }),
  "client-assertion-file": text("FILE", "file with an assertion that somebody else has signed", { env: true }),
  "assertion-audience": text("WHOM", "issuer, token_endpoint or any text", { env: true, option: "assertionAudience" }),
  "auth-method": text("NAME", "client_secret_post, client_secret_basic, client_secret_jwt, private_key_jwt, none ...", { env: true, option: "authMethod" }),
  audience: text("API", "the API that the token is for", { env: true, option: "audience" }),
  scope: several("SCOPES", "scopes to ask for, separated by spaces; may be given several times", { env: true, option: "scope", join: " " }),
  organization: text("ORG", "the organization that the token is for", { env: true, option: "organization" }),
  resource: several("URL", "resource that the token is for (RFC 8707); may be given several times", { env: true, option: "resource" }),
  parameter: several("NAME=VALUE", "further parameter of the token request; may be given several times"),
  dpop: flag("bind the token to a key made for this run (RFC 9449)", { option: "dpop" }),
  validate: text("HOW", "auto, strict or off: what is done with the token that comes", { env: true, option: "validate" }),
};

/** What commands have in common, as groups of the help. */
export const COMMON = { "Authorization server": SERVER, "Client and request": CLIENT, "Where settings come from": SOURCES, General: GLOBAL };

/** Options whose flag has another name. */
const OTHERWISE = { privateKey: "private-key-file", clientAssertion: "client-assertion-file", algorithms: "algorithm", parameters: "parameter" };

/** A flag by the option of the library that it sets. */
export function nameOfFlag(option) {
  return `--${OTHERWISE[option] ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Reads what follows the name of a command.
 * @returns {{ values: Record<string, string | string[] | boolean>, positionals: string[] }}
 * @throws UsageError that names what is not known, and the nearest that is
 */
export function parse(args, flags, command) {
  const options = Object.fromEntries(Object.entries(flags).map(([name, { type, short, multiple = false }]) => [name, { type, multiple, ...(short && { short }) }]));
  // Not strict: its messages know no nearest name, and differ from host to host.
  const { tokens, values, positionals } = parseArgs({ args, options, strict: false, tokens: true, allowPositionals: true });
  const given = new Set();
  for (const token of tokens.filter(({ kind }) => kind === "option")) {
    const { name, rawName, value, inlineValue } = token;
    const known = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (!known) throw unknownFlag(rawName, flags, command);
    if (known.type === "boolean" && value !== undefined) throw new UsageError(`${rawName} takes no value`);
    if (known.type === "string" && (value === undefined || (!inlineValue && value.startsWith("--")))) {
      throw new UsageError(`${rawName} needs ${known.value}`, `write --${name}=${known.value} for one that begins with dashes`);
    }
    if (value === "" && !known.mayBeEmpty) throw new UsageError(`${rawName} must not be empty`);
    if (given.has(name) && !known.multiple) throw new UsageError(`${rawName} may be given once`);
    given.add(name);
  }
  return { values, positionals };
}

function unknownFlag(rawName, flags, command) {
  const names = Object.entries(flags).flatMap(([name, { short }]) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
  const near = rawName.startsWith("--") ? nearest(rawName, names) : undefined;
  return new UsageError(`unknown flag ${rawName}`, near ? `did you mean ${near}?` : `${PROGRAM} ${command} --help lists them`);
}

/** The name that is closest to what was written, if one is close. */
export function nearest(written, names) {
  const [best] = names.map((name) => ({ name, far: distance(written, name) })).sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(2, Math.floor(written.length / 3)) ? best.name : undefined;
}

/** How many letters to insert, leave out or replace (Levenshtein). */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
