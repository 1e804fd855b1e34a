// Keys and signatures made by Web Cryptography, for tests.

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };

const ALGORITHMS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", ...RSA },
  PS256: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32, ...RSA },
  PS512: { name: "RSA-PSS", hash: "SHA-512", saltLength: 64, ...RSA },
  ES256: { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
  ES384: { name: "ECDSA", hash: "SHA-384", namedCurve: "P-384" },
  ES512: { name: "ECDSA", hash: "SHA-512", namedCurve: "P-521" },
  EdDSA: { name: "Ed25519" },
};

export class SigningKey {
  static async generate(alg) {
    const parameters = ALGORITHMS[alg];
    const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
    const { kty, n, e, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
    return Object.assign(new SigningKey(), { alg, parameters, privateKey, jwk: { kty, n, e, crv, x, y, kid: "k" } });
  }

  get json() {
    return JSON.stringify(this.jwk);
  }

  async sign(text) {
    const bytes = new TextEncoder().encode(text);
    return new Uint8Array(await crypto.subtle.sign(this.parameters, this.privateKey, bytes));
  }

  /** A token with these claims, given as JSON. */
  async token(claims) {
    const header = JSON.stringify({ alg: this.alg, typ: "at+jwt", kid: "k" });
    const input = `${Buffer.from(header).toString("base64url")}.${Buffer.from(claims).toString("base64url")}`;
    return `${input}.${Buffer.from(await this.sign(input)).toString("base64url")}`;
  }
}
