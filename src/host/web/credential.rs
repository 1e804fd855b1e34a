//! The caller's source of its client secret.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::host::credential::Credential;
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::secret::Secret;

#[wasm_bindgen(module = "/src/host/web/credential.js")]
extern "C" {
    /// The number of a source: the same for the same function, in this isolate.
    #[wasm_bindgen(js_name = sourceNumber)]
    pub fn source_number(source: &JsValue) -> u32;

    #[wasm_bindgen(js_name = secretFrom)]
    fn secret_from(source: &JsValue, timeout_millis: u32) -> Promise;
}

impl Credential for WebHost {
    async fn client_secret(&self, timeout_millis: u32) -> Result<Secret, JsValue> {
        let secret = Settled::of(&secret_from(&self.secret_source, timeout_millis)).await?;
        Ok(Secret::new(secret.as_string().unwrap_or_default()))
    }
}
