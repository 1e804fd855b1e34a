//! Reading the options of a verifier.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::flow::key_sets::{KeyRequest, KeySource};
use crate::flow::verifier::Verifier;
use crate::js::guard::check_guard;
use crate::js::options::Options;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::claims::{ClaimsPolicy, RFC_9068_CLAIMS};
use crate::protocol::jwk::KeySet;
use crate::protocol::jwt::{HeaderPolicy, TypePolicy};
use crate::protocol::metadata::Issuer;
use crate::protocol::option::OptionError;
use crate::protocol::profile::{Login3Tenant, Profile};
use crate::protocol::url::{HttpUrl, Transport};

const VERIFIER_OPTIONS: [&str; 20] = [
    "domain",
    "issuer",
    "jwksUri",
    "jwks",
    "secret",
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
    "store",
    "onEvent",
    "waitUntil",
    "dpop",
    "resourceMetadata",
];
const DEFAULT_TIMEOUT_MILLIS: u32 = 5_000;
const DEFAULT_LEEWAY_SECONDS: u32 = 5;
const MAX_LEEWAY_SECONDS: u32 = 300;
const DEFAULT_MAX_TOKEN_BYTES: u32 = 16 * 1024;
const MOST_TOKEN_BYTES: u32 = 1024 * 1024;
/// A year in seconds: the greatest `maxAge`.
pub const MAX_AGE_SECONDS: u32 = 366 * 86_400;

/// What `profile` says beside the conventions of a server.
const RFC_9068: &str = "rfc9068";

/// Checks the options of a verifier.
///
/// # Errors
/// A `TypeError` that names the option.
pub fn read_verifier(options: &JsValue) -> Result<Verifier, JsValue> {
    let options = Options::read(options, "options", &VERIFIER_OPTIONS)?;
    let transport = options.transport()?;
    let (domain, issuers) = (options.text("domain")?, options.text_or_texts("issuer")?);
    let is_rfc_9068 = options.text("profile")?.is_some_and(|profile| profile == RFC_9068);
    let has_domain = domain.is_some();
    let secret = secret(&options)?;
    let profile = match is_rfc_9068 {
        false => options.profile(has_domain)?,
        true if has_domain => Profile::Login3,
        true => Profile::Generic,
    };
    let algorithms = algorithms(&options, secret.as_deref())?.unwrap_or_else(|| profile.algorithms());
    let fixed = fixed_keys(&options, secret.as_deref())?;
    let jwks_uri = options.text("jwksUri")?;
    if jwks_uri.is_some() {
        for name in ["domain", "jwks", "secret"] {
            if options.value(name)?.is_some() {
                return Err(options.error("jwksUri", format!("cannot be combined with options.{name}")).into());
            }
        }
    }
    let trusted = match (domain, issuers) {
        (Some(domain), None) => {
            let tenant = Login3Tenant::at(&domain).map_err(options.url_error("domain"))?;
            vec![(tenant.issuer.as_str().to_owned(), fixed.unwrap_or(KeySource::Url(tenant.jwks_uri)))]
        }
        (None, Some(issuers)) if issuers.len() == 1 => {
            let error = options.url_error("issuer");
            let issuer = issuers.into_iter().next().unwrap_or_default();
            let own = KeySource::Issuer(Issuer::parse(&issuer, transport).map_err(error)?);
            let elsewhere = match jwks_uri {
                None => None,
                Some(url) => Some(HttpUrl::parse(&url, transport).map_err(options.url_error("jwksUri"))?),
            };
            vec![(issuer, fixed.or(elsewhere.map(KeySource::Url)).unwrap_or(own))]
        }
        (None, Some(issuers)) => several(&options, issuers, transport)?,
        (Some(_), Some(_)) => return Err(options.error("issuer", "cannot be combined with options.domain").into()),
        (None, None) => return Err(OptionError::new("options.domain or options.issuer", "must be given").into()),
    };
    for name in ["fetch", "onEvent", "waitUntil"] {
        options.function(name)?;
    }
    options.store()?;
    check_guard(&options, transport)?;
    let timeout_millis = options.timeout(DEFAULT_TIMEOUT_MILLIS)?;
    let (issuers, sources): (Vec<_>, Vec<_>) = trusted.into_iter().unzip();
    Ok(Verifier {
        header: HeaderPolicy {
            max_token_bytes: options.number("maxTokenSize", 1, MOST_TOKEN_BYTES)?.unwrap_or(DEFAULT_MAX_TOKEN_BYTES)
                as usize,
            algorithms,
            types: types(&options, is_rfc_9068)?,
        },
        claims: ClaimsPolicy {
            issuers,
            audience: audience(&options)?,
            required: if is_rfc_9068 { RFC_9068_CLAIMS } else { &[] },
            leeway: leeway(&options)?,
            max_age: options.number("maxAge", 1, MAX_AGE_SECONDS)?.map(f64::from),
        },
        keys: sources.into_iter().map(|source| KeyRequest::new(source, transport, timeout_millis)).collect(),
    })
}

