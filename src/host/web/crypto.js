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
  // The host copies what it is given before it goes on with anything else (Web Cryptography, section 14.3.4).
  return imported.then((own) => (signature, data) => crypto.subtle.verify({ name, hash, saltLength }, own, signature, data));
}

// A key object as it is, nothing said beside it: newer versions of Node.js take half the time then. So signatures on
// curves are rewritten, too, instead of naming the form they have.
function inNode({ constants, createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify }, jwk, name, hash, saltLength) {
  if (name === "HMAC") {
    const secret = Uint8Array.from(atob(jwk.k.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    const key = createSecretKey(secret);
    return (signature, data) => timingSafeEqual(createHmac(hash, key).update(data).digest(), signature);
  }
  const bare = createPublicKey({ key: jwk, format: "jwk" });
  const key = name === "RSA-PSS" ? { key: bare, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : bare;
  const digest = name === "Ed25519" ? null : hash;
  if (name === "ECDSA") return (signature, data) => verify(digest, data, key, asDer(signature));
  return (signature, data) => verify(digest, data, key, signature);
}

/** Of a signature on the largest curve. node:crypto is done with it before the next one is written there. */
const der = new Uint8Array(141);

/**
 * The two halves of a signature (RFC 7518 section 3.4), of 66 bytes at most, as a SEQUENCE of two INTEGERs (X.690). Byte by
 * byte: views on so few take ten times as long.
 */
function asDer(signature) {
  const half = signature.length / 2;
  let end = 3;
  for (let from = 0; from < signature.length; ) {
    const to = from < half ? half : signature.length;
    while (from < to - 1 && signature[from] === 0) from++;
    const sign = signature[from] > 127 ? 1 : 0;
    der[end] = 2;
    der[end + 1] = sign + to - from;
    der[end + 2] = 0;
    end += 2 + sign;
    while (from < to) der[end++] = signature[from++];
  }
  const length = end - 3;
  const isLong = length > 127;
  der[0] = 48;
  der[1] = isLong ? 129 : 48;
  der[2] = length;
  return der.subarray(isLong ? 0 : 1, end);
}

export function verifySignature(key, signature, data) {
  return key(signature, data);
}
