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
  const hasMlDsa = await crypto.subtle.generateKey("ML-DSA-44", false, ["sign", "verify"]).then(() => true, () => false);
  for (const { refused, checks } of cases) {
    if (checks?.[0].name.startsWith("ML-DSA") && !hasMlDsa) verdicts.push(null);
    else verdicts.push(refused === undefined && (await isAccepted(checks, importKey, verifySignature)));
  }
  return verdicts;
}

/** By one of the keys. */
async function isAccepted(checks, importKey, verifySignature) {
  for (const { jwk, name, hash, curve, saltLength, signature, data } of checks) {
    try {
      const key = await importKey(jwk, name, hash, curve, saltLength);
      if ((await verifySignature(key, fromBase64url(signature), fromBase64url(data))) === true) return true;
    } catch {
      // The host does not take the key, or the signature: refused.
    }
  }
  return false;
}

if (globalThis.navigator?.userAgent !== "Cloudflare-Workers") console.log(JSON.stringify(await verdicts()));
