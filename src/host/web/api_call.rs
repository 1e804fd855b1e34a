//! A caller's API call, by the host's `fetch`.

use wasm_bindgen::prelude::*;

use crate::host::api_call::{ApiCall, SendError};
use crate::host::{Failure, Host};
use crate::protocol::error::{Code, Error};

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
    #[wasm_bindgen(method, getter)]
    fn aborted(this: &WebApiCall) -> bool;
    #[wasm_bindgen(method, catch, js_name = send)]
    async fn js_send(this: &WebApiCall, authorization: &str) -> Result<JsValue, JsValue>;
}

impl Host for WebApiCall {
    type Cause = JsValue;
}

impl ApiCall for WebApiCall {
    type Response = JsValue;

    fn origin(&self) -> String {
        self.js_origin()
    }

    fn has_authorization(&self) -> bool {
        self.js_has_authorization()
    }

    async fn send(self, authorization: &str) -> Result<JsValue, SendError<JsValue>> {
        self.js_send(authorization).await.map_err(|cause| {
            if self.aborted() {
                SendError::Aborted(cause)
            } else {
                let error = Error::new(Code::NetworkError, "the API could not be reached");
                SendError::Failed(Failure { error, cause: Some(cause) })
            }
        })
    }
}
