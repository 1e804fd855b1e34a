//! The caller's sources of client secrets and assertions.

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

    #[wasm_bindgen(js_name = askedOf)]
    fn asked_of(options: &JsValue, name: &str, timeout_millis: u32) -> Promise;
}

impl WebHost {
    async fn ask(&self, name: &str, timeout_millis: u32) -> Result<Secret, JsValue> {
        let given = Settled::of(&asked_of(&self.client, name, timeout_millis)).await?;
        Ok(Secret::new(given.as_string().unwrap_or_default()))
    }
}

impl Credential for WebHost {
    async fn client_secret(&self, timeout_millis: u32) -> Result<Secret, JsValue> {
        self.ask("clientSecret", timeout_millis).await
    }

    async fn client_assertion(&self, timeout_millis: u32) -> Result<Secret, JsValue> {
        self.ask("clientAssertion", timeout_millis).await
    }
}
