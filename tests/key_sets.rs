//! Keeping an issuer's keys: how long they are used, when they are asked for again, what an
//! outage and a rotation do.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use gatepass::flow::key_sets::{KeyRequest, KeySource};
use gatepass::host::fake::json_response;
use gatepass::protocol::error::{Code, Reason};
use gatepass::protocol::url::Transport;
use serde_json::json;

use crate::support::{Api, ISSUER, KEYS_URL, KeyServer, NOW, SigningKey, claims, issuer, keys_at, url};

const DAY: i64 = 86_400;
const UNKNOWN_KEY: (Code, Option<Reason>) = (Code::InvalidToken, Some(Reason::UnknownKey));
const UNAVAILABLE: (Code, Option<Reason>) = (Code::KeysUnavailable, None);

fn key(kid: &str) -> SigningKey {
    SigningKey::new(kid.bytes().fold(0, u8::wrapping_add), Some(kid))
}

/// A key, a token of it for the next week, and an API that has verified it once.
fn running() -> (SigningKey, String, KeyServer, Api) {
    let key = key("old");
    let token = key.token(Some("old"), 7 * DAY);
    let server = KeyServer::publishing(&[&key]);
    let api = Api::new(&server);
    api.verify(&token).unwrap();
    (key, token, server, api)
}

/// The seconds after which requests are made, when a token is verified every second.
fn request_times(api: &Api, token: &str, seconds: i64) -> Vec<i64> {
    let mut times = Vec::new();
    for second in 0..seconds {
        let before = api.requests();
        let _ = api.verify(token);
        if api.requests() > before {
            times.push(second);
        }
        api.host.advance_seconds(1);
    }
    times
}

#[test]
fn keys_are_asked_for_every_ten_minutes() {
    let (_, token, _, api) = running();
    assert_eq!(request_times(&api, &token, 3600), [600, 1200, 1800, 2400, 3000]);
    assert!(api.host.seen().iter().all(|seen| (seen.method, seen.url.as_str()) == ("GET", KEYS_URL)));
}

#[test]
fn a_key_that_has_just_been_introduced_is_found() {
    let (old, old_token, server, api) = running();
    let new = key("new");
    let new_token = new.token(Some("new"), DAY);
    server.publish(&[&old, &new]);
    api.host.advance_seconds(30);
    api.verify(&new_token).unwrap();
    assert_eq!(api.requests(), 2);
    api.verify(&old_token).unwrap();
    assert_eq!(api.requests(), 2, "both keys are known now");
}

#[test]
fn unknown_keys_cause_one_request_per_30_seconds() {
    let (_, _, _, api) = running();
    let unknown = key("unknown").token(Some("unknown"), DAY);
    assert_eq!(request_times(&api, &unknown, 125), [30, 60, 90, 120]);
    assert_eq!(api.refusal(&unknown), UNKNOWN_KEY);
}

#[test]
fn unknown_keys_cause_one_request_per_30_seconds_in_an_outage_too() {
    let (_, token, server, api) = running();
    server.fail();
    let unknown = key("unknown").token(Some("unknown"), DAY);
    assert_eq!(request_times(&api, &unknown, 125), [30, 60, 90, 120]);
    assert_eq!(api.refusal(&unknown), UNAVAILABLE, "the key may exist: nobody can tell");
    api.verify(&token).unwrap();
}

#[test]
fn a_flood_of_unknown_keys_costs_one_request_and_good_tokens_pass_meanwhile() {
    for (outage, tokens) in [(false, 10_000), (true, 1_000)] {
        let (_, token, server, api) = running();
        if outage {
            server.fail();
        }
        let stranger = key("stranger");
        api.host.advance_seconds(31);
        for number in 0..tokens {
            let forged = stranger.token(Some(&format!("kid-{number}")), DAY);
            assert_eq!(api.refusal(&forged), if outage { UNAVAILABLE } else { UNKNOWN_KEY });
            if number % 100 == 0 {
                api.verify(&token).unwrap();
            }
        }
        assert_eq!(api.requests(), 2);
    }
}

#[test]
fn a_flood_of_forged_signatures_costs_no_request_at_all() {
    let (_, token, _, api) = running();
    let forged = key("forger").token(Some("old"), DAY);
    for _ in 0..1_000 {
        assert_eq!(api.refusal(&forged), (Code::InvalidToken, Some(Reason::Signature)));
        api.verify(&token).unwrap();
    }
    assert_eq!(api.requests(), 1);
}

#[test]
fn in_an_outage_the_old_keys_serve_for_a_day() {
    let (_, token, server, api) = running();
    server.fail();
    for _ in 0..24 * 60 - 1 {
        api.host.advance_seconds(60);
        api.verify(&token).unwrap();
    }
    api.host.advance_seconds(59);
    api.verify(&token).unwrap();
    api.host.advance_seconds(1);
    let error = api.verify(&token).unwrap_err().error;
    assert_eq!((error.code, error.status, error.is_retryable()), (Code::KeysUnavailable, Some(503), true));
    server.publish(&[&key("old")]);
    api.host.advance_seconds(30);
    api.verify(&token).unwrap();
}

