//! Tokens that a client receives are judged: refused where they are certainly wrong, used and told where
//! nobody knows, and never later for it.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "the helpers run within tests only")]

mod support;

use gatepass::flow::client::Client;
use gatepass::host::clock::Clock as _;
use gatepass::host::events::Event;
use gatepass::host::fake::{Answer, Seen, json_response};
use gatepass::protocol::error::{Code, Reason};
use gatepass::protocol::http::Response;
use gatepass::protocol::metadata::Endpoints;
use gatepass::protocol::profile::{Profile, Validation};
use serde_json::{Value, json};

use crate::support::{
    AUDIENCE, ISSUER, KEYS_URL, SigningKey, TOKEN_ENDPOINT, TokenUser, audience, claims, client, header, issuer, url,
};

const HOUR: i64 = 3600;

fn judging(validation: Validation) -> Client {
    let mut client = Client { validation, ..client() };
    client.server.issuer = Some(issuer(ISSUER));
    client.server.endpoints = Endpoints { keys: Some(url(KEYS_URL)), ..client.server.endpoints };
    client
}

fn key() -> SigningKey {
    SigningKey::new(1, Some("k"))
}

fn keys() -> Response {
    json_response(200, &json!({"keys": [key().jwk]}).to_string())
}

/// A tenant that grants this, and publishes its key.
fn tenant(granted: Value) -> impl FnMut(&Seen) -> Answer {
    move |seen| Ok(if seen.url == TOKEN_ENDPOINT { json_response(200, &granted.to_string()) } else { keys() })
}

fn token(token: &str) -> Value {
    json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})
}

fn signed(by: &SigningKey, claims: &Value) -> String {
    by.sign(&header(Some("k")), claims)
}

/// Why a token was used although nobody could tell.
fn unverified(user: &TokenUser) -> Vec<&'static str> {
    let reason = |event: Event| if let Event::TokenUnverified { reason, .. } = event { Some(reason) } else { None };
    user.host.events().into_iter().filter_map(reason).collect()
}

#[test]
fn a_token_of_the_issuer_is_used_and_nothing_is_told() {
    for validation in [Validation::Auto, Validation::Strict] {
        let good = signed(&key(), &claims(HOUR));
        let user = TokenUser::new(tenant(token(&good)));
        assert_eq!(user.get(&judging(validation), &audience(AUDIENCE)).unwrap(), good);
        assert!(unverified(&user).is_empty());
    }
}

#[test]
fn a_token_that_somebody_else_has_signed_is_refused() {
    for validation in [Validation::Auto, Validation::Strict] {
        let user = TokenUser::new(tenant(token(&signed(&SigningKey::new(2, Some("k")), &claims(HOUR)))));
        let error = user.get(&judging(validation), &audience(AUDIENCE)).unwrap_err().error;
        assert_eq!((error.code, error.reason, error.status), (Code::InvalidToken, Some(Reason::Signature), None));
    }
}

#[test]
fn a_token_in_another_issuers_name_is_refused() {
    let mut other = claims(HOUR);
    other["iss"] = json!("https://other.example/");
    let user = TokenUser::new(tenant(token(&signed(&key(), &other))));
    let error = user.get(&judging(Validation::Auto), &audience(AUDIENCE)).unwrap_err().error;
    assert_eq!((error.reason, error.claim.as_deref()), (Some(Reason::ClaimMismatch), Some("iss")));
}

#[test]
fn a_token_for_another_api_is_refused() {
    for validation in [Validation::Auto, Validation::Strict] {
        let user = TokenUser::new(tenant(token(&signed(&key(), &claims(HOUR)))));
        let error = user.get(&judging(validation), &audience("https://other.example")).unwrap_err().error;
        assert_eq!(error.claim.as_deref(), Some("aud"));
    }
}

#[test]
fn a_token_that_is_over_is_refused() {
    for validation in [Validation::Auto, Validation::Strict] {
        let user = TokenUser::new(tenant(token(&signed(&key(), &claims(-HOUR)))));
        let error = user.get(&judging(validation), &audience(AUDIENCE)).unwrap_err().error;
        assert_eq!(error.reason, Some(Reason::Expired));
    }
}

#[test]
fn a_server_that_knows_no_audience_is_not_held_to_one() {
    let mut client = judging(Validation::Auto);
    client.server.profile = Profile::Okta;
    let mut other = claims(HOUR);
    other["aud"] = json!("api://default");
    let rs256 = key().sign(&json!({"alg": "RS256", "kid": "k"}), &other);
    let user = TokenUser::new(tenant(token(&rs256)));
    assert_eq!(user.get(&client, &audience(AUDIENCE)).unwrap(), rs256);
    assert_eq!(unverified(&user), ["unknown_key"], "the fake host has no RSA keys");
}

