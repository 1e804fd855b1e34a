// Signatures and hashes. With node:crypto where the host has it: it answers at once, which is up to twice as fast as
// Web Cryptography with its threads. workerd's answers at once as it is.

let node;

function nodeCrypto() {
  if (node === undefined) {
    const isWorkerd = globalThis.navigator?.userAgent === "Cloudflare-Workers";
    node = (isWorkerd ? undefined : globalThis.process?.getBuiltinModule?.("node:crypto")) ?? null;
  }
  return node;
}

/**
 * A function (signature, data) => boolean, or a promise of one; so is what it gives. `name` and `hash` are those of Web
 * Cryptography, whose algorithms ignore the parameters that are not their own.
 */
export function importKey(jwk, name, hash, namedCurve, saltLength) {
  const key = JSON.parse(jwk);
  // Younger than most versions of node:crypto.
  if (nodeCrypto() !== null && key.kty !== "AKP") return inNode(node, key, name, hash.replace("-", ""), saltLength);
  const imported = crypto.subtle.importKey("jwk", key, { name, hash, namedCurve }, false, ["verify"]);
  // Copies: the arguments are views into wasm memory, which may move before the host reads them.
  return imported.then((own) => (signature, data) => crypto.subtle.verify({ name, hash, saltLength }, own, signature.slice(), data.slice()));
}

// A key object as it is where nothing has to be said beside it: newer versions of Node.js take half the time then.
function inNode({ constants, createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify }, jwk, name, hash, saltLength) {
  if (name === "HMAC") {
    const secret = Uint8Array.from(atob(jwk.k.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    const key = createSecretKey(secret);
    return (signature, data) => timingSafeEqual(createHmac(hash, key).update(data).digest(), signature);
  }
  const bare = createPublicKey({ key: jwk, format: "jwk" });
  const options = { "RSA-PSS": { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, ECDSA: { dsaEncoding: "ieee-p1363" } }[name];
  const key = options === undefined ? bare : { key: bare, ...options };
  const digest = name === "Ed25519" ? null : hash;
  return (signature, data) => verify(digest, data, key, signature);
}

export function verifySignature(key, signature, data) {
  return key(signature, data);
}
