// What went wrong, in the words of whoever is at the terminal.

import { EXIT, UsageError } from "./exit.js";
import { nameOfFlag } from "./flags.js";
import { plain, styles } from "./terminal.js";

const EXIT_OF_CODE = {
  invalid_client: EXIT.refused,
  request_refused: EXIT.refused,
  credential_unavailable: EXIT.usage,
  unsupported_token_type: EXIT.refused,
  invalid_token: EXIT.unacceptable,
  insufficient_scope: EXIT.unacceptable,
};

const ADVICE = {
  invalid_client: "check the client id and the secret, and how the server wants them (--auth-method)",
  request_refused: "check audience, scope and organization, and what the server grants this client",
  rate_limited: "wait, then try again",
  server_error: "try again later; the server's own status page or logs say more",
  network_error: "check the address, the network and whether the server runs",
  timeout: "try again, or give it longer with --timeout",
  unexpected_redirect: "configure the address that it leads to in the end",
  unreadable_response: "is this a token endpoint? look at what the address answers",
  unsupported_token_type: "with --dpop bound tokens are asked for, without it Bearer tokens: have the server issue those, or ask for the others",
  discovery_failed: "check the issuer; or give --token-endpoint",
  issuer_mismatch: "use the issuer exactly as the server names it, the slash at its end included",
  keys_unavailable: "look at the issuer's key set; the token itself may be good",
  credential_unavailable: "check the file that holds the credential",
};

const isGatepassError = (error) => error?.name === "GatepassError" && typeof error.code === "string";

/** A caller's mistake, as the library tells it. */
const isMistake = (error) => error instanceof TypeError && error.message.startsWith("gatepass: ");

/** What the user can do about a failure, if anybody knows. */
export function todoOf(error) {
  if (isGatepassError(error)) return error.hint ? inFlags(error.hint) : ADVICE[error.code];
  if (isMistake(error) && error.message.includes("must use https")) return "write it with https://; --dangerously-allow-http lets secret and token go unencrypted";
  return error?.todo;
}

/** The message of a failure: one line, without what a terminal would obey. */
export function messageOf(error) {
  if (isMistake(error)) return plain(inFlags(error.message.slice("gatepass: ".length)));
  const message = plain(isGatepassError(error) ? inFlags(error.message) : error?.message ?? error);
  const said = isGatepassError(error) ? error.oauth?.error_description : undefined;
  return said && !message.includes(said) ? `${message}: ${plain(said)}` : message;
}

/** What to print for a failure, and what to exit with. */
export function explain(error) {
  const { red, dim, bold } = styles(process.stderr);
  const lines = (...rows) => `${rows.filter(Boolean).join("\n")}\n`;
  const todo = todoOf(error);
  const advice = todo && `  ${dim("→")} ${plain(todo)}`;
  if (error instanceof UsageError || isMistake(error)) {
    return { exit: error.exit ?? EXIT.usage, text: lines(`${red("error:")} ${messageOf(error)}`, advice) };
  }
  if (isGatepassError(error)) {
    const place = [error.code, error.status && `status ${error.status}`, error.claim && `claim ${error.claim}`].filter(Boolean).join(", ");
    const wait = error.retryAfter === undefined ? undefined : `  ${dim("→")} again in ${Math.ceil(error.retryAfter)} s`;
    const reason = reasonOf(error);
    return { exit: EXIT_OF_CODE[error.code] ?? EXIT.unavailable, text: lines(`${red("error:")} ${messageOf(error)} ${dim(`(${place})`)}`, reason && `  ${reason}`, advice, wait) };
  }
  const trace = process.env.GATEPASS_DEBUG ? String(error?.stack) : undefined;
  return { exit: EXIT.unexpected, text: lines(`${red("error:")} ${bold("unexpected:")} ${messageOf(error)}`, trace ?? `  ${dim("→")} this is a mistake of gatepass; GATEPASS_DEBUG=1 shows where`) };
}

/** What the host says about a request without an answer: often the only useful words. */
export function reasonOf({ cause }) {
  const inner = cause?.cause ?? cause;
  const said = inner?.code ?? inner?.message;
  return said && plain(said);
}

/** The library names options, variables and parameters; a user of the command line knows flags. */
export function inFlags(message) {
  return message
    .replace(/\boptions\.(?!fetch\b)(\w+)/g, (_, option) => nameOfFlag(option))
    .replace(/\brequirements\.(\w+)/g, (_, name) => nameOfFlag({ scopes: "scope", permissions: "permission", clientIds: "client" }[name] ?? name))
    .replace(/\bclientId\b/g, nameOfFlag("clientId"))
    .replace(/^input\b/, "the URL")
    .replace(/\bGATEPASS_(\w+)/g, (variable, name) => `${variable} (--${name.toLowerCase().replaceAll("_", "-")})`);
}