#[test]
fn what_nobody_can_tell_is_used_and_told_unless_the_client_is_strict() {
    let unknown = key().sign(&header(Some("another")), &claims(HOUR));
    let mut later = claims(HOUR);
    later["iat"] = json!(support::NOW + HOUR);
    let ahead = signed(&key(), &later);
    for (granted, reason) in [
        (unknown.as_str(), "unknown_key"),
        (ahead.as_str(), "issued_in_future"),
        ("a.b.c.d.e", "encrypted"),
        ("a.b.c", "malformed"),
    ] {
        let user = TokenUser::new(tenant(token(granted)));
        assert_eq!(user.get(&judging(Validation::Auto), &audience(AUDIENCE)).unwrap(), granted);
        assert_eq!(unverified(&user), [reason], "{granted}");
        let user = TokenUser::new(tenant(token(granted)));
        let error = user.get(&judging(Validation::Strict), &audience(AUDIENCE)).unwrap_err().error;
        assert_eq!((error.code, error.reason.unwrap().as_str()), (Code::InvalidToken, reason), "{granted}");
    }
}

/// Two requests that differ in anything never share a token.
#[test]
fn a_client_that_has_tokens_verified_is_not_served_one_that_another_client_did_not_look_at() {
    let forged = signed(&SigningKey::new(2, Some("k")), &claims(HOUR));
    let user = TokenUser::new(tenant(token(&forged)));
    assert_eq!(user.get(&judging(Validation::Off), &audience(AUDIENCE)).unwrap(), forged);
    for validation in [Validation::Auto, Validation::Strict] {
        let error = user.get(&judging(validation), &audience(AUDIENCE)).unwrap_err().error;
        assert_eq!(error.reason, Some(Reason::Signature));
    }
    let user = TokenUser::new(tenant(token("opaque")));
    assert_eq!(user.get(&judging(Validation::Auto), &audience(AUDIENCE)).unwrap(), "opaque");
    let error = user.get(&judging(Validation::Strict), &audience(AUDIENCE)).unwrap_err().error;
    assert_eq!(error.reason, Some(Reason::Malformed));
}

#[test]
fn an_opaque_token_is_used_unless_the_client_is_strict() {
    let user = TokenUser::new(tenant(token("opaque")));
    assert_eq!(user.get(&judging(Validation::Auto), &audience(AUDIENCE)).unwrap(), "opaque");
    assert!(unverified(&user).is_empty(), "that is what it is meant to be");
    let error = user.get(&judging(Validation::Strict), &audience("x")).unwrap_err().error;
    assert_eq!(error.reason, Some(Reason::Malformed));
}

#[test]
fn without_the_issuers_keys_a_token_is_used_unless_the_client_is_strict() {
    let good = signed(&key(), &claims(HOUR));
    let granted = token(&good);
    let broken = move |seen: &Seen| {
        Ok(if seen.url == TOKEN_ENDPOINT { json_response(200, &granted.to_string()) } else { json_response(500, "{}") })
    };
    let user = TokenUser::new(broken.clone());
    assert_eq!(user.get(&judging(Validation::Auto), &audience(AUDIENCE)).unwrap(), good);
    assert_eq!(unverified(&user), ["keys_unavailable"]);
    let user = TokenUser::new(broken);
    let error = user.get(&judging(Validation::Strict), &audience(AUDIENCE)).unwrap_err().error;
    assert_eq!(error.code, Code::KeysUnavailable);
}

#[test]
fn keys_are_fetched_beside_the_token() {
    let user = TokenUser::new(tenant(token(&signed(&key(), &claims(HOUR)))));
    user.host.delay(|seen| if seen.url == TOKEN_ENDPOINT { 300 } else { 200 });
    let start = user.host.now();
    user.get(&judging(Validation::Auto), &audience(AUDIENCE)).unwrap();
    assert_eq!(user.host.now().millis_since(start), 300, "the time of the slower of the two");
    assert_eq!(user.requests(), 2);
}

#[test]
fn keys_that_hang_cost_a_second_at_most() {
    let user = TokenUser::new(tenant(token(&signed(&key(), &claims(HOUR)))));
    user.host.delay(|seen| if seen.url == TOKEN_ENDPOINT { 300 } else { 60_000 });
    let start = user.host.now();
    user.get(&judging(Validation::Auto), &audience(AUDIENCE)).unwrap();
    assert_eq!(unverified(&user), ["keys_unavailable"]);
    assert!(user.host.now().millis_since(start) <= 1400, "{} ms", user.host.now().millis_since(start));
}

#[test]
fn who_passes_tokens_on_asks_for_no_keys() {
    let user = TokenUser::new(tenant(token("a.b.c")));
    user.get(&judging(Validation::Off), &audience(AUDIENCE)).unwrap();
    assert_eq!(user.requests(), 1);
}

#[test]
fn an_id_token_that_came_along_is_judged_the_same_way() {
    let id_claims =
        |aud: &str| json!({"iss": ISSUER, "aud": aud, "sub": "me", "iat": support::NOW, "exp": support::NOW + HOUR});
    let id_token = |by: &SigningKey, aud: &str| by.sign(&json!({"alg": "ES256", "kid": "k"}), &id_claims(aud));
    let with = |id_token: String| {
        let mut granted = token("opaque");
        granted["id_token"] = json!(id_token);
        TokenUser::new(tenant(granted)).get(&judging(Validation::Auto), &audience(AUDIENCE))
    };
    assert_eq!(with(id_token(&key(), "my-client")).unwrap(), "opaque");
    assert_eq!(
        with(id_token(&SigningKey::new(2, Some("k")), "my-client")).unwrap_err().error.reason,
        Some(Reason::Signature)
    );
    assert_eq!(with(id_token(&key(), "another")).unwrap_err().error.claim.as_deref(), Some("aud"));
}
