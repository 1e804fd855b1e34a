//! The JavaScript host: `fetch`, Web Cryptography, `Date`.
//!
//! The adapters' JavaScript halves sit beside them. One crossing per exchange: what JavaScript can
//! await by itself leaves nothing in wasm memory when workerd cancels a request.

mod api_call;
mod crypto;
mod fetch;
mod slots;
mod task;

use wasm_bindgen::JsValue;

pub use self::api_call::WebApiCall;
pub use self::task::promise;
use crate::host::Host;
use crate::host::clock::Clock;
use crate::protocol::time::Timestamp;

/// The host of one call: globals looked up at use, and the caller's `fetch` if there is one.
#[derive(Clone, Default)]
pub struct WebHost {
    /// The caller's replacement for `fetch`, or undefined.
    pub fetch: JsValue,
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

#[cfg(all(test, target_arch = "wasm32"))]
pub(crate) mod tests;
