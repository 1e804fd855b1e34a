// What must be nowhere but where it belongs, and how one looks for it.

import { fail, ok } from "../runtimes/assert.mjs";

export const SECRET = "canary-secret-of-the-fleet";
export const STORE_SECRETS = { new: "canary-store-secret-new", old: "canary-store-secret-old" };
export const SECRETS = [SECRET, ...Object.values(STORE_SECRETS)];

/** A text as it may be found in something larger: itself, or in the middle of something that is base64, at any offset. */
export function formsOf(text) {
  const shifted = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(" ".repeat(offset) + text).toString("base64").replace(/=+$/, "");
    // Without the characters that depend on what is beside it.
    return encoded.slice(offset === 0 ? 0 : 4, -2);
  });
  const urlSafe = shifted.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"));
  return [text, encodeURIComponent(text), Buffer.from(text).toString("hex"), ...new Set([...shifted, ...urlSafe])];
}

/** Fails when a secret, or one of these tokens, can be found in what a store keeps: keys and values, as JSON. */
export function holdsNoSecret(contents, tokens) {
  const text = JSON.stringify(contents);
  ok(text.includes("gp1."), `there is something in it: ${text.slice(0, 300)}`);
  for (const hidden of [...SECRETS, ...tokens]) {
    if (formsOf(hidden).some((form) => text.includes(form))) fail(`a secret or token shows in the store: ${hidden}`);
  }
}
