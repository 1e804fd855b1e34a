//! `Verifier.authorize`: requests that arrive at an API.

use js_sys::{Array, JSON, Promise};
use wasm_bindgen::prelude::*;

use crate::flow::guard::{Guard, Incoming};
use crate::host::web::{WebHost, promise};
use crate::js::client::discovery;
use crate::js::error::from_refused;
use crate::js::options::Options;
use crate::js::verifier::{key_sets, lifetime, open};
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::refusal::ChallengePolicy;
use crate::protocol::requirements::Requirements;
use crate::protocol::resource_metadata::metadata_url;
use crate::protocol::url::{HttpUrl, Transport};

/// The least bytes of a secret for nonces.
const LEAST_SECRET: usize = 32;

/// Resolves to an array of claims, scheme, and a nonce for the answer or undefined. The certificate is its
/// SHA-256 thumbprint in base64url; the replay store the one of the options.
#[wasm_bindgen(js_name = verifierAuthorize)]
#[expect(clippy::too_many_arguments, reason = "one crossing, and no object to be taken apart")]
pub fn authorize(
    handle: u32,
    options: &JsValue,
    method: String,
    url: String,
    authorization: Option<String>,
    dpop: Option<String>,
    certificate: Option<String>,
    replay_store: JsValue,
) -> Promise {
    let (verifier, host) = match open(handle, options) {
        Ok((verifier, host)) => (verifier, WebHost { replay_store, ..host }),
        Err(mistake) => return Promise::reject(&mistake),
    };
    let request = Incoming { method, url, authorization, dpop, certificate };
    promise(
        &host.clone(),
        lifetime(&verifier),
        Box::pin(async move {
            let requirements = Requirements::default();
            let admitted = verifier.authorize(&host, &discovery(), &key_sets(), &request, &requirements).await;
            let admitted = admitted.map_err(from_refused)?;
            let nonce = admitted.nonce.map_or(JsValue::UNDEFINED, JsValue::from);
            Ok(Array::of3(&JSON::parse(&admitted.claims)?, &admitted.scheme.as_str().into(), &nonce).into())
        }),
    )
}

/// `dpop` and `resourceMetadata`.
pub fn read_guard(options: &Options, transport: Transport) -> Result<Guard, JsValue> {
    let dpop = options.nested("dpop", "options.dpop", &["replayStore", "nonces"])?;
    dpop.object_with("replayStore", "options.dpop.replayStore", &["acquire"])?;
    let nonces = dpop.text_or_texts("nonces")?;
    if nonces.iter().flatten().any(|secret| secret.len() < LEAST_SECRET) {
        return Err(dpop.error("nonces", "must be secrets of at least 32 bytes").into());
    }
    let resource_metadata = match options.value("resourceMetadata")? {
        None => None,
        // Its own address, or a document that is at the address which RFC 9728 section 3.1 gives it.
        Some(value) if value.is_string() => {
            let url = options.required_text("resourceMetadata")?;
            Some(HttpUrl::parse(&url, transport).map(|_| url).map_err(options.url_error("resourceMetadata"))?)
        }
        Some(document) => {
            let document = Options::seen(&document, "options.resourceMetadata");
            let resource = document.required_text("resource")?;
            Some(metadata_url(&HttpUrl::parse(&resource, transport).map_err(document.url_error("resource"))?))
        }
    };
    let challenge = ChallengePolicy { dpop: options.value("dpop")?.is_some(), resource_metadata };
    Ok(Guard { nonces: nonces.map(Nonces::new), challenge })
}
