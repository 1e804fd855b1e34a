//! The caller's store, sealed.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::host::store::{Place, Store, StoreFailure};
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;
use crate::protocol::token_request::TokenRequest;

#[wasm_bindgen(module = "/src/host/web/store.js")]
extern "C" {
    type Outcome;

    #[wasm_bindgen(method, getter)]
    fn value(this: &Outcome) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn problem(this: &Outcome) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn error(this: &Outcome) -> Option<String>;

    #[wasm_bindgen(js_name = canAcquire)]
    fn can_acquire(store: &JsValue) -> bool;
    fn load(store: &JsValue, key: &str, secrets: Array, request: Array) -> Promise;
    fn save(
        store: &JsValue,
        key: &str,
        secret: Option<&str>,
        request: Array,
        record: &str,
        expires_at: f64,
        renew_at: f64,
    ) -> Promise;
    #[wasm_bindgen(js_name = loadText)]
    fn load_text(store: &JsValue, key: &str) -> Promise;
    #[wasm_bindgen(js_name = saveText)]
    fn save_text(store: &JsValue, key: &str, text: &str, expires_at: f64) -> Promise;
    fn forget(store: &JsValue, key: &str) -> Promise;
    fn acquire(store: &JsValue, key: &str, millis: u32) -> Promise;
}

async fn settled(pending: Promise) -> Result<JsValue, StoreFailure> {
    // These promises are never rejected.
    let outcome = Settled::of(&pending).await.unwrap_or_default().unchecked_into::<Outcome>();
    match outcome.problem() {
        None => Ok(outcome.value()),
        Some(problem) => Err(StoreFailure { problem, error: outcome.error() }),
    }
}

/// Audience, scope and organization, then names and values of further parameters.
fn request(request: &TokenRequest) -> Array {
    let scope = (!request.scope.is_empty()).then(|| request.scope.join(" "));
    let fields = Array::new();
    for field in [&request.audience, &scope, &request.organization] {
        fields.push(&field.as_deref().map_or(JsValue::UNDEFINED, JsValue::from));
    }
    for (name, value) in &request.parameters {
        fields.push(&name.as_str().into());
        fields.push(&value.as_str().into());
    }
    fields
}

#[expect(clippy::cast_precision_loss, reason = "dates within a JavaScript Date are exact in f64")]
const fn date(at: Timestamp) -> f64 {
    at.as_millis() as f64
}

impl Store for WebHost {
    fn has_store(&self) -> bool {
        !self.store.is_undefined()
    }

    fn can_acquire(&self) -> bool {
        self.has_store() && can_acquire(&self.store)
    }

    async fn load(&self, place: &Place<'_>) -> Result<Option<Secret>, StoreFailure> {
        let secrets = place.secrets.iter().map(|secret| JsValue::from(secret.expose())).collect();
        let record = settled(load(&self.store, place.key, secrets, request(place.request))).await?;
        Ok(record.as_string().map(Secret::new))
    }

    async fn save(
        &self,
        place: &Place<'_>,
        record: &str,
        expires_at: Timestamp,
        renew_at: Timestamp,
    ) -> Result<(), StoreFailure> {
        let secret = place.secrets.first().map(Secret::expose);
        let (expires_at, renew_at) = (date(expires_at), date(renew_at));
        let request = request(place.request);
        settled(save(&self.store, place.key, secret, request, record, expires_at, renew_at)).await.map(drop)
    }

    async fn load_text(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        Ok(settled(load_text(&self.store, key)).await?.as_string())
    }

    async fn save_text(&self, key: &str, text: &str, expires_at: Timestamp) -> Result<(), StoreFailure> {
        settled(save_text(&self.store, key, text, date(expires_at))).await.map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreFailure> {
        settled(forget(&self.store, key)).await.map(drop)
    }

    async fn acquire(&self, key: &str, millis: u32) -> Result<bool, StoreFailure> {
        Ok(settled(acquire(&self.store, key, millis)).await?.is_truthy())
    }
}
