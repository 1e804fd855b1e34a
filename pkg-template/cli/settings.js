// Where settings come from: flags, then the environment, then an .env file. What comes out is what `Client.fromEnv` and
// `Verifier.fromEnv` take, and where each setting was found.

import { existsSync, readFileSync } from "node:fs";
import * as util from "node:util";
import { Client, Verifier } from "../index.js";
import { UsageError } from "./exit.js";
import { inFlags, todoOf } from "./failure.js";
import { CLIENT, nameOfFlag, SERVER } from "./flags.js";
import { hide, warn } from "./terminal.js";

const LONGEST = 3_600_000;
/** What the library reads itself; all else goes to it as an option. */
const OF_THE_LIBRARY = ["domain", "issuer", "token-endpoint", "client-id", "audience", "scope", "organization"];
/** Settings that stand for each other: what a stronger source has, replaces whichever a weaker one has. */
const GROUPS = [
  ["domain", "issuer", "token-endpoint"],
  ["client-secret", "client-secret-file", "client-secret-stdin", "private-key-file", "client-assertion-file"],
];
const SECRETS = GROUPS[1];

/** @returns the settings by the names of their flags: `{ value, from }` */
async function found(values, flags) {
  const file = envFile(values);
  const known = { ...flags, ...(flags["client-id"] && { "client-secret": { env: true } }) };
  const settings = {};
  // Also where another credential is used in its place.
  for (const variables of [process.env, file.variables]) hide(variables.GATEPASS_CLIENT_SECRET);
  const sources = [
    { from: (name) => `--${name}`, get: (name) => values[name] },
    { from: (name) => variableOf(name), get: (name) => environment(file)[variableOf(name)], onlyEnv: true },
    { from: (name) => `${variableOf(name)} in ${file.path}`, get: (name) => file.variables[variableOf(name)], onlyEnv: true },
  ];
  for (const { from, get, onlyEnv } of sources) {
    const taken = GROUPS.filter((group) => group.some((name) => settings[name])).flat();
    for (const [name, { env }] of Object.entries(known)) {
      if (settings[name] || taken.includes(name) || (onlyEnv && !env)) continue;
      const value = get(name);
      if (name === "client-secret") hide(value);
      // Shells and dashboards write "not set" as the empty string.
      if (value !== undefined && value !== "" && value !== false) settings[name] = { value, from: from(name) };
    }
  }
  const credentials = SECRETS.filter((name) => settings[name]);
  if (credentials.length > 1) throw new UsageError(`of ${credentials.map((name) => settings[name].from).join(" and ")} only one may be given`);
  if (values["client-secret"] !== undefined) {
    await warn("--client-secret can be seen by every user of this machine and stays in the shell's history; use GATEPASS_CLIENT_SECRET, --client-secret-file or --client-secret-stdin");
  }
  return settings;
}

const variableOf = (name) => `GATEPASS_${name.toUpperCase().replaceAll("-", "_")}`;

function envFile(values) {
  if (values["no-dotenv"] && values.dotenv) throw new UsageError("--dotenv and --no-dotenv exclude each other");
  const path = values.dotenv ?? ".env";
  if (values["no-dotenv"] || (values.dotenv === undefined && !existsSync(path))) return { path, variables: {} };
  return { path, variables: variablesIn(path) };
}

function variablesIn(path) {
  if (!util.parseEnv) throw new UsageError(`this Node.js cannot read ${path}`, "use Node.js 20.12 or later, or --no-dotenv");
  return util.parseEnv(readText(path).replace(/^\ufeff/, ""));
}

/** Bun has put .env into the environment already; there it counts for what it is. */
function environment(file) {
  if (!process.versions.bun || !existsSync(".env")) return process.env;
  const own = variablesIn(".env");
  return Object.fromEntries(Object.entries(process.env).filter(([name, value]) => own[name] !== value));
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const problem = { ENOENT: "there is no such file", EACCES: "it may not be read", EISDIR: "it is a folder" }[error.code] ?? error.code ?? "it cannot be read";
    throw new UsageError(`${path}: ${problem}`);
  }
}

export async function readStdin() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a file or a pipe holds besides its last line's end. */
const withoutLineEnd = (text) => text.replace(/\r?\n$/, "");

async function credentialOf(settings) {
  const path = (name) => settings[name].value;
  let options = {};
  if (settings["client-secret"]) options = { clientSecret: path("client-secret") };
  if (settings["client-secret-file"]) options = { clientSecret: withoutLineEnd(readText(path("client-secret-file"))) };
  if (settings["client-secret-stdin"]) options = { clientSecret: withoutLineEnd((await readStdin()).toString("utf8")) };
  if (settings["private-key-file"]) options = { privateKey: privateKeyIn(path("private-key-file")) };
  if (settings["client-assertion-file"]) {
    const file = path("client-assertion-file");
    // Read anew for each request: whoever writes it may have renewed it. And once before, for a mistake that shows at once.
    assertionIn(file);
    options = { clientAssertion: () => assertionIn(file) };
  }
  hide(options.clientSecret);
  if (options.clientSecret === "") throw new UsageError("the client secret is empty");
  return options;
}

function assertionIn(path) {
  const text = readText(path).trim();
  if (text === "") throw new UsageError(`${path}: it is empty`);
  hide(text);
  return text;
}

