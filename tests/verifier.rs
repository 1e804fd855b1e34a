//! Verifying access tokens: what is accepted, what is refused and why, and what is refused before
//! anything is requested.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::error::{Code, Reason};
use gatepass::protocol::jwt::TypePolicy;
use serde_json::{Value, json};

use crate::support::{AUDIENCE, Api, ISSUER, KeyServer, NOW, SigningKey, claims, header};

const HOUR: i64 = 3600;

fn key() -> SigningKey {
    SigningKey::new(1, Some("k"))
}

fn api() -> Api {
    Api::new(&KeyServer::publishing(&[&key()]))
}

fn good() -> String {
    key().token(Some("k"), HOUR)
}

/// A good token with one header parameter changed, or removed by null.
fn with_header(name: &str, value: Value) -> String {
    key().sign(&changed(header(Some("k")), name, value), &claims(HOUR))
}

/// A good token with one claim changed, or removed by null.
fn with_claim(name: &str, value: Value) -> String {
    key().sign(&header(Some("k")), &changed(claims(HOUR), name, value))
}

fn changed(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    object
}

/// Asserts that a token is refused with 401 before anything is requested.
fn refused_unseen(token: &str, reason: Reason, claim: Option<&str>) {
    let api = api();
    let failure = api.verify(token).unwrap_err();
    let error = &failure.error;
    assert_eq!((error.code, error.status), (Code::InvalidToken, Some(401)), "{reason:?}");
    assert_eq!((error.reason, error.claim.as_deref()), (Some(reason), claim));
    assert!(!error.is_retryable() && failure.cause.is_none());
    assert!(api.host.seen().is_empty(), "{reason:?}: nothing is requested for a token that cannot pass");
}

#[test]
fn a_good_token_is_accepted_and_its_claims_are_handed_out() {
    let api = api();
    assert_eq!(api.verify(&good()).unwrap(), claims(HOUR));
    let more =
        json!({"iss": ISSUER, "aud": ["other", AUDIENCE], "exp": NOW + 1, "scope": "a b", "own": {"x": [1, null]}});
    assert_eq!(api.verify(&key().sign(&header(Some("k")), &more)).unwrap(), more);
}

#[test]
fn the_usual_types_are_accepted() {
    for typ in [json!(null), json!("JWT"), json!("jwt"), json!("at+jwt"), json!("application/at+jwt")] {
        api().verify(&with_header("typ", typ)).unwrap();
    }
}

#[test]
fn another_issuer_is_refused_unseen() {
    for issuer in
        ["https://evil.example/", "https://tenant.example", "https://TENANT.example/", "https://tenant.example//", ""]
    {
        refused_unseen(&with_claim("iss", json!(issuer)), Reason::ClaimMismatch, Some("iss"));
    }
    refused_unseen(&with_claim("iss", json!(null)), Reason::MissingClaim, Some("iss"));
    refused_unseen(&with_claim("iss", json!([ISSUER])), Reason::ClaimType, Some("iss"));
}

#[test]
fn another_audience_is_refused_unseen() {
    for audience in [json!("other"), json!(["other"]), json!("https://api.example/"), json!("")] {
        refused_unseen(&with_claim("aud", audience), Reason::ClaimMismatch, Some("aud"));
    }
    refused_unseen(&with_claim("aud", json!(null)), Reason::MissingClaim, Some("aud"));
    for audience in [json!([]), json!([AUDIENCE, 1]), json!({"a": AUDIENCE}), json!(1)] {
        refused_unseen(&with_claim("aud", audience), Reason::ClaimType, Some("aud"));
    }
}

#[test]
fn the_audience_can_be_left_open_on_purpose() {
    let mut api = api();
    api.verifier.claims.audience = None;
    api.verify(&with_claim("aud", json!("other"))).unwrap();
    api.verify(&with_claim("aud", json!(null))).unwrap();
    assert_eq!(api.refusal(&with_claim("aud", json!(7))), (Code::InvalidToken, Some(Reason::ClaimType)));
}

#[test]
fn a_token_out_of_its_time_is_refused_unseen() {
    refused_unseen(&with_claim("exp", json!(NOW - 5)), Reason::Expired, Some("exp"));
    refused_unseen(&with_claim("exp", json!(0)), Reason::Expired, Some("exp"));
    refused_unseen(&with_claim("exp", json!(null)), Reason::MissingClaim, Some("exp"));
    refused_unseen(&with_claim("nbf", json!(NOW + 6)), Reason::NotYetValid, Some("nbf"));
    refused_unseen(&with_claim("iat", json!(NOW + 6)), Reason::IssuedInFuture, Some("iat"));
    for date in [
        json!(1e300),
        json!(-1e300),
        json!("soon"),
        json!(253_402_300_800_i64),
        json!(true),
        json!(i64::MIN),
        json!(u64::MAX),
    ] {
        for name in ["exp", "nbf", "iat", "auth_time"] {
            refused_unseen(&with_claim(name, date.clone()), Reason::ClaimType, Some(name));
        }
    }
}

#[test]
fn a_token_passes_until_the_second_it_expires_and_the_leeway() {
    let api = api();
    api.host.advance_seconds(HOUR + 4);
    api.verify(&good()).unwrap();
    api.host.advance_seconds(1);
    assert_eq!(api.refusal(&good()), (Code::InvalidToken, Some(Reason::Expired)));
}

#[test]
fn an_old_token_is_refused_where_an_age_is_set() {
    let mut api = api();
    api.verifier.claims.max_age = Some(60.0);
    api.host.advance_seconds(65);
    api.verify(&good()).unwrap();
    api.host.advance_seconds(1);
    assert_eq!(api.refusal(&good()), (Code::InvalidToken, Some(Reason::TooOld)));
}