#[test]
fn a_key_server_that_is_down_is_asked_after_5_10_20_and_then_every_30_seconds() {
    let server = KeyServer::default();
    let api = Api::new(&server);
    let token = key("old").token(Some("old"), DAY);
    assert_eq!(request_times(&api, &token, 160), [0, 5, 15, 35, 65, 95, 125, 155]);
}

#[test]
fn while_old_keys_serve_a_failing_server_is_asked_at_the_same_pace() {
    let (_, token, server, api) = running();
    server.fail();
    assert_eq!(request_times(&api, &token, 700), [600, 605, 615, 635, 665, 695]);
}

#[test]
fn a_refusal_in_between_says_when_the_next_request_is_due() {
    let api = Api::new(&KeyServer::default());
    let token = key("old").token(Some("old"), DAY);
    api.verify(&token).unwrap_err();
    api.host.advance_seconds(2);
    let error = api.verify(&token).unwrap_err().error;
    assert_eq!((error.code, error.retry_after), (Code::KeysUnavailable, Some(3)));
    assert_eq!(api.requests(), 1);
}

#[test]
fn one_success_ends_the_pauses() {
    let (_, token, server, api) = running();
    server.fail();
    assert_eq!(request_times(&api, &token, 640), [600, 605, 615, 635]);
    server.publish(&[&key("old")]);
    assert_eq!(request_times(&api, &token, 600), [25]);
    server.fail();
    assert_eq!(request_times(&api, &token, 36), [25, 30], "back at the first pause");
}

#[test]
fn a_removed_key_is_refused_as_soon_as_a_request_shows_it() {
    let (_, old_token, server, api) = running();
    let new = key("new");
    server.publish(&[&new]);
    api.host.advance_seconds(599);
    api.verify(&old_token).unwrap();
    api.host.advance_seconds(1);
    assert_eq!(api.refusal(&old_token), UNKNOWN_KEY);
    api.verify(&new.token(Some("new"), DAY)).unwrap();
}

#[test]
fn a_key_replaced_under_its_own_id_is_the_only_one_that_counts() {
    let (_, old_token, server, api) = running();
    let replaced = SigningKey::new(99, Some("old"));
    server.publish(&[&replaced]);
    api.host.advance_seconds(600);
    assert_eq!(api.refusal(&old_token), (Code::InvalidToken, Some(Reason::Signature)));
    api.verify(&replaced.token(Some("old"), DAY)).unwrap();
}

#[test]
fn a_key_the_host_refuses_says_nothing_about_the_token() {
    let key = key("old");
    let api = Api::new(&KeyServer::publishing(&[&key]));
    api.host.refuse_keys();
    let failure = api.verify(&key.token(Some("old"), DAY)).unwrap_err();
    assert_eq!((failure.error.code, failure.error.status), (Code::KeysUnavailable, Some(503)));
    assert_eq!(failure.cause.as_deref(), Some("key refused"));
}

#[test]
fn every_key_of_an_id_is_tried_up_to_four() {
    let keys: Vec<_> = (1..=5).map(|number| SigningKey::new(number, Some("same"))).collect();
    let api = Api::new(&KeyServer::publishing(&keys.iter().collect::<Vec<_>>()));
    for key in &keys[..4] {
        api.verify(&key.token(Some("same"), DAY)).unwrap();
    }
    assert_eq!(api.refusal(&keys[4].token(Some("same"), DAY)), (Code::InvalidToken, Some(Reason::Signature)));
    assert_eq!(api.requests(), 1);
}

#[test]
fn a_token_without_a_key_id_is_tried_with_the_keys_that_fit() {
    let (named, nameless) = (key("named"), SigningKey::new(2, None));
    let p384 = SigningKey { jwk: json!({"kty": "EC", "crv": "P-384", "x": "A".repeat(64), "y": "A".repeat(64)}) };
    let api = Api::new(&KeyServer::publishing(&[&p384, &p384, &p384, &p384, &named, &nameless]));
    api.verify(&named.token(None, DAY)).unwrap();
    api.verify(&nameless.token(None, DAY)).unwrap();
    assert_eq!(api.refusal(&key("other").token(None, DAY)), (Code::InvalidToken, Some(Reason::Signature)));
    assert_eq!(api.requests(), 1, "there were keys to try: a wrong signature asks for no others");
}

#[test]
fn a_key_without_an_id_is_not_taken_for_a_token_that_names_one() {
    let nameless = SigningKey::new(2, None);
    let api = Api::new(&KeyServer::publishing(&[&nameless]));
    assert_eq!(api.refusal(&nameless.token(Some("named"), DAY)), UNKNOWN_KEY);
}

