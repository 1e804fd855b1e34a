//! `Verifier`: access tokens that arrive at an API.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, JsString, Promise};
use wasm_bindgen::prelude::*;

use crate::flow::key_sets::{KeyRequest, KeySets, KeySource};
use crate::flow::verifier::Verifier;
use crate::host::clock::Clock;
use crate::host::web::{WebHost, promise};
use crate::js::client::discovery;
use crate::js::error::from_refused;
use crate::js::guard::read_guard;
use crate::js::options::Options;
use crate::js::registry::Registry;
use crate::protocol::claims::ClaimsPolicy;
use crate::protocol::credentials::Scheme;
use crate::protocol::jwt::{HeaderPolicy, TypePolicy};
use crate::protocol::metadata::Issuer;
use crate::protocol::option::OptionError;
use crate::protocol::profile::Login3Tenant;
use crate::protocol::url::HttpUrl;

const VERIFIER_OPTIONS: [&str; 15] = [
    "domain",
    "issuer",
    "jwksUri",
    "audience",
    "algorithms",
    "typ",
    "profile",
    "leeway",
    "maxAge",
    "maxTokenSize",
    "timeout",
    "dangerouslyAllowHttp",
    "fetch",
    "dpop",
    "resourceMetadata",
];
const DEFAULT_TIMEOUT_MILLIS: u32 = 5_000;
const DEFAULT_LEEWAY_SECONDS: u32 = 5;
const MAX_LEEWAY_SECONDS: u32 = 300;
const DEFAULT_MAX_TOKEN_BYTES: u32 = 16 * 1024;
const MOST_TOKEN_BYTES: u32 = 1024 * 1024;
/// A year in seconds: the greatest `maxAge`.
const MAX_AGE_SECONDS: u32 = 366 * 86_400;

thread_local! {
    static VERIFIERS: RefCell<Registry<Verifier>> = RefCell::default();
    static KEY_SETS: Rc<KeySets<JsValue>> = Rc::default();
}

/// Checks the options of a verifier and gives it a handle.
///
/// # Errors
/// A `TypeError` that names the option.
#[wasm_bindgen(js_name = openVerifier)]
pub fn open_verifier(options: &JsValue) -> Result<u32, JsValue> {
    let verifier = read_verifier(options)?;
    Ok(VERIFIERS.with_borrow_mut(|verifiers| verifiers.add(verifier)))
}

/// Resolves to the claims as a plain object.
#[wasm_bindgen(js_name = verifierVerifyAccessToken)]
pub fn verify_access_token(handle: u32, options: &JsValue, token: &JsValue) -> Promise {
    match prepare(handle, options, token) {
        Err(mistake) => Promise::reject(&mistake),
        Ok((verifier, host, token)) => promise(
            &host.clone(),
            lifetime(&verifier),
            Box::pin(async move {
                let trusted = verifier.verify_access_token(&host, &discovery(), &key_sets(), &token).await;
                let refuse = |failure| from_refused(verifier.guard.refuse(failure, Scheme::Bearer, &[], host.now()));
                JSON::parse(&trusted.map_err(refuse)?.into_payload())
            }),
        ),
    }
}

/// The keys of the issuers this isolate has met.
pub fn key_sets() -> Rc<KeySets<JsValue>> {
    KEY_SETS.with(Rc::clone)
}

/// Metadata and keys may each take the timeout; the host checks the signature beyond that.
pub fn lifetime(verifier: &Verifier) -> i64 {
    i64::from(verifier.keys.timeout_millis).saturating_mul(6).saturating_add(60_000)
}

fn prepare(handle: u32, options: &JsValue, token: &JsValue) -> Result<(Rc<Verifier>, WebHost, String), JsValue> {
    let (verifier, host) = open(handle, options)?;
    let token = token
        .dyn_ref::<JsString>()
        .ok_or_else(|| OptionError::new("token", "must be a string (of an AccessToken, its accessToken)"))?;
    // One unit more than allowed is enough to be refused: a huge string is not copied into wasm.
    let most = u32::try_from(verifier.header.max_token_bytes).unwrap_or(u32::MAX).saturating_add(1);
    Ok((verifier, host, token.slice(0, most).into()))
}