function privateKeyIn(path) {
  const text = readText(path);
  hide(text);
  if (!text.trimStart().startsWith("{")) return text;
  try {
    const key = JSON.parse(text);
    for (const part of ["d", "p", "q", "dp", "dq", "qi", "k"]) hide(key[part]);
    return key;
  } catch {
    throw new UsageError(`${path}: not a JWK: it is no JSON`);
  }
}

/** A time of a flag in milliseconds: 10 and 10s are seconds. */
export function milliseconds(text, name) {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const value = Math.round(Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit]);
  if (!(value >= 1 && value <= LONGEST)) throw new UsageError(`--${name} must be a time up to an hour, such as 10, 10s or 500ms`);
  return value;
}

function parametersOf(pairs) {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError("--parameter must be NAME=VALUE");
    return [pair.slice(0, at), pair.slice(at + 1)];
  }));
}

/** Settings as environment and options of the library. */
function split(settings, flags) {
  const env = {};
  const options = {};
  for (const [name, { value }] of Object.entries(settings)) {
    const { option, join } = flags[name] ?? {};
    if (!option) continue;
    const given = join && Array.isArray(value) ? value.join(join) : value;
    if (OF_THE_LIBRARY.includes(name)) env[variableOf(name)] = given;
    else options[option] = given;
  }
  return { env, options };
}

export const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/** The issuer that the settings mean. */
export function issuerOf({ domain, issuer }) {
  return domain ? `${LOOPBACK.test(domain.value) ? "http" : "https"}://${domain.value}/` : issuer?.value;
}

/** What helps where an API is not named, and the token is for none. */
export const NO_AUDIENCE = "without an audience the token may be for no API: set GATEPASS_AUDIENCE or give --audience";

/** Whether nothing that was asked for names an API; where profiles name it by a scope, that does. */
export function lacksAudience(settings) {
  return ["audience", "resource", "parameter", "scope"].every((name) => !settings[name] || (name === "scope" && settings.domain));
}

/** All that is missing at once: who sets up a client has nothing yet. */
function checkMissing(settings) {
  const isSet = (names) => names.some((name) => settings[name]);
  const missing = [];
  if (!isSet(GROUPS[0])) missing.push("GATEPASS_DOMAIN (--domain), or GATEPASS_ISSUER (--issuer) or GATEPASS_TOKEN_ENDPOINT (--token-endpoint)");
  if (!isSet(["client-id"])) missing.push("GATEPASS_CLIENT_ID (--client-id)");
  if (!isSet(SECRETS) && settings["auth-method"]?.value !== "none") missing.push("GATEPASS_CLIENT_SECRET (or --client-secret-file, --private-key-file)");
  if (missing.length > 0) {
    throw new UsageError(`not set: ${missing.join("; ")}`, "put them into a file .env in this folder, a line NAME=value for each; or export them, or give flags");
  }
}

/** Makes a client or verifier; a mistake is told by where the setting comes from. */
function made(settings, make) {
  try {
    return make();
  } catch (error) {
    const [, option, problem] = /^gatepass: options\.(\w+) ([^]*)$/.exec(error instanceof TypeError ? error.message : "") ?? [];
    const name = option && nameOfFlag(option).slice(2);
    if (!settings[name]) throw error;
    const { from, value } = settings[name];
    throw new UsageError(`${from} ${inFlags(problem)}`, name === "domain" ? hostIn(value) : todoOf(error));
  }
}

/** What was meant by a URL in the place of a host. */
function hostIn(value) {
  const url = value.includes("://") ? value : `https://${value}`;
  return URL.canParse(url) && new URL(url).host !== "" ? `did you mean ${new URL(url).host}?` : undefined;
}

/** The client of the settings. `more` are options that win. */
export async function clientOf(values, more = {}) {
  const flags = { ...SERVER, ...CLIENT };
  const settings = await found(values, flags);
  checkMissing(settings);
  const { env, options } = split(settings, flags);
  const timeout = settings.timeout && milliseconds(settings.timeout.value, "timeout");
  const limits = timeout && { timeout, retry: { deadline: timeout, api: { deadline: timeout } } };
  const parameters = settings.parameter && { parameters: parametersOf(settings.parameter.value) };
  const all = { ...options, ...(await credentialOf(settings)), ...limits, ...parameters, ...more };
  return { client: made(settings, () => Client.fromEnv(env, all)), settings, timeout };
}

/** The verifier of the settings. What a token must allow comes from flags only: it is the API's matter, not the client's. */
export async function verifierOf(values, flags, more = {}) {
  const settings = await found(values, { ...SERVER, audience: CLIENT.audience, ...flags });
  if (!settings.domain && !settings.issuer) throw new UsageError("nobody says whose tokens are accepted", "give --domain or --issuer, or set GATEPASS_DOMAIN or GATEPASS_ISSUER");
  if (!settings.audience && more.audience === undefined) throw new UsageError("nobody says whom the token must be for", "give --audience or set GATEPASS_AUDIENCE; --any-audience accepts tokens for somebody else's API");
  // With a domain the library knows what to do; a profile of the client's side would be refused.
  if (settings.domain && settings.profile?.value !== "rfc9068") delete settings.profile;
  const { env, options } = split(settings, { ...SERVER, audience: CLIENT.audience });
  const timeout = settings.timeout && { timeout: milliseconds(settings.timeout.value, "timeout") };
  return { verifier: made(settings, () => Verifier.fromEnv(env, { ...options, ...timeout, ...more })), settings };
}
