//! `Verifier.authorize`: requests that arrive at an API.

use js_sys::{Array, JSON, Promise};
use wasm_bindgen::prelude::*;

use crate::flow::guard::{Guard, Incoming};
use crate::host::web::promise;
use crate::js::client::discovery;
use crate::js::error::from_refused;
use crate::js::options::Options;
use crate::js::verifier::{key_sets, lifetime, open};
use crate::protocol::confirmation::{certificate_thumbprint, read_thumbprint};
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::option::OptionError;
use crate::protocol::refusal::ChallengePolicy;
use crate::protocol::requirements::Requirements;
use crate::protocol::resource_metadata::metadata_url;
use crate::protocol::url::{HttpUrl, Transport};

/// The least bytes of a secret for nonces: what it is a mac with.
const LEAST_SECRET: usize = 32;

/// Resolves to an array of claims, token, scheme, and a nonce for the answer or undefined. The certificate is a
/// thumbprint or DER.
#[wasm_bindgen(js_name = verifierAuthorize)]
#[expect(clippy::too_many_arguments, reason = "one crossing, and no object to be taken apart")]
pub fn authorize(
    handle: u32,
    options: &JsValue,
    method: String,
    url: String,
    authorization: Vec<String>,
    dpop: Vec<String>,
    thumbprint: Option<String>,
    certificate: Option<Vec<u8>>,
) -> Promise {
    let certificate = match (thumbprint, certificate) {
        (Some(text), _) => match read_thumbprint(&text) {
            None => {
                let problem = "must be a SHA-256 thumbprint in hexadecimal or base64url, or the certificate in DER";
                return Promise::reject(&OptionError::new("certificate", problem).into());
            }
            thumbprint => thumbprint,
        },
        (None, certificate) => certificate.map(|der| certificate_thumbprint(&der)),
    };
    let (verifier, host) = match open(handle, options) {
        Ok(open) => open,
        Err(mistake) => return Promise::reject(&mistake),
    };
    let request = Incoming { method, url, authorization, dpop, certificate };
    promise(
        &host.clone(),
        lifetime(&verifier),
        Box::pin(async move {
            let requirements = Requirements::default();
            let admitted = verifier
                .authorize(&host, &discovery(), &key_sets(), &request, &requirements)
                .await
                .map_err(from_refused)?;
            let nonce = admitted.nonce.map_or(JsValue::UNDEFINED, JsValue::from);
            let (claims, token) = (JSON::parse(&admitted.claims)?, admitted.token.expose().into());
            Ok(Array::of4(&claims, &token, &admitted.scheme.as_str().into(), &nonce).into())
        }),
    )
}

/// `dpop` and `resourceMetadata`.
pub fn read_guard(options: &Options, transport: Transport) -> Result<Guard, JsValue> {
    let dpop = dpop(options)?;
    let nonces = dpop.text_or_texts("nonces")?;
    if nonces.iter().flatten().any(|secret| secret.len() < LEAST_SECRET) {
        return Err(dpop.error("nonces", "must be secrets of at least 32 bytes").into());
    }
    let challenge = ChallengePolicy {
        dpop: options.value("dpop")?.is_some(),
        resource_metadata: resource_metadata(options, transport)?,
    };
    Ok(Guard { nonces: nonces.map(Nonces::new), challenge })
}

fn dpop(options: &Options) -> Result<Options, JsValue> {
    options.nested("dpop", "options.dpop", &["replayStore", "nonces"])
}

/// `dpop.replayStore`, or undefined.
pub fn replay_store(options: &Options) -> Result<JsValue, JsValue> {
    dpop(options)?.object_with("replayStore", "options.dpop.replayStore", &["acquire"]).map_err(JsValue::from)
}

/// Where the metadata of the API is: at that address, or where RFC 9728 section 3.1 puts it.
fn resource_metadata(options: &Options, transport: Transport) -> Result<Option<String>, JsValue> {
    let Some(given) = options.value("resourceMetadata")? else { return Ok(None) };
    let parse = |text: &str, path| {
        HttpUrl::parse(text, transport).map_err(|problem| OptionError::new(path, problem.to_string()))
    };
    if let Some(text) = given.as_string() {
        return Ok(Some(parse(&text, "options.resourceMetadata")?.as_str().to_owned()));
    }
    if !given.is_object() || Array::is_array(&given) {
        return Err(options.error("resourceMetadata", "must be a URL, or an object with the member resource").into());
    }
    let resource = Options::seen(&given, "options.resourceMetadata").required_text("resource")?;
    Ok(Some(metadata_url(&parse(&resource, "options.resourceMetadata.resource")?)))
}
