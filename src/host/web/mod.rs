//! The JavaScript host: `fetch`, Web Cryptography, `Date`, timers, and what the caller brings along.
//!
//! The adapters' JavaScript halves sit beside them. One crossing per exchange: what JavaScript can
//! await by itself leaves nothing in wasm memory when workerd cancels a request.

mod credential;
mod crypto;
mod events;
mod fetch;
mod replay;
mod signing;
mod slots;
mod store;
mod task;

use wasm_bindgen::prelude::*;

pub use self::credential::source_number;
pub use self::signing::crypto_key_algorithm;
use self::slots::Settled;
pub use self::task::{Outcome, driven, outcome, promise};
use crate::host::Host;
use crate::host::clock::Clock;
use crate::host::random::Random;
use crate::host::sleep::Sleep;
use crate::protocol::time::Timestamp;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    fn random_uuid() -> String;
}

/// The host of one call: globals looked up at use, and the caller's `fetch` if there is one.
///
/// In Rust, [`driven`] is what awaits its futures.
#[derive(Clone, Default)]
pub struct WebHost {
    /// The caller's replacement for `fetch`, or undefined.
    pub fetch: JsValue,
    /// The caller's listener for events, or undefined.
    pub on_event: JsValue,
    /// The caller's store, or undefined.
    pub store: JsValue,
    /// The caller's memory of proofs, or undefined.
    pub replay_store: JsValue,
    /// The client's options, with its keys and its sources of credentials; undefined for a verifier.
    pub client: JsValue,
    /// The longest it may take for one operation, in milliseconds, whatever it says itself.
    pub store_millis: u32,
}

impl Host for WebHost {
    type Cause = JsValue;
}

impl Clock for WebHost {
    #[expect(clippy::cast_possible_truncation, reason = "a JavaScript Date is at most 8.64e15 ms")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(js_sys::Date::now() as i64)
    }
}

impl Random for WebHost {
    fn unit(&self) -> f64 {
        js_sys::Math::random()
    }

    fn unique(&self) -> String {
        random_uuid()
    }
}

impl Sleep for WebHost {
    async fn sleep(&self, millis: u32) {
        // A timer settles with nothing, and never fails.
        let _ = Settled::after_millis(millis).await;
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
pub(crate) mod tests;