/// Seconds that clocks may differ.
pub fn leeway(options: &Options) -> Result<f64, OptionError> {
    Ok(options.number("leeway", 0, MAX_LEEWAY_SECONDS)?.unwrap_or(DEFAULT_LEEWAY_SECONDS).into())
}

/// Several issuers, each with the keys that its own metadata names.
fn several(
    options: &Options,
    issuers: Vec<String>,
    transport: Transport,
) -> Result<Vec<(String, KeySource)>, OptionError> {
    for name in ["jwksUri", "jwks", "secret"] {
        if options.value(name)?.is_some() {
            return Err(options.error(name, "cannot be combined with several issuers, each of which has its own keys"));
        }
    }
    let error = options.url_error("issuer");
    let own = |issuer: String| {
        let keys = KeySource::Issuer(Issuer::parse(&issuer, transport).map_err(&error)?);
        Ok((issuer, keys))
    };
    issuers.into_iter().map(own).collect()
}

/// A secret that both sides know: the bytes, or a text that stands for its UTF-8.
fn secret(options: &Options) -> Result<Option<Vec<u8>>, OptionError> {
    match options.value("secret")? {
        None => Ok(None),
        Some(secret) => match (secret.as_string(), secret.dyn_ref::<Uint8Array>()) {
            (Some(text), _) => Ok(Some(text.into_bytes())),
            (None, Some(bytes)) => Ok(Some(bytes.to_vec())),
            _ => Err(options.error("secret", "must be a string or a Uint8Array")),
        },
    }
}

/// Keys that are not fetched.
fn fixed_keys(options: &Options, secret: Option<&[u8]>) -> Result<Option<KeySource>, OptionError> {
    let jwks = options.text("jwks")?;
    match (secret, jwks) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(options.error("secret", "cannot be combined with options.jwks")),
        (Some(secret), None) => Ok(Some(KeySource::Fixed(KeySet::of_secret(secret)))),
        (None, Some(document)) => match KeySet::read(document.as_bytes()) {
            Err(_) => Err(options.error("jwks", "must be a JWK Set of at most 64 keys: { keys: [...] }")),
            Ok(set) if set.keys().is_empty() => Err(options.error(
                "jwks",
                "has no key that can verify: public keys only, RSA from 2048 bits on (a shared secret goes into options.secret)",
            )),
            Ok(set) => Ok(Some(KeySource::Fixed(set))),
        },
    }
}

/// `algorithms`, or those that a secret is long enough for.
fn algorithms(options: &Options, secret: Option<&[u8]>) -> Result<Option<Vec<Algorithm>>, OptionError> {
    let family = if secret.is_some() { Algorithm::SYMMETRIC.as_slice() } else { Algorithm::ASYMMETRIC.as_slice() };
    let is_too_short = |algorithm: &&Algorithm| secret.is_some_and(|secret| secret.len() < algorithm.hash_length());
    let named = match options.texts("algorithms")? {
        None if secret.is_none() => return Ok(None),
        None => family.iter().copied().filter(|algorithm| !is_too_short(&algorithm)).collect(),
        Some(names) => {
            let find = |name: &String| Algorithm::from_name(name).filter(|algorithm| family.contains(algorithm));
            names.iter().map(find).collect::<Option<Vec<_>>>().ok_or_else(|| {
                let names: Vec<_> = family.iter().map(|algorithm| algorithm.name()).collect();
                let which = if secret.is_some() { "with options.secret" } else { "without options.secret" };
                options.error("algorithms", format!("must, {which}, be of {}", names.join(", ")))
            })?
        }
    };
    let longest = if named.is_empty() { family.first() } else { named.iter().find(is_too_short) };
    match longest {
        None => Ok(Some(named)),
        Some(algorithm) => {
            let problem = format!("must be at least {} bytes long for {}", algorithm.hash_length(), algorithm.name());
            Err(options.error("secret", problem))
        }
    }
}

fn types(options: &Options, is_rfc_9068: bool) -> Result<TypePolicy, OptionError> {
    let is_only = |types: &[String], wanted: &str| types.len() == 1 && types.first().is_some_and(|typ| typ == wanted);
    match options.text_or_texts("typ")? {
        Some(types) if is_rfc_9068 && !is_only(&types, "at+jwt") => {
            Err(options.error("typ", "must be at+jwt with options.profile rfc9068"))
        }
        None if is_rfc_9068 => Ok(TypePolicy::OneOf(vec!["at+jwt".to_owned()])),
        None => Ok(TypePolicy::Auto),
        Some(types) if is_only(&types, "auto") => Ok(TypePolicy::Auto),
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
