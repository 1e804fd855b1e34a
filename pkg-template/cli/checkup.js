// The checks of `gatepass doctor`, in their order. Each tells one result; one that cannot be made is told as skipped.

import { Verifier } from "../index.js";
import { PROGRAM } from "./exit.js";
import { messageOf, reasonOf, todoOf } from "./failure.js";
import { moment, readJwt, scopesOf } from "./jwt.js";
import { clientOf, issuerOf, lacksAudience, LOOPBACK, NO_AUDIENCE } from "./settings.js";
import * as terminal from "./terminal.js";

/** What the library's own verifier allows for; a server that is further off may get its tokens refused. */
const CLOCK_TOLERANCE = 5;
const PATIENCE = 10_000;
/** Of the settings these are shown by where they come from only. */
const SECRET = ["client-secret", "client-secret-stdin", "parameter"];
/** Where the API is not named by `audience`, what the token has there is another name. */
const PROFILES_WITHOUT_AUDIENCE = ["entra", "okta", "cognito"];
const PROFILES_WITH_PLACES = ["login3", "auth0", "entra", "okta", "keycloak"];

/**
 * @param {(result: { check: string, outcome: "passed" | "failed" | "skipped", detail: string, todo?: string, more?: string[] }) => Promise<void>} tell
 */
export async function check(values, url, tell) {
  const passed = (name, detail, more) => tell({ check: name, outcome: "passed", detail, ...(more && { more }) });
  const failed = (name, detail, todo) => tell({ check: name, outcome: "failed", detail, ...(todo && { todo }) });
  const skipped = (name, detail, todo) => tell({ check: name, outcome: "skipped", detail, ...(todo && { todo }) });
  const broken = (name, error) => {
    const reason = reasonOf(error);
    return failed(name, messageOf(error) + (reason ? ` (${reason})` : ""), todoOf(error));
  };

  // Whatever the token is, the checks below say it one by one.
  const clock = new Clock();
  let made;
  try {
    made = await clientOf(values, { validate: "off", fetch: clock.fetch });
  } catch (error) {
    return broken("configuration", error);
  }
  const { client, settings, timeout = PATIENCE } = made;
  await passed("configuration", "it can be read", Object.entries(settings).map(([name, { value, from }]) => `${name}: ${SECRET.includes(name) ? "[hidden]" : [value].flat().join(" ")} (${from})`));

  const place = placeOf(settings);
  const metadata = await discover(place, timeout, clock, { passed, failed, skipped, broken });
  if (metadata === null) {
    for (const name of ["token request", "keys", "signature", "API call"]) await skipped(name, "not before that is right");
    return undefined;
  }

  let token;
  try {
    const began = performance.now();
    token = await terminal.during("asking for a token", () => client.getToken());
    terminal.hideToken(token.accessToken);
    await passed("token request", `a ${token.tokenType} token after ${Math.round(performance.now() - began)} ms`);
  } catch (error) {
    await broken("token request", error);
  }
  await checkClock(clock, { passed, failed, skipped });
  const read = token && readJwt(token.accessToken);
  if (token) await checkClaims(token, read, settings, { passed, failed, skipped });
  await checkKeys(place, metadata, read, token, settings, timeout, { passed, failed, skipped, broken });
  if (url === undefined) return skipped("API call", "no URL was given");
  if (!token) return skipped("API call", "not without a token");
  return checkApi(client, url, settings, { passed, failed, broken });
}

/** Notes by what servers say when it is, as soon as an answer is there. */
class Clock {
  offset;
  fetch = async (input, init) => {
    const began = Date.now();
    const response = await globalThis.fetch(input, init);
    const date = Date.parse(response.headers.get("date") ?? "");
    // The header has whole seconds: on average half of one is missing.
    if (!Number.isNaN(date)) this.offset = (date + 500 - (began + Date.now()) / 2) / 1000;
    return response;
  };
}

/** Where the server is: its issuer, and whether its metadata is needed. */
function placeOf(settings) {
  const get = (name) => settings[name]?.value;
  const issuer = issuerOf(settings);
  if (get("domain")) {
    return { issuer, jwksUri: get("jwks-uri") ?? `${issuer}.well-known/jwks.json`, isNeeded: false };
  }
  return { issuer, jwksUri: get("jwks-uri"), isNeeded: !PROFILES_WITH_PLACES.includes(get("profile")) };
}

