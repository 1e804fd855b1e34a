//! Signatures, made by Web Cryptography.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::host::signing::{Signing, SigningKey};
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::algorithm::{Algorithm, Scheme};

#[wasm_bindgen(module = "/src/host/web/signing.js")]
extern "C" {
    fn sign(
        which: &str,
        options: &JsValue,
        name: &str,
        hash: &str,
        curve: Option<&str>,
        salt_length: u32,
        input: &str,
    ) -> Promise;
    #[wasm_bindgen(js_name = signWithSecret)]
    fn sign_with_secret(secret: &str, hash: &str, input: &str) -> Promise;
    #[wasm_bindgen(js_name = proofKey)]
    fn proof_key(options: &JsValue, name: &str, hash: &str, curve: Option<&str>) -> Promise;
}

/// The algorithm of a `CryptoKey`: of its name, its hash, and its curve.
#[must_use]
pub fn crypto_key_algorithm(name: &str, hash: Option<&str>, curve: Option<&str>) -> Option<Algorithm> {
    Algorithm::ASYMMETRIC.into_iter().find(|known| {
        known.web_name() == name
            && match known.scheme() {
                Scheme::RsaPkcs1 | Scheme::RsaPss => hash == Some(known.hash_name()),
                Scheme::Ecdsa => known.curve() == curve,
                _ => true,
            }
    })
}

impl Signing for WebHost {
    async fn sign(&self, key: SigningKey<'_>, algorithm: Algorithm, input: &str) -> Result<Vec<u8>, JsValue> {
        let hash = algorithm.hash_name();
        let pending = match key {
            SigningKey::Secret(secret) => sign_with_secret(secret.expose(), hash, input),
            SigningKey::Client | SigningKey::Proof => {
                let which = if matches!(key, SigningKey::Proof) { "proof" } else { "client" };
                let salt_length = u32::try_from(algorithm.hash_length()).unwrap_or(0);
                sign(which, &self.client, algorithm.web_name(), hash, algorithm.curve(), salt_length, input)
            }
        };
        Ok(Settled::of(&pending).await?.unchecked_into::<Uint8Array>().to_vec())
    }

    async fn proof_key(&self, algorithm: Algorithm) -> Result<String, JsValue> {
        let pending = proof_key(&self.client, algorithm.web_name(), algorithm.hash_name(), algorithm.curve());
        Ok(Settled::of(&pending).await?.as_string().unwrap_or_default())
    }
}
