//! The protocol's exchanges, by the host's `fetch`.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::host::fetch::{Fetch, FetchError, Limits};
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::http::{Request, Response};

#[wasm_bindgen(module = "/src/host/web/fetch.js")]
extern "C" {
    /// How an exchange ended.
    type Exchange;

    #[wasm_bindgen(js_name = exchange)]
    fn start_exchange(
        fetch: &JsValue,
        method: &str,
        url: &str,
        headers: Array,
        body: Option<&str>,
        timeout_millis: u32,
        max_body_bytes: u32,
    ) -> Promise;

    #[wasm_bindgen(method, getter)]
    fn outcome(this: &Exchange) -> String;
    #[wasm_bindgen(method, getter)]
    fn cause(this: &Exchange) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Exchange) -> u16;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Exchange) -> Array;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Exchange) -> Uint8Array;
}

impl Fetch for WebHost {
    async fn fetch(&self, request: Request, limits: Limits) -> Result<Response, FetchError<JsValue>> {
        let headers: Array =
            request.headers.iter().flat_map(|(name, value)| [JsValue::from(*name), value.as_str().into()]).collect();
        let pending = start_exchange(
            &self.fetch,
            request.method.as_str(),
            request.url.as_str(),
            headers,
            request.body.as_ref().map(|body| body.as_str()),
            limits.timeout_millis,
            u32::try_from(limits.max_body_bytes).unwrap_or(u32::MAX),
        );
        let done = match Settled::of(&pending).await {
            Ok(done) => done.unchecked_into::<Exchange>(),
            Err(cause) => return Err(FetchError::Broken(cause)),
        };
        match done.outcome().as_str() {
            "response" => {
                let texts: Vec<String> = done.headers().iter().filter_map(|text| text.as_string()).collect();
                let headers = texts
                    .chunks_exact(2)
                    .filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone())))
                    .collect();
                Ok(Response { status: done.status(), headers, body: done.body().to_vec() })
            }
            "timeout" => Err(FetchError::Timeout(done.cause())),
            "too_large" => Err(FetchError::TooLarge(done.status())),
            _ => Err(FetchError::Broken(done.cause())),
        }
    }
}
