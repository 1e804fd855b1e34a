// Whether a text that must stay hidden shows somewhere, as a whole or in part.

import { readdirSync, readFileSync } from "node:fs";
import { ServerResponse } from "node:http";
import { join } from "node:path";
import { fail } from "../runtimes/assert.mjs";

// A part of this length is no coincidence, and too short a part to be of use.
const PIECE = 10;

/** Fails when a part of `hidden` is in `text`, as it is or as forms, URLs and headers spell it. */
export function mustNotShow(text, hidden, what, where) {
  const spellings = [hidden, encodeURIComponent(hidden), new URLSearchParams({ "": hidden }).toString().slice(1), Buffer.from(hidden).toString("base64")];
  for (const spelling of new Set(spellings)) {
    for (let at = 0; at + PIECE <= spelling.length; at += 1) {
      if (text.includes(spelling.slice(at, at + PIECE))) fail(`${what} is in ${where}, from its character ${at} on`);
    }
  }
}

/** The same for every file below a folder. */
export function mustNotBeInFiles(folder, hidden, what) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    mustNotShow(readFileSync(path, "latin1"), hidden, what, path);
  }
}

/**
 * Collects the access tokens that the servers of this process hand out while `action` runs. Taken where the answer is
 * written, because oidc-provider tells nobody the token's text.
 * @returns {Promise<string[]>}
 */
export async function tokensIssuedDuring(action) {
  const issued = [];
  const { end } = ServerResponse.prototype;
  ServerResponse.prototype.end = function endAndNote(chunk, ...rest) {
    const token = /"access_token":"([^"]+)"/.exec(String(chunk ?? ""))?.[1];
    if (token) issued.push(token);
    return end.call(this, chunk, ...rest);
  };
  try {
    await action();
  } finally {
    ServerResponse.prototype.end = end;
  }
  return issued;
}
