// The vectors, each as { set, id, expected } with `jws` and `keys` for the core, or `checks` for a host.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];

/** The examples that are always here: RFC 7515 appendix A.1, A.3 and A.4, RFC 8037 appendix A.4. */
const EXAMPLES = [
  ["RFC 7515 A.1", { kty: "oct", alg: "HS256", k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow" }, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"],
  ["RFC 7515 A.3", { kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }, "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"],
  ["RFC 7515 A.4", { kty: "EC", crv: "P-521", x: "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk", y: "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2" }, "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"],
  ["RFC 8037 A.4", { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"],
];

export function jwsCases(folder) {
  const cases = EXAMPLES.flatMap(([id, key, jws]) => [
    { set: "examples of the RFCs", id, expected: true, keys: [key], jws },
    { set: "examples of the RFCs", id: `${id}, changed`, expected: false, keys: [key], jws: changed(jws) },
  ]);
  if (folder === undefined) return cases;
  const read = (...path) => JSON.parse(readFileSync(join(folder, ...path), "utf8"));
  const exceptions = new Map(read("wycheproof", "EXCEPTIONS.json").exceptions.flatMap(({ tcId, strict_expected: strict }) => tcId.map((id) => [id, strict === "accept"])));
  for (const set of ["json_web_signature", "json_web_key", "json_web_crypto"]) {
    for (const group of read("wycheproof", `${set}_test.json`).testGroups) {
      const keys = (group.public ?? group.private).keys ?? [group.public ?? group.private];
      for (const { tcId, jws, jwe, result } of group.tests) {
        if (jwe !== undefined) continue;
        const strict = set === "json_web_signature" ? exceptions.get(tcId) : undefined;
        cases.push({ set, id: tcId, expected: strict ?? result === "valid", keys: keys.map(published), jws });
      }
    }
  }
  for (const { ref, jwk, alg, jws, embedded } of read("rfc", "rfc_examples_verified.json").tests) {
    if (!embedded && jwk !== undefined && jws !== undefined) cases.push({ set: "rfc", id: ref, expected: true, keys: [{ ...jwk, alg }], jws });
  }
  const cookbook = read("jose", "cookbook_jws.json");
  for (const { title, input, output } of Array.isArray(cookbook) ? cookbook : cookbook.vectors) {
    if (output?.compact === undefined) continue;
    const header = JSON.parse(Buffer.from(output.compact.split(".")[0], "base64url"));
    if (header.b64 !== undefined) continue;
    cases.push({ set: "cookbook", id: title, expected: true, keys: [published({ ...input.key, alg: input.key.alg ?? input.alg, kid: header.kid })], jws: output.compact });
  }
  return cases;
}

/** As the owner of a key publishes it. */
function published(key) {
  return Object.fromEntries(Object.entries(key).filter(([name]) => key.kty === "oct" || !PRIVATE.includes(name)));
}

function changed(jws) {
  const [header, payload, signature] = jws.split(".");
  return `${header}.${payload}.${signature[0] === "A" ? "B" : "A"}${signature.slice(1)}`;
}

/** Of a key that is given as a point only. */
function pointOf(key, crv) {
  const point = Buffer.from(key?.uncompressed ?? "", "hex").subarray(1);
  const half = point.length / 2;
  return { kty: "EC", crv, x: point.subarray(0, half).toString("base64url"), y: point.subarray(half).toString("base64url") };
}

// [file, algorithm, hash, curve, the length of a signature in bytes]
const RAW = [
  ["ecdsa_secp256r1_sha256_p1363", "ECDSA", "SHA-256", "P-256", 64],
  ["ecdsa_secp384r1_sha384_p1363", "ECDSA", "SHA-384", "P-384", 96],
  ["ecdsa_secp521r1_sha512_p1363", "ECDSA", "SHA-512", "P-521", 132],
  ["ed25519", "Ed25519", "SHA-512", "Ed25519", 64],
  ["rsa_signature_2048_sha256", "RSASSA-PKCS1-v1_5", "SHA-256", undefined, 256],
  ["rsa_pss_2048_sha256_mgf1_32", "RSA-PSS", "SHA-256", undefined, 256],
  ["hmac_sha256", "HMAC", "SHA-256", undefined, 32],
];

/** What the core would let through to a host: signatures of the one right length. */
export function rawCases(folder) {
  if (folder === undefined) return [];
  return RAW.flatMap(([set, name, hash, curve, length]) =>
    JSON.parse(readFileSync(join(folder, "wycheproof", `${set}_test.json`), "utf8")).testGroups.flatMap((group) =>
      group.tests.flatMap(({ tcId, key, msg, sig, tag, result }) => {
        const signature = Buffer.from(sig ?? tag, "hex");
        const secret = key && Buffer.from(key, "hex");
        // HMAC tags that are cut short, and secrets shorter than the hash, are refused before.
        if (signature.length !== length || secret?.length < 32) return [];
        const { n, e, x, y, kty, crv } = group.publicKeyJwk ?? group.keyJwk ?? pointOf(group.publicKey, curve);
        const jwk = secret ? { kty: "oct", k: secret.toString("base64url") } : { kty, crv, n, e, x, y };
        const check = { jwk: JSON.stringify(jwk), name, hash, curve, saltLength: 32, signature: signature.toString("base64url"), data: Buffer.from(msg, "hex").toString("base64url") };
        // "acceptable" is a signature that another encoding of the hash's name lets through; we take those alone that are valid.
        return [{ set, id: tcId, expected: result === "valid", checks: [check] }];
      })));
}
