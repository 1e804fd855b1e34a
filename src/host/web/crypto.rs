//! Signatures, checked by Web Cryptography.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::host::crypto::Crypto;
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::SignatureCheck;

#[wasm_bindgen(module = "/src/host/web/crypto.js")]
extern "C" {
    #[wasm_bindgen(js_name = importKey, catch)]
    fn import_key(jwk: &str, name: &str, hash: &str, curve: Option<&str>, salt_length: u32)
    -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = verifySignature, catch)]
    fn verify_signature(key: &JsValue, signature: &[u8], data: &[u8]) -> Result<JsValue, JsValue>;
}

/// What JavaScript gives now or later.
async fn settled(value: JsValue) -> Result<JsValue, JsValue> {
    match value.dyn_ref::<Promise>() {
        Some(promise) => Settled::of(promise).await,
        None => Ok(value),
    }
}

impl Crypto for WebHost {
    type Key = JsValue;

    async fn import_key(&self, key: &Jwk, algorithm: Algorithm) -> Result<JsValue, JsValue> {
        let (name, hash) = (algorithm.web_name(), algorithm.hash_name());
        let salt_length = u32::try_from(algorithm.hash_length()).unwrap_or(0);
        let imported = import_key(key.host_json(), name, hash, algorithm.curve(), salt_length)?;
        settled(imported).await
    }

    async fn verify(&self, key: &JsValue, check: &SignatureCheck) -> Result<bool, JsValue> {
        let verdict = verify_signature(key, &check.signature, &check.signing_input)?;
        // Asked first: a host that answers at once answers each time.
        match verdict.as_bool() {
            Some(verdict) => Ok(verdict),
            None => Ok(settled(verdict).await?.as_bool() == Some(true)),
        }
    }
}
