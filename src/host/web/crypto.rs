//! Signatures, checked by Web Cryptography.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::host::crypto::Crypto;
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::algorithm::{Algorithm, Scheme};
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::SignatureCheck;

#[wasm_bindgen(module = "/src/host/web/crypto.js")]
extern "C" {
    #[wasm_bindgen(js_name = importPublicKey, catch)]
    fn import_public_key(jwk: &str, name: &str, hash: &str, curve: Option<&str>) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = verifySignature, catch)]
    fn verify_signature(
        key: &JsValue,
        name: &str,
        hash: &str,
        salt_length: u32,
        signature: &[u8],
        data: &[u8],
    ) -> Result<Promise, JsValue>;
}

/// The algorithm as Web Cryptography names it.
pub const fn web_name(algorithm: Algorithm) -> &'static str {
    match algorithm.scheme() {
        Scheme::RsaPkcs1 => "RSASSA-PKCS1-v1_5",
        Scheme::RsaPss => "RSA-PSS",
        Scheme::Ecdsa => "ECDSA",
        Scheme::Ed25519 => "Ed25519",
        Scheme::Hmac => "HMAC",
    }
}

impl Crypto for WebHost {
    type Key = JsValue;

    async fn import_public_key(&self, key: &Jwk, algorithm: Algorithm) -> Result<JsValue, JsValue> {
        let pending =
            import_public_key(&key.to_public_json(), web_name(algorithm), algorithm.hash_name(), algorithm.curve())?;
        Settled::of(&pending).await
    }

    async fn verify(&self, key: &JsValue, check: &SignatureCheck<'_>) -> Result<bool, JsValue> {
        let algorithm = check.algorithm;
        let salt_length = u32::try_from(algorithm.hash_length()).unwrap_or(0);
        let pending = verify_signature(
            key,
            web_name(algorithm),
            algorithm.hash_name(),
            salt_length,
            check.signature,
            check.signing_input,
        )?;
        let verdict = Settled::of(&pending).await?;
        Ok(verdict.as_bool() == Some(true))
    }
}
