//! The surface as JavaScript meets it: real `Response`s, real promises, real keys.

mod api_call;
mod errors;
mod options;
mod tokens;
mod verifier;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::js::client;
use crate::js::verifier as verifier_calls;

#[wasm_bindgen(module = "/src/js/tests/support.js")]
extern "C" {
    fn js(expression: &str) -> JsValue;
    fn options(base: &str, answer: &str, overrides: &str) -> JsValue;
    fn renderings(value: &JsValue) -> String;
}

#[wasm_bindgen(module = "/src/js/verifier_options.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = plainOptions)]
    fn plain_options(options: &JsValue) -> Result<String, JsValue>;
}

/// A verifier, as the class makes it.
fn open_verifier(options: &JsValue) -> Result<u32, JsValue> {
    verifier_calls::open_verifier(plain_options(&crate::js::settings::snapshot(options, "options")?)?)
}

/// A server that grants numbered tokens.
const GRANTS: &str =
    "(request, number) => Response.json({ access_token: `canary-${number}`, token_type: 'Bearer', expires_in: 3600 })";

/// A client, and the `fetch` it was given.
struct TestClient {
    handle: u32,
    options: JsValue,
}

impl TestClient {
    fn new(answer: &str, overrides: &str) -> Self {
        let options = options("client", answer, overrides);
        Self { handle: client::open_client(&options).unwrap(), options }
    }

    async fn get_token(&self, request: &str) -> Result<JsValue, JsValue> {
        JsFuture::from(Promise::resolve(&client::get_token(
            self.handle,
            &self.options,
            &js(request),
            &JsValue::UNDEFINED,
        )))
        .await
    }

    /// The requests that were sent.
    fn seen(&self) -> Array {
        get(&self.options, "fetch.seen").into()
    }

    /// What the scripted server threw.
    fn thrown(&self) -> JsValue {
        get(&self.options, "fetch.thrown")
    }
}

/// The claims of a token, if a verifier accepts it.
async fn verify(handle: u32, options: &JsValue, token: &JsValue) -> Result<JsValue, JsValue> {
    let token = token.as_string().unwrap_or_default();
    let verified = verifier_calls::verify_token(handle, &token, None, options, JsValue::UNDEFINED)?;
    let verified = JsFuture::from(Promise::resolve(&verified)).await?;
    js_sys::JSON::parse(&text(&verified, "payload"))
}

/// A property, by its path.
fn get(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, name| Reflect::get(&value, &name.into()).unwrap())
}

fn text(value: &JsValue, path: &str) -> String {
    get(value, path).as_string().unwrap_or_default()
}

/// What a function of a value, given as an expression, returns.
fn apply(function: &str, value: &JsValue) -> JsValue {
    Function::from(js(function)).call1(&JsValue::NULL, value).unwrap()
}

/// The same, awaited, as text.
async fn read(function: &str, value: &JsValue) -> String {
    JsFuture::from(Promise::resolve(&apply(function, value))).await.unwrap().as_string().unwrap_or_default()
}

/// Asserts that this is the complaint about an option: a `TypeError` that begins as all do and
/// names the path.
fn assert_complaint(error: &JsValue, path: &str, context: &str) {
    assert!(error.is_instance_of::<js_sys::TypeError>(), "{context}: {error:?}");
    let message = text(error, "message");
    assert!(message.starts_with("gatepass: "), "{context}: {message}");
    assert!(message.contains(path), "{context}: {message} does not name {path}");
    // What a getter of the caller's threw is kept as the cause, and stays out of our own words.
    let own = format!("{message} {}", text(error, "stack"));
    assert!(!own.contains("canary"), "{context}: {own}");
}
