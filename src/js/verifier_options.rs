//! What the options of a verifier mean. JavaScript has checked their form (`verifier_options.js`).

use crate::flow::key_sets::{KeyRequest, KeySource};
use crate::flow::verifier::{DEFAULT_LEEWAY_SECONDS, DEFAULT_MAX_TOKEN_BYTES, DEFAULT_TIMEOUT_MILLIS, Verifier};
use crate::protocol::algorithm::Algorithm;
use crate::protocol::claims::{ClaimsPolicy, RFC_9068_CLAIMS};
use crate::protocol::json::{Object, Value};
use crate::protocol::jwk::KeySet;
use crate::protocol::jwt::{HeaderPolicy, TypePolicy};
use crate::protocol::metadata::Issuer;
use crate::protocol::option::{OptionError, none_of};
use crate::protocol::profile::{Profile, issuer_of_domain};
use crate::protocol::url::{HttpUrl, Transport};

/// What `profile` can say beside the conventions of a server.
const RFC_9068: &str = "rfc9068";

/// The policy that options stand for.
///
/// # Errors
/// When they contradict each other, or one of them means nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers within bounds")]
pub fn verifier(options: Object<'_>) -> Result<Verifier, OptionError> {
    let profile = profile(options)?;
    let header = HeaderPolicy {
        max_token_bytes: options.number("maxTokenSize").map_or(DEFAULT_MAX_TOKEN_BYTES, |bytes| bytes as usize),
        algorithms: algorithms(options, profile)?,
        types: types(options),
    };
    let transport = match options.get("dangerouslyAllowHttp") {
        Some(Value::Bool(true)) => Transport::DangerouslyAllowHttp,
        _ => Transport::Secure,
    };
    let timeout_millis = options.number("timeout").map_or(DEFAULT_TIMEOUT_MILLIS, |millis| millis as u32);
    let (mut issuers, mut keys) = (Vec::new(), Vec::new());
    for (issuer, source) in trusted(options, transport)? {
        issuers.push(issuer);
        keys.push(KeyRequest::new(source, transport, timeout_millis));
    }
    let claims = ClaimsPolicy {
        issuers,
        audience: (options.get("audience") != Some(Value::Null)).then(|| options.texts("audience")),
        required: if options.text("profile") == Some(RFC_9068) { RFC_9068_CLAIMS } else { &[] },
        leeway: options.number("leeway").unwrap_or(DEFAULT_LEEWAY_SECONDS),
        max_age: options.number("maxAge"),
    };
    Ok(Verifier::with(header, claims, keys))
}

fn mistake(name: &str, problem: impl std::fmt::Display) -> OptionError {
    OptionError::new(format!("options.{name}"), problem.to_string())
}

fn profile(options: Object<'_>) -> Result<Profile, OptionError> {
    let has_domain = options.contains("domain");
    let default = if has_domain { Profile::Login3 } else { Profile::Generic };
    let profile = match options.text("profile") {
        None | Some(RFC_9068) => return Ok(default),
        Some(name) => Profile::from_name(name)
            .ok_or_else(|| mistake("profile", format!("{}, {RFC_9068}", none_of(&Profile::names()))))?,
    };
    if has_domain && !profile.has_domain() {
        return Err(mistake("profile", "must be login3, auth0 or rfc9068 when options.domain is given"));
    }
    Ok(profile)
}

/// The issuers, and where the keys of each are.
fn trusted(options: Object<'_>, transport: Transport) -> Result<Vec<(String, KeySource)>, OptionError> {
    let mut keys = fixed_keys(options)?;
    if let Some(domain) = options.text("domain") {
        let issuer = issuer_of_domain(domain).map_err(|problem| mistake("domain", problem))?;
        let name = issuer.as_str().to_owned();
        let own = Profile::Login3.endpoints(&issuer, transport).keys.map(KeySource::Url);
        return Ok(vec![(name, keys.or(own).unwrap_or(KeySource::Issuer(issuer)))]);
    }
    if let Some(url) = options.text("jwksUri") {
        keys = Some(KeySource::Url(HttpUrl::parse(url, transport).map_err(|problem| mistake("jwksUri", problem))?));
    }
    let mut trusted = Vec::new();
    for issuer in options.texts("issuer") {
        let own = Issuer::parse(&issuer, transport).map_err(|problem| mistake("issuer", problem))?;
        trusted.push((issuer, keys.clone().unwrap_or(KeySource::Issuer(own))));
    }
    Ok(trusted)
}

/// Keys that are not fetched.
fn fixed_keys(options: Object<'_>) -> Result<Option<KeySource>, OptionError> {
    let set = match (options.text("secret"), options.get("jwks")) {
        (Some(secret), _) => KeySet::of_secret(secret),
        (None, Some(set)) => set.as_object().and_then(|set| KeySet::of(set).ok()),
        (None, None) => return Ok(None),
    };
    match set {
        Some(set) if !set.keys().is_empty() => Ok(Some(KeySource::Fixed(set.into()))),
        _ => Err(mistake(
            "jwks",
            "must be a JWK Set with 1 to 64 keys, of which one at least is public and good enough to verify signatures",
        )),
    }
}

/// `algorithms`, or those that a secret is long enough for, or those of the server.
fn algorithms(options: Object<'_>, profile: Profile) -> Result<Vec<Algorithm>, OptionError> {
    // Of base64url, 4 characters are 3 bytes.
    let secret = options.text("secret").map(|secret| secret.len().saturating_mul(3) / 4);
    let family = if secret.is_some() { Algorithm::SYMMETRIC.as_slice() } else { Algorithm::ASYMMETRIC.as_slice() };
    let mut algorithms = Vec::new();
    for name in options.texts("algorithms") {
        match Algorithm::from_name(&name).filter(|algorithm| family.contains(algorithm)) {
            Some(algorithm) => algorithms.push(algorithm),
            None => {
                return Err(mistake(
                    "algorithms",
                    "must be names of JOSE signature algorithms: HS256, HS384 and HS512 with options.secret, and only others without it",
                ));
            }
        }
    }
    let is_long_enough = |algorithm: &Algorithm| secret.is_none_or(|bytes| bytes >= algorithm.hash_length());
    if algorithms.is_empty() {
        algorithms = if secret.is_some() { family.to_vec() } else { profile.algorithms() };
        algorithms.retain(is_long_enough);
    }
    if algorithms.is_empty() || !algorithms.iter().all(is_long_enough) {
        return Err(mistake("secret", "must be as long as the hash: 32 bytes for HS256, 48 for HS384, 64 for HS512"));
    }
    Ok(algorithms)
}

fn types(options: Object<'_>) -> TypePolicy {
    let types = options.texts("typ");
    match types.first() {
        None => TypePolicy::Auto,
        Some(first) if first == "auto" && types.len() == 1 => TypePolicy::Auto,
        Some(_) => TypePolicy::OneOf(types),
    }
}