/// The verifier of a handle, made again when it has been dropped, and the host that its options give.
pub fn open(handle: u32, options: &JsValue) -> Result<(Rc<Verifier>, WebHost), JsValue> {
    let known = VERIFIERS.with_borrow(|verifiers| verifiers.get(handle));
    let verifier = if let Some(verifier) = known {
        verifier
    } else {
        let verifier = read_verifier(options)?;
        VERIFIERS.with_borrow_mut(|verifiers| verifiers.put(handle, verifier))
    };
    let fetch = Options::seen(options, "options").function("fetch")?;
    Ok((verifier, WebHost { fetch, ..WebHost::default() }))
}

fn read_verifier(options: &JsValue) -> Result<Verifier, JsValue> {
    let options = Options::read(options, "options", &VERIFIER_OPTIONS)?;
    let transport = options.transport()?;
    let (place, text) = options.one_of(&["domain", "issuer"])?;
    let profile = options.profile(place == "domain")?;
    let jwks_uri = match options.text("jwksUri")? {
        None => None,
        Some(_) if place == "domain" => {
            return Err(options.error("jwksUri", "cannot be combined with options.domain").into());
        }
        Some(url) => Some(HttpUrl::parse(&url, transport).map_err(options.url_error("jwksUri"))?),
    };
    let error = options.url_error(place);
    let (issuer, source) = if place == "domain" {
        let tenant = Login3Tenant::at(&text).map_err(error)?;
        (tenant.issuer.as_str().to_owned(), KeySource::Url(tenant.jwks_uri))
    } else {
        let issuer = Issuer::parse(&text, transport).map_err(error)?;
        (text, jwks_uri.map_or(KeySource::Issuer(issuer), KeySource::Url))
    };
    options.function("fetch")?;
    Ok(Verifier {
        header: HeaderPolicy {
            max_token_bytes: max_token_bytes(&options)?,
            algorithms: options.algorithms()?.unwrap_or_else(|| profile.algorithms()),
            types: types(&options)?,
        },
        claims: ClaimsPolicy {
            issuer,
            audience: audience(&options)?,
            leeway: options.number("leeway", 0, MAX_LEEWAY_SECONDS)?.unwrap_or(DEFAULT_LEEWAY_SECONDS).into(),
            max_age: options.number("maxAge", 1, MAX_AGE_SECONDS)?.map(f64::from),
        },
        keys: KeyRequest { source, transport, timeout_millis: options.timeout(DEFAULT_TIMEOUT_MILLIS)? },
        guard: read_guard(&options, transport)?,
    })
}

fn max_token_bytes(options: &Options) -> Result<usize, OptionError> {
    Ok(options.number("maxTokenSize", 1, MOST_TOKEN_BYTES)?.unwrap_or(DEFAULT_MAX_TOKEN_BYTES) as usize)
}

fn types(options: &Options) -> Result<TypePolicy, OptionError> {
    match options.text_or_texts("typ")? {
        None => Ok(TypePolicy::Auto),
        Some(types) if types.len() == 1 && types.first().is_some_and(|typ| typ == "auto") => Ok(TypePolicy::Auto),
        Some(types) => Ok(TypePolicy::OneOf(types)),
    }
}

/// The audience has to be decided: forgetting it would let every token of the issuer in.
fn audience(options: &Options) -> Result<Option<Vec<String>>, OptionError> {
    if options.value("audience")?.is_some_and(|value| value.is_null()) {
        return Ok(None);
    }
    match options.text_or_texts("audience")? {
        Some(audience) => Ok(Some(audience)),
        None => {
            Err(options
                .error("audience", "must be given: a string, an array of strings, or null to accept every audience"))
        }
    }
}