#[test]
fn tokens_of_other_kinds_are_refused_unseen() {
    for typ in ["dpop+jwt", "logout+jwt", "secevent+jwt", "id_token", "application/logout+jwt", ""] {
        refused_unseen(&with_header("typ", json!(typ)), Reason::Type, None);
    }
    for name in ["at_hash", "c_hash"] {
        refused_unseen(&with_claim(name, json!("x")), Reason::Type, None);
    }
    refused_unseen(&with_header("typ", json!(1)), Reason::Malformed, None);
}

#[test]
fn algorithms_that_are_not_allowed_are_refused_unseen() {
    for alg in ["none", "None", "NONE", "HS256", "HS512", "ES256K", "es256", "RS1", "", "ES256 "] {
        refused_unseen(&with_header("alg", json!(alg)), Reason::Algorithm, None);
    }
    refused_unseen(&with_header("alg", json!(null)), Reason::Algorithm, None);
    let mut api = api();
    api.verifier.header.algorithms = vec![Algorithm::Rs256];
    assert_eq!(api.refusal(&good()), (Code::InvalidToken, Some(Reason::Algorithm)));
    assert!(api.host.seen().is_empty());
}

#[test]
fn headers_that_change_the_rules_are_refused_unseen() {
    for (name, value) in [("crit", json!(["exp"])), ("crit", json!([])), ("b64", json!(false)), ("b64", json!(true))] {
        refused_unseen(&with_header(name, value), Reason::CriticalHeader, None);
    }
}

#[test]
fn keys_and_addresses_in_the_header_are_ignored() {
    let api = api();
    let stranger = SigningKey::new(66, Some("k"));
    for (name, value) in [
        ("jwk", stranger.jwk.clone()),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AAAA"])),
    ] {
        let forged = stranger.sign(&changed(header(Some("k")), name, value.clone()), &claims(HOUR));
        assert_eq!(api.refusal(&forged), (Code::InvalidToken, Some(Reason::Signature)), "{name}");
        api.verify(&with_header(name, value)).unwrap();
    }
    assert!(api.host.seen().iter().all(|seen| seen.url == support::KEYS_URL));
}

#[test]
fn what_is_not_strictly_a_signed_token_is_refused_unseen() {
    let good = good();
    let (signing_input, signature) = good.rsplit_once('.').unwrap();
    for text in [
        String::new(),
        "opaque-token".to_owned(),
        signing_input.to_owned(),
        format!("{good}."),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("Bearer {good}"),
        format!("{signing_input}.{signature}+/"),
        format!("{signing_input}.é"),
    ] {
        refused_unseen(&text, Reason::Malformed, None);
    }
    refused_unseen("a.b.c.d.e", Reason::Encrypted, None);
    refused_unseen(&"a".repeat(16 * 1024 + 1), Reason::TooLarge, None);
    refused_unseen(&with_header("x", json!("x".repeat(4096))), Reason::TooLarge, None);
    refused_unseen(&with_header("kid", json!("k".repeat(513))), Reason::Malformed, None);
    refused_unseen(&with_header("kid", json!(["k"])), Reason::Malformed, None);
}

#[test]
fn a_token_that_was_tampered_with_is_refused() {
    let api = api();
    let (good, other) = (good(), with_claim("sub", json!("admin")));
    let (signing_input, signature) = good.rsplit_once('.').unwrap();
    let (other_input, other_signature) = other.rsplit_once('.').unwrap();
    for token in [
        format!("{other_input}.{signature}"),
        format!("{signing_input}.{other_signature}"),
        format!("{signing_input}."),
        format!("{signing_input}.{}", signature.get(..84).unwrap()),
        format!("{signing_input}.AAAA{signature}"),
        SigningKey::new(66, Some("k")).token(Some("k"), HOUR),
    ] {
        let failure = api.verify(&token).unwrap_err();
        assert_eq!(
            (failure.error.code, failure.error.reason),
            (Code::InvalidToken, Some(Reason::Signature)),
            "{token}"
        );
    }
    api.verify(&good).unwrap();
}

#[test]
fn an_accepted_token_is_checked_again_each_time() {
    let api = api();
    api.verify(&good()).unwrap();
    api.host.advance_seconds(2 * HOUR);
    assert_eq!(api.refusal(&good()), (Code::InvalidToken, Some(Reason::Expired)));
}

#[test]
fn a_policy_can_demand_the_type_of_rfc_9068() {
    let mut api = api();
    api.verifier.header.types = TypePolicy::OneOf(vec!["at+jwt".to_owned()]);
    api.verify(&good()).unwrap();
    for typ in [json!(null), json!("JWT")] {
        assert_eq!(api.refusal(&with_header("typ", typ)), (Code::InvalidToken, Some(Reason::Type)));
    }
}

#[test]
fn no_error_repeats_the_token_or_what_it_claims() {
    let api = api();
    let canary = |value: &str| format!("canary-{value}");
    for token in [
        with_claim("iss", json!(canary("iss"))),
        with_claim("aud", json!(canary("aud"))),
        with_claim("exp", json!(canary("exp"))),
        with_header("alg", json!(canary("alg"))),
        with_header("typ", json!(canary("typ"))),
        with_header("kid", json!(canary("kid"))),
        format!("canary.{}", good()),
    ] {
        let failure = api.verify(&token).unwrap_err();
        let rendered = format!("{failure:?} {}", failure.error);
        assert!(!rendered.contains("canary") && !rendered.contains("eyJ"), "{rendered}");
    }
}
