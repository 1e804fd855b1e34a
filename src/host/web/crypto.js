// Web Cryptography, with the parameters of all signature algorithms in one shape: each algorithm
// ignores the members that are not its own.

export function importPublicKey(jwk, name, hash, namedCurve) {
  return crypto.subtle.importKey("jwk", JSON.parse(jwk), { name, hash, namedCurve }, false, ["verify"]);
}

export function verifySignature(key, name, hash, saltLength, signature, data) {
  // Copies: the arguments are views into wasm memory, which may move before the host reads them.
  return crypto.subtle.verify({ name, hash, saltLength }, key, signature.slice(), data.slice());
}
