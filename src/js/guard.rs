//! `Verifier.authorize`: requests that arrive at an API.

use wasm_bindgen::prelude::*;

use crate::flow::guard::{Incoming, ProofRules, admit};
use crate::host::clock::Clock;
use crate::host::web::{WebHost, outcome};
use crate::js::error::from_failure;
use crate::js::options::Options;
use crate::js::verifier_options::leeway;
use crate::protocol::credentials::{self, Scheme};
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::json;
use crate::protocol::refusal::ChallengePolicy;
use crate::protocol::resource_metadata::metadata_url;
use crate::protocol::url::{HttpUrl, Transport};

/// The least bytes of a secret for nonces.
const LEAST_SECRET: usize = 32;
/// Milliseconds for the host's signature check and the caller's replay store.
const LIFETIME_MILLIS: i64 = 120_000;

/// The token in an `Authorization` header, if that is one of ours.
///
/// # Errors
/// A `GatepassError`: `missing_token` or `invalid_request`.
#[wasm_bindgen(js_name = readCredentials)]
pub fn read_credentials(authorization: &str) -> Result<String, JsValue> {
    let credentials = credentials::read(authorization);
    credentials.map(|(_, token)| token.to_owned()).map_err(|error| from_failure(error.into()))
}

/// Whether a request with a good token may come in: a nonce for the answer, or undefined, or a promise of that.
/// `payload` is what the token says, `certificate` the SHA-256 thumbprint in base64url.
///
/// # Errors
/// Why not.
#[wasm_bindgen(js_name = admitRequest)]
#[expect(clippy::too_many_arguments, reason = "one crossing, and no object to be taken apart")]
pub fn admit_request(
    options: &JsValue,
    payload: &str,
    is_dpop: bool,
    token: String,
    method: String,
    url: String,
    dpop: Option<String>,
    certificate: Option<String>,
) -> Result<JsValue, JsValue> {
    let given = Options::seen(options, "options");
    let of_dpop = dpop_options(&given)?;
    let host = WebHost { replay_store: of_dpop.value("replayStore")?.unwrap_or_default(), ..WebHost::default() };
    let rules = ProofRules { nonces: nonces(&of_dpop)?, leeway: leeway(&given)? };
    let scheme = if is_dpop { Scheme::Dpop } else { Scheme::Bearer };
    let request = Incoming { scheme, token, method, url, dpop, certificate };
    let claims = json::object(payload.as_bytes()).unwrap_or_default();
    outcome(
        &host.clone(),
        LIFETIME_MILLIS,
        Box::pin(async move {
            let nonce = admit(&host, &request, &claims, &rules).await.map_err(from_failure)?;
            Ok(nonce.map_or(JsValue::UNDEFINED, JsValue::from))
        }),
    )
}

/// `WWW-Authenticate`, and `DPoP-Nonce` where there are nonces, for a request that was refused; none of the two when no
/// credentials would have changed that.
///
/// # Errors
/// None that [`check_guard`] would not have found.
#[wasm_bindgen(js_name = challengeFor)]
pub fn challenge_for(
    options: &JsValue,
    code: &str,
    message: &str,
    is_dpop: bool,
    scope: &str,
) -> Result<Vec<String>, JsValue> {
    let options = Options::seen(options, "options");
    let policy = ChallengePolicy {
        dpop: options.value("dpop")?.is_some(),
        resource_metadata: resource_metadata(&options, Transport::DangerouslyAllowHttp)?,
    };
    let scheme = if is_dpop { Scheme::Dpop } else { Scheme::Bearer };
    let mut headers: Vec<_> = policy.challenge(code, message, scheme, scope).into_iter().collect();
    if code == "use_dpop_nonce"
        && let Some(nonces) = nonces(&dpop_options(&options)?)?
    {
        headers.push(nonces.issue(WebHost::default().now()));
    }
    Ok(headers)
}

/// Checks `dpop` and `resourceMetadata`.
pub fn check_guard(options: &Options, transport: Transport) -> Result<(), JsValue> {
    let dpop = dpop_options(options)?;
    dpop.object_with("replayStore", "options.dpop.replayStore", &["acquire"])?;
    if dpop.text_or_texts("nonces")?.iter().flatten().any(|secret| secret.len() < LEAST_SECRET) {
        return Err(dpop.error("nonces", "must be secrets of at least 32 bytes").into());
    }
    resource_metadata(options, transport).map(drop)
}

fn dpop_options(options: &Options) -> Result<Options, JsValue> {
    options.nested("dpop", "options.dpop", &["replayStore", "nonces"])
}

fn nonces(dpop: &Options) -> Result<Option<Nonces>, JsValue> {
    Ok(dpop.text_or_texts("nonces")?.map(Nonces::new))
}

/// Where the metadata of the API is: at an address of its own, or where RFC 9728 section 3.1 puts that of a resource.
fn resource_metadata(options: &Options, transport: Transport) -> Result<Option<String>, JsValue> {
    let (name, path) = ("resourceMetadata", "options.resourceMetadata");
    let Some(given) = options.value(name)? else { return Ok(None) };
    if given.is_string() {
        let url = options.required_text(name)?;
        return Ok(Some(HttpUrl::parse(&url, transport).map(|_| url).map_err(options.url_error(name))?));
    }
    let document = Options::seen(&given, path);
    let resource = document.required_text("resource")?;
    Ok(Some(metadata_url(&HttpUrl::parse(&resource, transport).map_err(document.url_error("resource"))?)))
}
