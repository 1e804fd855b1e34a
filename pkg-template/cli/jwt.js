// A token read without being believed.

import { UsageError } from "./exit.js";
import { hideToken } from "./terminal.js";
import { readStdin } from "./settings.js";

/** The token of an argument, or with `-` of the standard input. */
export async function tokenFrom(operand) {
  const text = (operand === "-" ? (await readStdin()).toString("utf8") : operand).trim();
  const token = text.replace(/^(?:authorization:\s*)?(?:bearer|dpop)\s+/i, "");
  if (token === "") throw new UsageError("there is no token on the standard input");
  hideToken(token);
  return token;
}

/** Header and claims of a JWT, not verified; `undefined` when it is none. */
export function readJwt(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map(objectIn);
  return header && claims ? { header, claims } : undefined;
}

function objectIn(part) {
  if (!/^[\w-]+$/.test(part)) return undefined;
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(part, "base64url")));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The scopes that a token says it has. */
export function scopesOf({ scope, scp }) {
  const named = scope ?? scp;
  return Array.isArray(named) ? named.map(String) : String(named ?? "").split(" ").filter(Boolean);
}

const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** A length of time in words: its two largest units. */
export function duration(seconds) {
  let rest = Math.round(Math.abs(seconds));
  const words = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) words.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  return words.slice(0, 2).join(" ") || "0 seconds";
}

/** A moment in seconds since 1970, and how far away it is. */
export function moment(seconds, now = Date.now() / 1000) {
  const date = new Date(seconds * 1000);
  if (typeof seconds !== "number" || Number.isNaN(date.getTime())) return String(seconds);
  const away = seconds - now;
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC, ${away < 0 ? `${duration(away)} ago` : `in ${duration(away)}`}`;
}
