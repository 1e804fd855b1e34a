//! Getting tokens when the authorization server fails: the right error, nothing kept, the next
//! call works, and the secret is in no error.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]
#![allow(clippy::unnecessary_wraps, reason = "they stand among answers that are errors")]

mod support;

use gatepass::flow::client::{Client, Credential, Dpop, PrivateKey};
use gatepass::host::fake::{Answer, Seen, json_response};
use gatepass::host::fetch::FetchError;
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::client_auth::AuthMethod;
use gatepass::protocol::error::Code;
use gatepass::protocol::http::Response;
use gatepass::protocol::secret::Secret;

use crate::support::{Failed, SECRET, TokenUser, audience, client, grants};

fn html(status: u16) -> Answer {
    let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
    Ok(Response { status, headers, body: b"<html>Bad gateway</html>".to_vec() })
}

fn json(status: u16, body: &str) -> Answer {
    Ok(json_response(status, body))
}

/// Every way in which a token endpoint is known to fail, and what callers are told.
fn failures() -> Vec<(&'static str, Answer, Code)> {
    vec![
        ("down", Err(FetchError::Broken("refused".to_owned())), Code::NetworkError),
        ("hangs", Err(FetchError::Timeout("timed out".to_owned())), Code::Timeout),
        ("endless body", Err(FetchError::TooLarge(200)), Code::UnreadableResponse),
        ("10 MB of JSON", json(200, &format!("{{\"x\":\"{}\"}}", "x".repeat(10_000_000))), Code::UnreadableResponse),
        ("redirects", json(307, ""), Code::UnexpectedRedirect),
        ("redirects out of sight", json(0, ""), Code::UnexpectedRedirect),
        ("a login page", html(200), Code::UnreadableResponse),
        ("a 502 page", html(502), Code::ServerError),
        ("an empty answer", json(200, ""), Code::UnreadableResponse),
        ("a truncated answer", json(200, r#"{"access_token":"a","expires_"#), Code::UnreadableResponse),
        ("two values for a name", json(200, r#"{"access_token":"a","access_token":"b"}"#), Code::UnreadableResponse),
        ("no token", json(200, r#"{"token_type":"Bearer"}"#), Code::UnreadableResponse),
        ("an empty token", json(200, r#"{"access_token":""}"#), Code::UnreadableResponse),
        ("a token for two headers", json(200, r#"{"access_token":"a\r\nx: y"}"#), Code::UnreadableResponse),
        ("a MAC token", json(200, r#"{"access_token":"a","token_type":"mac"}"#), Code::UnsupportedTokenType),
        ("a wrong secret", json(401, r#"{"error":"invalid_client"}"#), Code::InvalidClient),
        ("a wrong secret as 400", json(400, r#"{"error":"invalid_client"}"#), Code::InvalidClient),
        ("a wrong secret as 200", json(200, r#"{"error":"invalid_client"}"#), Code::InvalidClient),
        ("an empty 401", json(401, ""), Code::InvalidClient),
        ("an empty 403", json(403, ""), Code::RequestRefused),
        ("not for this audience", json(403, r#"{"error":"access_denied"}"#), Code::RequestRefused),
        ("too many requests", json(429, r#"{"error":"too_many"}"#), Code::RateLimited),
        ("unavailable", json(503, r#"{"error":"temporarily_unavailable"}"#), Code::ServerError),
    ]
}

/// A key that the runtime does not know, or knows nothing to do with.
#[test]
fn a_key_that_the_host_cannot_sign_with_is_told_with_its_algorithm_and_nothing_is_sent() {
    let key = || PrivateKey {
        text: Some(Secret::new(SECRET.to_owned())),
        number: 0,
        algorithm: Algorithm::EdDsa,
        key_id: None,
    };
    let with_key = Client { method: AuthMethod::PrivateKeyJwt, credential: Credential::Key(key()), ..client() };
    let with_proofs = Client { dpop: Some(Dpop { key: Some(key()), allows_bearer: false }), ..client() };
    for client in [with_key, with_proofs] {
        let user = TokenUser::new(grants(60));
        user.host.refuse_keys();
        let failure = user.get(&client, &audience("a")).unwrap_err();
        assert_eq!(failure.error.code, Code::CredentialUnavailable);
        assert!(failure.error.message.contains("EdDSA"), "{}", failure.error.message);
        assert!(!failure.error.message.contains(SECRET) && failure.cause.is_some());
        assert_eq!(user.requests(), 0);
    }
}

fn failure(answer: Answer) -> Failed {
    let user = TokenUser::new(move |_: &Seen| answer.clone());
    user.get(&client(), &audience("a")).unwrap_err()
}

#[test]
fn each_failure_has_its_code() {
    for (name, answer, code) in failures() {
        assert_eq!(failure(answer).error.code, code, "{name}");
    }
}

#[test]
fn nothing_is_kept_of_a_failure_and_the_next_call_works() {
    for (name, answer, _) in failures() {
        let user = TokenUser::new(move |_: &Seen| answer.clone());
        assert!(user.get(&client(), &audience("a")).is_err(), "{name}");
        user.host.serve(grants(3600));
        assert_eq!(user.get(&client(), &audience("a")).unwrap(), "token-1", "{name}");
        assert_eq!(user.get(&client(), &audience("a")).unwrap(), "token-1", "{name}");
        assert_eq!(user.requests(), 2, "{name}: one request for each call that had to make one");
    }
}

#[test]
fn a_failure_for_one_audience_costs_no_other_its_token() {
    let user = TokenUser::new(grants(3600));
    user.get(&client(), &audience("a")).unwrap();
    user.host.serve(|_| json(500, ""));
    user.get(&client(), &audience("b")).unwrap_err();
    assert_eq!(user.get(&client(), &audience("a")).unwrap(), "token-1");
}

#[test]
fn the_hosts_own_error_is_the_cause() {
    assert_eq!(failure(Err(FetchError::Broken("refused".to_owned()))).cause.as_deref(), Some("refused"));
    assert_eq!(failure(Err(FetchError::Timeout("timed out".to_owned()))).cause.as_deref(), Some("timed out"));
    assert_eq!(failure(json(500, "")).cause, None);
}

#[test]
fn an_error_says_whether_and_when_to_try_again() {
    let busy = |status| {
        let headers = vec![("retry-after".to_owned(), "7".to_owned())];
        failure(Ok(Response { status, headers, body: Vec::new() })).error
    };
    for status in [429, 503] {
        let error = busy(status);
        assert_eq!((error.status, error.retry_after, error.is_retryable()), (Some(status), Some(7), true));
    }
    let refused =
        failure(json(403, r#"{"error":"access_denied","error_description":"no grant","error_uri":"https://e/"}"#));
    assert!(!refused.error.is_retryable());
    let oauth = refused.error.oauth.clone().unwrap();
    assert_eq!(oauth.error, "access_denied");
    assert_eq!((oauth.description.as_deref(), oauth.uri.as_deref()), (Some("no grant"), Some("https://e/")));
}

#[test]
fn the_secret_is_in_no_error_even_if_the_server_says_it() {
    let echoes = [
        format!(r#"{{"error":"{SECRET}"}}"#),
        format!(r#"{{"error":"invalid_client","error_description":"client_secret={SECRET} is wrong"}}"#),
        format!(r#"{{"error":"invalid_client","error_uri":"https://e/?{SECRET}"}}"#),
        SECRET.to_owned(),
        format!("<html>{SECRET}</html>"),
        format!(r#"{{"access_token":["{SECRET}"]}}"#),
        format!(r#"{{"access_token":"a","token_type":"{SECRET}"}}"#),
    ];
    for body in &echoes {
        for status in [200, 302, 400, 401, 403, 429, 500] {
            let failure = failure(json(status, body));
            let rendered = format!("{failure:?} {failure:#?} {}", failure.error);
            assert!(!rendered.contains("canary"), "{status} {body}: {rendered}");
        }
    }
    for (name, answer, _) in failures() {
        let failure = failure(answer);
        assert!(!format!("{failure:?}").contains("canary"), "{name}");
    }
}

#[test]
fn a_secret_with_characters_that_are_encoded_is_found_in_every_spelling() {
    let secret = "p+q&r=s/t é";
    let mut client = client();
    client.credential = Credential::Secret(Secret::new(secret.to_owned()));
    for (spelling, shown) in [
        (secret, "got [hidden]."),
        ("p%2Bq%26r%3Ds%2Ft+%C3%A9", "[hidden]"),
        ("p%2Bq%26r%3Ds%2Ft%20%C3%A9", "[hidden]"),
        ("p%2bq%26r%3ds%2ft+%c3%a9", "[hidden]"),
    ] {
        let body = serde_json::json!({"error": "invalid_client", "error_description": format!("got {spelling}.")});
        let user = TokenUser::new(move |_: &Seen| json(401, &body.to_string()));
        let failure = user.get(&client, &audience("a")).unwrap_err();
        let said = failure.error.oauth.as_ref().and_then(|oauth| oauth.description.clone()).unwrap();
        assert_eq!(said, shown, "{spelling}");
    }
}

#[test]
fn a_token_in_an_error_description_is_hidden() {
    let body = r#"{"error":"invalid_request","error_description":"token eyJhbGciOiJub25lIn0.e30.c2ln refused"}"#;
    let failure = failure(json(400, body));
    assert!(!format!("{failure:?}").contains("eyJ"));
}

#[test]
fn neither_client_nor_token_is_shown_by_debug() {
    assert!(!format!("{:?}", client()).contains("canary"));
    assert!(!format!("{:?}", client().cache_key(&audience("a"))).contains("canary"));
}
