//! The caller's store, sealed.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::host::store::{Place, Store, StoreFailure};
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::json::quoted;
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
    fn load(store: &JsValue, limit: u32, key: &str, secrets: Array, request: &str) -> Promise;
    fn save(
        store: &JsValue,
        limit: u32,
        key: &str,
        secret: Option<&str>,
        request: &str,
        record: &str,
        expires_at: f64,
        renew_at: f64,
    ) -> Promise;
    #[wasm_bindgen(js_name = loadText)]
    fn load_text(store: &JsValue, limit: u32, key: &str) -> Promise;
    #[wasm_bindgen(js_name = saveText)]
    fn save_text(store: &JsValue, limit: u32, key: &str, text: &str, expires_at: f64) -> Promise;
    fn forget(store: &JsValue, limit: u32, key: &str) -> Promise;
    fn acquire(store: &JsValue, limit: u32, key: &str, millis: u32) -> Promise;
}

async fn settled(pending: Promise) -> Result<JsValue, StoreFailure> {
    // These promises are never rejected.
    let outcome = Settled::of(&pending).await.unwrap_or_default().unchecked_into::<Outcome>();
    match outcome.problem() {
        None => Ok(outcome.value()),
        Some(problem) => Err(StoreFailure { problem, error: outcome.error() }),
    }
}

/// What is asked for, as JSON: a `TokenRequest` of the types.
fn request(request: &TokenRequest) -> String {
    let mut members: Vec<String> = Vec::new();
    let mut member =
        |name: &str, value: Option<String>| members.extend(value.map(|value| format!(r#""{name}":{value}"#)));
    let text = |text: &Option<String>| text.as_deref().map(quoted);
    member("audience", text(&request.audience));
    member("scope", (!request.scope.is_empty()).then(|| quoted(&request.scope.join(" "))));
    member("organization", text(&request.organization));
    let resources: Vec<String> = request.resource.iter().map(|resource| quoted(resource)).collect();
    member("resource", (!resources.is_empty()).then(|| format!("[{}]", resources.join(","))));
    member("authorizationDetails", request.authorization_details.clone());
    let pairs: Vec<String> =
        request.parameters.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    member("parameters", (!pairs.is_empty()).then(|| format!("{{{}}}", pairs.join(","))));
    format!("{{{}}}", members.join(","))
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
        let record = settled(load(&self.store, self.store_millis, place.key, secrets, &request(place.request))).await?;
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
        let (expires_at, renew_at) = (expires_at.as_date(), renew_at.as_date());
        let request = request(place.request);
        settled(save(&self.store, self.store_millis, place.key, secret, &request, record, expires_at, renew_at))
            .await
            .map(drop)
    }

    async fn load_text(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        Ok(settled(load_text(&self.store, self.store_millis, key)).await?.as_string())
    }

    async fn save_text(&self, key: &str, text: &str, expires_at: Timestamp) -> Result<(), StoreFailure> {
        settled(save_text(&self.store, self.store_millis, key, text, expires_at.as_date())).await.map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreFailure> {
        settled(forget(&self.store, self.store_millis, key)).await.map(drop)
    }

    async fn acquire(&self, key: &str, millis: u32) -> Result<bool, StoreFailure> {
        Ok(settled(acquire(&self.store, self.store_millis, key, millis)).await?.is_truthy())
    }
}
