//! `Verifier.authorize`: requests that arrive at an API. JavaScript reads them and the options (`incoming.js`,
//! `verifier_options.js`).

use wasm_bindgen::prelude::*;

use crate::flow::guard::{Incoming, ProofRules, admit};
use crate::host::clock::Clock;
use crate::host::web::{WebHost, outcome};
use crate::js::error::from_failure;
use crate::protocol::credentials::{self, Scheme};
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::json;
use crate::protocol::refusal::ChallengePolicy;

/// Milliseconds for the host's signature check and the caller's replay store.
const LIFETIME_MILLIS: i64 = 120_000;

const fn scheme(is_dpop: bool) -> Scheme {
    if is_dpop { Scheme::Dpop } else { Scheme::Bearer }
}

/// The token in an `Authorization` header, empty where there is none.
///
/// # Errors
/// A `GatepassError`: `missing_token` or `invalid_request`.
#[wasm_bindgen(js_name = readCredentials)]
pub fn read_credentials(authorization: &str) -> Result<String, JsValue> {
    let credentials = credentials::read(authorization);
    credentials.map(|(_, token)| token.to_owned()).map_err(|error| from_failure(error.into()))
}

/// Whether a request with a good token may come in: a nonce for the answer, or undefined, or a promise of that.
/// `payload` is what the token says, `certificate` the SHA-256 thumbprint in base64url; `nonces` are the secrets for
/// nonces, with line ends between them.
///
/// # Errors
/// Why not.
#[wasm_bindgen(js_name = admitRequest)]
#[expect(clippy::too_many_arguments, reason = "one crossing, and no object to be taken apart")]
#[expect(clippy::needless_pass_by_value, reason = "an optional text crosses as a value")]
pub fn admit_request(
    payload: &str,
    is_dpop: bool,
    token: String,
    method: String,
    url: String,
    dpop: Option<String>,
    certificate: Option<String>,
    leeway: f64,
    nonces: Option<String>,
    replay_store: JsValue,
) -> Result<JsValue, JsValue> {
    let host = WebHost { replay_store, ..WebHost::default() };
    let rules = ProofRules { nonces: nonces.as_deref().map(Nonces::new), leeway };
    let request = Incoming { scheme: scheme(is_dpop), token, method, url, dpop, certificate };
    let claims = json::object(payload.as_bytes()).unwrap_or_default();
    outcome(
        &host.clone(),
        LIFETIME_MILLIS,
        Box::pin(async move {
            let nonce = admit(&host, &request, claims.root(), &rules).await.map_err(from_failure)?;
            Ok(nonce.map_or(JsValue::UNDEFINED, JsValue::from))
        }),
    )
}

/// A nonce for proofs, by the first of these secrets.
#[wasm_bindgen(js_name = issueNonce)]
pub fn issue_nonce(nonces: &str) -> String {
    Nonces::new(nonces).issue(WebHost::default().now())
}

/// `WWW-Authenticate` for a request that was refused; undefined when no credentials would have changed that.
#[wasm_bindgen(js_name = challengeFor)]
pub fn challenge_for(
    code: &str,
    message: &str,
    is_dpop: bool,
    scope: &str,
    dpop: bool,
    resource_metadata: Option<String>,
) -> Option<String> {
    ChallengePolicy { dpop, resource_metadata }.challenge(code, message, scheme(is_dpop), scope)
}
