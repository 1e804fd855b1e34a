//! A caller's API call, in the host's own form.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::host::api_call::ApiCall;

#[wasm_bindgen(module = "/src/host/web/api_call.js")]
extern "C" {
    /// A call that is ready to be sent.
    pub type WebApiCall;

    /// Prepares a call as `new Request(input, init)` would, throwing what it throws.
    #[wasm_bindgen(static_method_of = WebApiCall, catch)]
    pub fn prepare(input: &JsValue, init: &JsValue, fetch: &JsValue) -> Result<WebApiCall, JsValue>;

    #[wasm_bindgen(method, getter, js_name = origin)]
    fn js_origin(this: &WebApiCall) -> String;
    #[wasm_bindgen(method, getter, js_name = hasAuthorization)]
    fn js_has_authorization(this: &WebApiCall) -> bool;

    /// Sends the call with a token, once `token` has resolved if it is a promise. What the transport throws goes
    /// with the origin through `to_error`; the reason of the caller's own signal does not.
    ///
    /// All of the waiting is JavaScript's: an API may take its time, and a future that waited for it
    /// here would stay in wasm memory when the caller's request is cancelled.
    #[wasm_bindgen(method)]
    pub fn send(this: &WebApiCall, token: &JsValue, to_error: &JsValue) -> Promise;
}

impl ApiCall for WebApiCall {
    fn origin(&self) -> String {
        self.js_origin()
    }

    fn has_authorization(&self) -> bool {
        self.js_has_authorization()
    }
}