async function discover({ issuer, isNeeded }, timeout, clock, { passed, failed, skipped, broken }) {
  if (issuer === undefined) {
    await skipped("discovery", "there is a token endpoint, and nothing to look up");
    return undefined;
  }
  const problems = [];
  let found;
  for (const address of wellKnown(issuer)) {
    try {
      found = await terminal.during(`asking ${terminal.plain(new URL(address).host)} for its metadata`, () => getJson(address, timeout, clock.fetch));
      if (typeof found?.issuer === "string") {
        await passed("discovery", address);
        break;
      }
      problems.push("it names no issuer");
    } catch (error) {
      problems.push(error.message);
    }
    found = undefined;
  }
  if (!found) {
    const said = [...new Set(problems)].join("; ");
    if (!isNeeded) {
      await skipped("discovery", `no metadata (${said}); it is not needed here`);
      return undefined;
    }
    await broken("discovery", Object.assign(new Error(`no metadata at ${issuer}: ${said}`), { todo: "check the issuer and that the server runs; or give --token-endpoint" }));
    return null;
  }
  if (found.issuer === issuer) await passed("issuer", `the server names itself ${found.issuer}`);
  else {
    const isSlash = found.issuer.replace(/\/$/, "") === issuer.replace(/\/$/, "");
    await failed("issuer", `the server names itself ${found.issuer}, not ${issuer}${isSlash ? ": the slash at the end counts" : ""}`, `set the issuer to ${found.issuer}${isSlash ? "" : ", if that is the server you mean"}`);
    if (isNeeded) return null;
  }
  return found;
}

/** RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4. */
function wellKnown(issuer) {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}

