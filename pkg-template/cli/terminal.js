// What reaches the terminal: without secrets, without control characters of others, in colour only where somebody looks.

import { writeSync } from "node:fs";
import { EXIT } from "./exit.js";

const SHORTEST_SECRET = 6;
const PROGRESS_AFTER = 1_000;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] };

/** What must not be shown, in every form that a server could send it back in. */
const secrets = new Set();
let forced;

for (const stream of [process.stdout, process.stderr]) stream.on("error", lost);

/** Ends the program when its output has nowhere to go. */
function lost(error) {
  // The reader has gone, as `head` does: nothing is left to be said.
  if (error.code === "EPIPE") process.exit(EXIT.unread);
  try {
    writeSync(2, `${styles(process.stderr).red("error:")} the output cannot be written: ${plain(error.code ?? error.message)}\n`);
  } catch {
    // Nor can this.
  }
  process.exit(EXIT.unwritable);
}

export function chooseColours(args) {
  if (args.includes("--no-color")) forced = false;
  else if (args.includes("--color")) forced = true;
}

/** Whether this stream is shown in colour: --color and --no-color, then NO_COLOR (no-color.org), then what it is. */
function isColoured(stream) {
  if (forced !== undefined) return forced;
  return Boolean(stream.isTTY) && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** Styles for what goes to a stream: functions of a text, which without colours leave it as it is. */
export function styles(stream) {
  const on = isColoured(stream);
  return Object.fromEntries(Object.entries(CODES).map(([name, [begin, end]]) => [name, (text) => (on ? `\x1b[${begin}m${text}\x1b[${end}m` : text)]));
}

export function hide(secret) {
  if (typeof secret !== "string") return;
  const lines = secret.includes("-----BEGIN") ? secret.split(/\r?\n|\\n/).filter((line) => line && !line.startsWith("-----")) : [];
  for (const form of [secret, secret.trim(), ...lines]) {
    if (form.length < SHORTEST_SECRET) continue;
    for (const text of [form, encodeURIComponent(form), JSON.stringify(form).slice(1, -1), Buffer.from(form).toString("base64").replace(/=+$/, "")]) secrets.add(text);
  }
}

/** Hides a token: as a whole, and the signature that makes it worth something. */
export function hideToken(token) {
  hide(token);
  const parts = token.split(".");
  if (parts.length === 3) hide(parts[2]);
}

export function redact(text) {
  let clean = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(secret, "[hidden]");
  return clean;
}

/** A text of somebody else, without what a terminal would obey: control characters, and those that turn its direction. */
export function plain(text) {
  return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A URL for people: without what may be a credential. */
export function address(url) {
  if (!URL.canParse(url)) return "the API";
  const { origin, pathname } = new URL(url);
  return plain(origin + pathname);
}

/** A value as JSON with indentation, harmless on a terminal. */
export function json(value) {
  return JSON.stringify(value, null, 2).split("\n").map(plain).join("\n");
}

/** Writes to the standard output what was asked for, and resolves when it is out. */
export function print(data) {
  endProgress();
  return written(process.stdout, data);
}

/** Writes to the standard output what must not hold a secret. */
export function report(text) {
  return print(redact(text));
}

/** Writes to the standard error; a secret never gets there. */
export function error(text) {
  endProgress();
  return written(process.stderr, redact(text));
}

export function warn(text) {
  const { yellow } = styles(process.stderr);
  return error(`${yellow("warning:")} ${text}\n`);
}

/** Hosts differ in how they tell that it failed: by an event, to the callback, or by throwing (Deno). */
function written(stream, data) {
  return new Promise((resolve) => {
    try {
      stream.write(data, (error) => (error ? lost(error) : resolve()));
    } catch (error) {
      lost(error);
    }
  });
}

// ---- Progress: on a terminal, for what takes longer than a second ----

let ticking;
let isShown = false;

/** Runs something, and says so when it takes a while. */
export async function during(what, action) {
  if (!process.stderr.isTTY) return action();
  const began = performance.now();
  const { cyan, dim } = styles(process.stderr);
  let frame = 0;
  const line = redact(what).slice(0, Math.max(10, (process.stderr.columns || 80) - 10));
  const tick = () => {
    isShown = true;
    const seconds = Math.floor((performance.now() - began) / 1000);
    process.stderr.write(`\r\x1b[K${cyan(FRAMES[frame++ % FRAMES.length])} ${line} ${dim(`${seconds} s`)}`);
    ticking = setTimeout(tick, 100);
  };
  ticking = setTimeout(tick, PROGRESS_AFTER);
  try {
    return await action();
  } finally {
    endProgress();
  }
}

export function endProgress() {
  clearTimeout(ticking);
  if (isShown) process.stderr.write("\r\x1b[K");
  isShown = false;
}
