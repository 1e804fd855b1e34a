//! Access tokens as JavaScript sees them.

use wasm_bindgen::prelude::*;

use crate::host::events::Source;
use crate::protocol::access_token::AccessToken;

#[wasm_bindgen(module = "/src/js/access_token.js")]
extern "C" {
    /// The token class: it does not show its value when logged or serialised.
    #[wasm_bindgen(js_name = AccessToken, reexport)]
    type JsAccessToken;

    #[wasm_bindgen(js_name = accessToken)]
    fn js_access_token(
        value: &str,
        token_type: &str,
        expires_at_millis: f64,
        scope: Option<&str>,
        source: &str,
    ) -> JsAccessToken;
}

/// The `AccessToken` object for a token.
pub fn to_js(token: &AccessToken, source: Source) -> JsValue {
    js_access_token(
        token.value.expose(),
        token.token_type.as_str(),
        token.expires_at.as_date(),
        token.scope.as_deref(),
        source.as_str(),
    )
    .into()
}