async function getJson(address, timeout, fetch) {
  const signal = AbortSignal.timeout(timeout);
  let response;
  try {
    response = await fetch(address, { redirect: "manual", signal, headers: { accept: "application/json" } });
  } catch (error) {
    const problem = new Error(error?.name === "TimeoutError" ? `no answer within ${timeout / 1000} s` : `no answer (${error?.cause?.code ?? error?.code ?? error?.message})`);
    throw Object.assign(problem, { todo: "check the address, the network and whether the server runs" });
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  try {
    return await response.json();
  } catch {
    throw new Error("the answer is no JSON");
  }
}

async function checkClock({ offset }, { passed, failed, skipped }) {
  if (offset === undefined) return skipped("clock", "no answer has told the time");
  const seconds = Math.round(Math.abs(offset));
  const by = `${seconds} s ${offset > 0 ? "behind" : "ahead of"} the server`;
  if (seconds > CLOCK_TOLERANCE) return failed("clock", `this machine is ${by}`, "set the clock of this machine (NTP), or have the server's set");
  return passed("clock", seconds <= 1 ? "this machine and the server agree" : `this machine is ${by}`);
}

async function checkClaims(token, read, settings, { passed, failed, skipped }) {
  if (!read) {
    await skipped("claims", "the token is opaque: only the server knows what it says");
  } else {
    const { iss, sub, aud } = read.claims;
    await passed("claims", "the token is a JWT", [`iss: ${iss}`, `sub: ${sub}`, `aud: ${[aud].flat().join(", ")}`]);
  }
  const claims = read?.claims ?? {};
  const asked = (name) => [settings[name]?.value ?? []].flat().join(" ");
  const audience = asked("audience");
  const audiences = [claims.aud ?? []].flat();
  if (audience && read && !PROFILES_WITHOUT_AUDIENCE.includes(settings.profile?.value)) {
    if (audiences.includes(audience)) await passed("audience", audience);
    else await failed("audience", `asked for ${audience}, the token is for ${audiences.join(", ") || "nobody"}`, "check the audience, and which APIs the server knows; its slash at the end counts");
  }
  const resources = [settings.resource?.value ?? []].flat();
  if (resources.length > 0 && read) {
    const missing = resources.filter((resource) => !audiences.includes(resource));
    if (missing.length === 0) await passed("resource", resources.join(" "));
    else await failed("resource", `asked for ${missing.join(" ")}, the token is for ${audiences.join(", ") || "nobody"}`, "have the server know the resource (RFC 8707), or name the API with --audience if that is what it knows");
  }
  if (lacksAudience(settings)) await skipped("audience", "none was asked for", NO_AUDIENCE);
  const scopes = asked("scope").split(" ").filter(Boolean);
  if (scopes.length > 0) {
    const has = read && (claims.scope ?? claims.scp) !== undefined ? scopesOf(claims) : (token.scope ?? "").split(" ");
    const missing = scopes.filter((scope) => !has.includes(scope));
    if (missing.length === 0) await passed("scope", scopes.join(" "));
    else await failed("scope", `not granted: ${missing.join(" ")}`, "grant them to the client at the server, or do not ask for them");
  }
  const organization = asked("organization");
  if (organization && read) {
    const has = [claims.org_id, claims.org_name].filter((one) => one !== undefined);
    if (has.some((one) => String(one).toLowerCase() === organization.toLowerCase())) await passed("organization", organization);
    else await failed("organization", `asked for ${organization}, the token is for ${has.join(", ") || "none"}`, "check the organization, and that the client may ask for it");
  }
  const ends = token.expiresAt.getTime() / 1000;
  const end = claims.exp ?? ends;
  if (end > Date.now() / 1000) await passed("expiry", `ends ${moment(end)}`);
  else await failed("expiry", `ended ${moment(end)}`, "compare the clocks, and look at the lifetime of tokens at the server");
}

async function checkKeys({ issuer, jwksUri }, metadata, read, token, settings, timeout, { passed, failed, skipped, broken }) {
  const address = jwksUri ?? metadata?.jwks_uri;
  if (address === undefined) {
    await skipped("keys", issuer === undefined ? "without an issuer nobody knows where they are" : "the metadata names none");
    return skipped("signature", "not without keys");
  }
  const isAllowed = URL.canParse(address) && (address.startsWith("https:") || LOOPBACK.test(new URL(address).host) || settings["dangerously-allow-http"]);
  if (!isAllowed) {
    await failed("keys", `${address} is no https address`, "have the server name one, or give --jwks-uri");
    return skipped("signature", "not without keys");
  }
  try {
    const set = await terminal.during("asking for the keys", () => getJson(address, timeout, globalThis.fetch));
    if (!Array.isArray(set?.keys) || set.keys.length === 0) throw new Error("it holds no keys");
    const kid = read?.header.kid;
    const count = `${set.keys.length} at ${address}`;
    if (kid === undefined || set.keys.some((key) => key?.kid === kid)) await passed("keys", kid === undefined ? count : `${count}, that of the token among them`);
    else await failed("keys", `${count}, but not ${kid}, which the token names`, "is the token of this issuer? a server that changes keys must publish them first");
  } catch (error) {
    await failed("keys", `${address}: ${error.message}`, error.todo ?? "have the server publish its keys there, or give --jwks-uri");
    return skipped("signature", "not without keys");
  }
  if (!read) return skipped("signature", token ? "the token is opaque" : "not without a token");
  if (issuer === undefined) return skipped("signature", "without an issuer nobody knows whose it must be");
  const isHttp = settings["dangerously-allow-http"] !== undefined;
  try {
    // Its audience has a line of its own.
    const verifier = new Verifier({ issuer, jwksUri: address, audience: null, timeout, ...(isHttp && { dangerouslyAllowHttp: true }) });
    await terminal.during("verifying the token", () => verifier.verifyAccessToken(token.accessToken));
    return await passed("signature", `${read.header.alg}, by the issuer's key`);
  } catch (error) {
    return broken("signature", error);
  }
}

async function checkApi(client, url, settings, { passed, failed, broken }) {
  try {
    const began = performance.now();
    const response = await terminal.during("calling the API", () => client.callApi(url, { retry: false }));
    await response.body?.cancel();
    const detail = `GET ${terminal.address(url)}: ${response.status} after ${Math.round(performance.now() - began)} ms`;
    if (response.status < 400) return await passed("API call", detail);
    const challenge = response.headers.get("www-authenticate");
    const said = challenge ? `: ${challenge}` : "";
    const todo = { 401: lacksAudience(settings) ? NO_AUDIENCE : "the API does not accept the token: compare its audience and issuer with what the API wants", 403: "the token does not allow this: ask for the scope, and grant it", 404: "check the URL" }[response.status];
    return await failed("API call", detail + said, todo ?? `look at what the API says: ${PROGRAM} call shows it`);
  } catch (error) {
    return broken("API call", error);
  }
}
