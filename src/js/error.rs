//! Errors as JavaScript sees them.

use wasm_bindgen::prelude::*;

use crate::host::Failure;
use crate::protocol::option::OptionError;

#[wasm_bindgen(module = "/src/js/error.js")]
extern "C" {
    /// The class callers match on.
    #[wasm_bindgen(reexport)]
    pub type GatepassError;

    #[wasm_bindgen(constructor)]
    fn new(
        code: &str,
        message: &str,
        retryable: bool,
        cause: &JsValue,
        status: Option<u16>,
        retry_after: Option<f64>,
        oauth: Option<Vec<String>>,
        hint: Option<&str>,
        claim: Option<&str>,
        reason: Option<&str>,
    ) -> GatepassError;
}

/// The `GatepassError` for a failure, its cause kept with its identity.
#[expect(clippy::cast_precision_loss, reason = "at most the seconds of a day")]
pub fn from_failure(failure: Failure<JsValue>) -> JsValue {
    let Failure { error, cause } = failure;
    let retryable = error.is_retryable();
    // Empty strings stand for what the server did not say.
    let oauth = error.oauth.as_ref().map(|oauth| {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![oauth.error.clone(), said(&oauth.description), said(&oauth.uri)]
    });
    GatepassError::new(
        error.code.as_str(),
        &error.message,
        retryable,
        &cause.unwrap_or(JsValue::UNDEFINED),
        error.status,
        error.retry_after.map(|seconds| seconds as f64),
        oauth,
        error.hint,
        error.claim.as_deref(),
        error.reason.map(crate::protocol::error::Reason::as_str),
    )
    .into()
}

/// The `TypeError` for a caller's mistake.
impl From<OptionError> for JsValue {
    fn from(error: OptionError) -> Self {
        js_sys::TypeError::new(&error.to_string()).into()
    }
}
