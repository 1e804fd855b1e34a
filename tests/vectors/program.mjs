// What a host's cryptography says to each case, through the code that ships.

import cases from "./cases.mjs";

const fromBase64url = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

export async function verdicts() {
  const found = {};
  const { importKey, verifySignature } = await import("./crypto.js");
  const hasNode = globalThis.navigator?.userAgent !== "Cloudflare-Workers" && globalThis.process?.getBuiltinModule !== undefined;
  found[hasNode ? "node:crypto" : "WebCrypto"] = await all(importKey, verifySignature);
  if (hasNode) {
    // The module decides at first use: another copy of it, in a host without.
    const { getBuiltinModule } = globalThis.process;
    globalThis.process.getBuiltinModule = undefined;
    const again = await import("./crypto.js?web");
    found.WebCrypto = await all(again.importKey, again.verifySignature);
    globalThis.process.getBuiltinModule = getBuiltinModule;
  }
  return found;
}

async function all(importKey, verifySignature) {
  const verdicts = [];
  for (const { refused, checks } of cases) verdicts.push(refused === undefined ? await isAccepted(checks, importKey, verifySignature) : false);
  return verdicts;
}

/** By one of the keys; `null` where the host does not know the algorithm. */
async function isAccepted(checks, importKey, verifySignature) {
  for (const { jwk, name, hash, curve, saltLength, signature, data } of checks) {
    try {
      const key = await importKey(jwk, name, hash, curve, saltLength);
      if ((await verifySignature(key, fromBase64url(signature), fromBase64url(data))) === true) return true;
    } catch (error) {
      if (error?.name === "NotSupportedError" && name.startsWith("ML-DSA")) return null;
      // The host does not take the key, or the signature: refused.
    }
  }
  return false;
}

if (globalThis.navigator?.userAgent !== "Cloudflare-Workers") console.log(JSON.stringify(await verdicts()));