#[test]
fn a_key_of_another_algorithm_is_not_tried() {
    let mut key = key("old");
    key.jwk["alg"] = json!("ES384");
    let (api, token) = (Api::new(&KeyServer::publishing(&[&key])), key_token());
    assert_eq!(api.refusal(&token), UNKNOWN_KEY);
}

fn key_token() -> String {
    key("old").token(Some("old"), DAY)
}

#[test]
fn one_bad_key_does_not_spoil_the_set() {
    let good = key("old");
    let mut private = key("private");
    private.jwk["d"] = json!("AAAA");
    let api = Api::new(&KeyServer::publishing(&[&private, &SigningKey { jwk: json!(null) }, &good]));
    api.verify(&key_token()).unwrap();
    assert_eq!(api.refusal(&key("private").token(Some("private"), DAY)), UNKNOWN_KEY);
}

#[test]
fn an_answer_that_is_no_key_set_is_an_outage() {
    let too_many = json!({"keys": vec![json!({}); 65]}).to_string();
    let too_large = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(256 * 1024));
    for (status, body) in [
        (200, "<html>"),
        (200, "{}"),
        (200, ""),
        (204, ""),
        (302, ""),
        (404, "{}"),
        (200, &too_many),
        (200, &too_large),
    ] {
        let body = body.to_owned();
        let api = Api::with_server(move |_| Ok(json_response(status, &body)));
        assert_eq!(api.refusal(&key_token()), UNAVAILABLE, "{status}");
        assert_eq!(api.requests(), 1);
    }
}

#[test]
fn an_issuers_keys_are_where_its_metadata_says() {
    let keys = json!({"keys": [key("old").jwk]}).to_string();
    let metadata = json!({"issuer": ISSUER, "jwks_uri": "https://keys.example/set"}).to_string();
    let mut api = Api::with_server(move |seen| {
        Ok(json_response(200, if seen.url.starts_with("https://keys.example/") { &keys } else { &metadata }))
    });
    api.verifier.keys = vec![keys_at(KeySource::Issuer(issuer(ISSUER)))];
    api.verify(&key_token()).unwrap();
    api.verify(&key_token()).unwrap();
    let urls: Vec<_> = api.host.seen().into_iter().map(|seen| seen.url).collect();
    assert_eq!(urls, ["https://tenant.example/.well-known/openid-configuration", "https://keys.example/set"]);
}

#[test]
fn metadata_that_cannot_be_used_is_an_outage() {
    for metadata in [
        json!({"issuer": ISSUER}),
        json!({"issuer": "https://evil.example/", "jwks_uri": KEYS_URL}),
        json!({"issuer": ISSUER, "jwks_uri": "http://tenant.example/keys"}),
    ] {
        let mut api = Api::with_server(move |_| Ok(json_response(200, &metadata.to_string())));
        api.verifier.keys = vec![keys_at(KeySource::Issuer(issuer(ISSUER)))];
        assert_eq!(api.refusal(&key_token()), UNAVAILABLE);
        assert_eq!(api.refusal(&key_token()), UNAVAILABLE);
        assert_eq!(api.requests(), 1, "and the pauses hold for it as well");
    }
}

#[test]
fn keys_fetched_with_http_allowed_do_not_serve_those_who_did_not_allow_it() {
    let (_, token, _, mut api) = running();
    api.verifier.keys = vec![KeyRequest::new(KeySource::Url(url(KEYS_URL)), Transport::DangerouslyAllowHttp, 5_000)];
    api.verify(&token).unwrap();
    assert_eq!(api.requests(), 2);
}

/// The set is older than ten minutes, whatever the clock showed when it came.
#[test]
fn keys_fetched_while_the_clock_was_ahead_are_asked_for_again() {
    let old = key("old");
    let server = KeyServer::publishing(&[&old]);
    let api = Api::new(&server);
    api.host.advance_seconds(DAY);
    api.verify(
        &old.sign(
            &support::header(Some("old")),
            &json!({"iss": ISSUER, "aud": support::AUDIENCE, "exp": NOW + 2 * DAY}),
        ),
    )
    .unwrap();
    api.host.advance_seconds(-DAY);
    let new = key("new");
    server.publish(&[&new]);
    for _ in 0..60 {
        api.host.advance_seconds(60);
        let _ = api.verify(&new.token(Some("new"), DAY));
    }
    api.verify(&new.token(Some("new"), DAY)).unwrap();
    assert_eq!(api.refusal(&old.token(Some("old"), DAY)), UNKNOWN_KEY, "removed an hour ago");
}

#[test]
fn tokens_that_cannot_pass_cause_no_request_however_many_there_are() {
    let key = key("old");
    let api = Api::new(&KeyServer::publishing(&[&key]));
    let mut foreign = claims(DAY);
    foreign["iss"] = json!("https://evil.example/");
    for token in [key.sign(&support::header(Some("old")), &foreign), key.token(Some("old"), -60)] {
        for _ in 0..1_000 {
            api.verify(&token).unwrap_err();
        }
    }
    assert_eq!(api.requests(), 0);
}
