//! Finding the endpoints of an issuer: both well-known forms, whose metadata is believed, for how
//! long.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use gatepass::flow::authorization_server::Servers;
use gatepass::flow::client::{AssertionAudience, Client};
use gatepass::flow::introspection::{Question, ask_about};
use gatepass::flow::retry::RetryPolicy;
use gatepass::host::fake::{Answer, Seen, json_response};
use gatepass::host::fetch::FetchError;
use gatepass::protocol::client_auth::AuthMethod;
use gatepass::protocol::error::Code;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::url::Transport;
use serde_json::json;

use crate::support::{TokenUser, audience, client, issuer, server_of};

const TENANT: &str = "https://as.example/tenant";
const APPENDED: &str = "https://as.example/tenant/.well-known/openid-configuration";
const INSERTED: &str = "https://as.example/.well-known/oauth-authorization-server/tenant";

fn metadata() -> String {
    json!({"issuer": TENANT, "token_endpoint": "https://as.example/token"}).to_string()
}

fn discovering() -> Client {
    Client { server: server_of(issuer(TENANT)), ..client() }
}

/// A server that grants tokens, and answers for its metadata as told.
fn server(mut answer: impl FnMut(&str) -> Answer + 'static) -> TokenUser {
    TokenUser::new(move |seen: &Seen| match seen.method {
        "POST" => Ok(json_response(200, r#"{"access_token":"a","expires_in":1}"#)),
        _ => answer(&seen.url),
    })
}

fn urls(user: &TokenUser) -> Vec<String> {
    user.host.seen().into_iter().map(|seen| seen.url).collect()
}

fn code(user: &TokenUser) -> Code {
    user.get(&discovering(), &audience("a")).unwrap_err().error.code
}

#[test]
fn the_token_endpoint_is_the_one_the_metadata_names() {
    let user = server(|_| Ok(json_response(200, &metadata())));
    user.get(&discovering(), &audience("a")).unwrap();
    assert_eq!(urls(&user), [APPENDED, "https://as.example/token"]);
}

#[test]
fn the_form_of_rfc_8414_is_tried_when_the_other_does_not_exist() {
    for first in [
        json_response(404, "{}"),
        json_response(403, "<Error>AccessDenied</Error>"),
        json_response(200, "<html>"),
        json_response(302, ""),
    ] {
        let user = server(move |url| Ok(if url == INSERTED { json_response(200, &metadata()) } else { first.clone() }));
        user.get(&discovering(), &audience("a")).unwrap();
        assert_eq!(urls(&user), [APPENDED, INSERTED, "https://as.example/token"]);
    }
}

#[test]
fn metadata_that_are_rate_limited_hold_back_only_whoever_asked_for_them() {
    let mut asked = 0;
    let user = server(move |_| {
        asked += 1;
        let mut limited = json_response(429, "{}");
        limited.headers.push(("retry-after".to_owned(), "3600".to_owned()));
        Ok(if asked == 1 { limited } else { json_response(200, &metadata()) })
    });
    let holding = Client { retry: RetryPolicy::default(), ..discovering() };
    assert_eq!(user.get(&holding, &audience("a")).unwrap_err().error.code, Code::RateLimited);
    user.get(&holding, &audience("b")).unwrap();
}

#[test]
fn without_metadata_in_either_form_discovery_fails() {
    let user = server(|_| Ok(json_response(404, "{}")));
    let error = user.get(&discovering(), &audience("a")).unwrap_err().error;
    assert_eq!((error.code, error.status), (Code::DiscoveryFailed, Some(404)));
    assert_eq!(urls(&user), [APPENDED, INSERTED]);
}

#[test]
fn metadata_for_another_issuer_is_refused_and_no_secret_is_sent() {
    for named in ["https://as.example/tenant/", "https://as.example/Tenant", "https://evil.example/tenant"] {
        let body = json!({"issuer": named, "token_endpoint": "https://evil.example/token"}).to_string();
        let user = server(move |_| Ok(json_response(200, &body)));
        let error = user.get(&discovering(), &audience("a")).unwrap_err().error;
        assert_eq!(error.code, Code::IssuerMismatch, "{named}");
        assert!(error.message.contains(named) && error.message.contains(TENANT), "it says which two differ");
        assert!(user.host.seen().iter().all(|seen| seen.method == "GET"), "{named}");
    }
}

#[test]
fn a_token_endpoint_that_is_missing_or_insecure_is_refused_and_no_secret_is_sent() {
    for endpoint in [
        json!(null),
        json!("http://as.example/token"),
        json!("https://u:p@as.example/token"),
        json!(7),
        json!("/token"),
    ] {
        let body = json!({"issuer": TENANT, "token_endpoint": endpoint}).to_string();
        let user = server(move |_| Ok(json_response(200, &body)));
        assert_eq!(code(&user), Code::DiscoveryFailed, "{endpoint}");
        assert!(user.host.seen().iter().all(|seen| seen.method == "GET"), "{endpoint}");
    }
    let user = server(|_| Ok(json_response(200, &json!({"issuer": TENANT}).to_string())));
    assert_eq!(code(&user), Code::DiscoveryFailed);
}

#[test]
fn each_failure_has_its_code_and_the_next_call_works() {
    for (name, answer, expected) in [
        ("down", Err(FetchError::Broken("refused".to_owned())), Code::NetworkError),
        ("hangs", Err(FetchError::Timeout("timed out".to_owned())), Code::Timeout),
        ("endless", Err(FetchError::TooLarge(200)), Code::UnreadableResponse),
        ("broken", Ok(json_response(503, "")), Code::ServerError),
        ("refused", Ok(json_response(403, "")), Code::DiscoveryFailed),
        ("redirected", Ok(json_response(301, "")), Code::UnexpectedRedirect),
        ("not metadata", Ok(json_response(200, "[]")), Code::DiscoveryFailed),
    ] {
        let answer: Answer = answer;
        let user = server(move |_| answer.clone());
        assert_eq!(code(&user), expected, "{name}");
        user.host.serve(|seen| {
            let body = if seen.method == "GET" { metadata() } else { r#"{"access_token":"a"}"#.to_owned() };
            Ok(json_response(200, &body))
        });
        user.get(&discovering(), &audience("a")).unwrap();
    }
}

#[test]
fn metadata_is_remembered_for_ten_minutes() {
    let user = server(|_| Ok(json_response(200, &metadata())));
    let requests = |method: &str| user.host.seen().iter().filter(|seen| seen.method == method).count();
    user.get(&discovering(), &audience("a")).unwrap();
    user.host.advance_seconds(599);
    user.get(&discovering(), &audience("a")).unwrap();
    assert_eq!((requests("GET"), requests("POST")), (1, 2));
    user.host.advance_seconds(1);
    user.get(&discovering(), &audience("a")).unwrap();
    assert_eq!((requests("GET"), requests("POST")), (2, 3));
}

#[test]
fn metadata_that_has_expired_serves_for_a_day_while_no_newer_can_be_had() {
    let user = server(|_| Ok(json_response(200, &metadata())));
    user.get(&discovering(), &audience("a")).unwrap();
    user.host.serve(|seen| match seen.method {
        "POST" => Ok(json_response(200, r#"{"access_token":"a","expires_in":1}"#)),
        _ => Ok(json_response(503, "")),
    });
    for seconds in [600, 3600, 82_000] {
        user.host.advance_seconds(seconds);
        user.get(&discovering(), &audience("a")).unwrap();
    }
    user.host.advance_seconds(200);
    let error = user.get(&discovering(), &audience("a")).unwrap_err().error;
    assert_eq!((error.code, error.status), (Code::ServerError, Some(503)));
    assert!(error.message.contains(TENANT), "{}", error.message);
}

/// RFC 7523 section 3: whom an assertion is for does not change with the endpoint that it is shown to.
/// What an assertion for the token endpoint names, which is shown to the introspection endpoint of a server with this one.
fn audience_at_introspection(token_endpoint: &'static str) -> String {
    let user = server(move |_| {
        let document = json!({"issuer": TENANT, "token_endpoint": token_endpoint,
            "introspection_endpoint": "https://as.example/introspect"});
        Ok(json_response(200, &document.to_string()))
    });
    let client =
        Client { method: AuthMethod::SecretJwt, assertion_audience: AssertionAudience::TokenEndpoint, ..discovering() };
    let (servers, token) = (Servers::default(), Secret::new("t".to_owned()));
    let asked = ask_about(&user.host, &servers, &client, Question::Introspect, &token);
    // What the server answers is not what an introspection endpoint says.
    assert_eq!(user.host.run(asked).err().unwrap().error.code, Code::UnreadableResponse);
    let seen = user.host.seen().pop().unwrap();
    assert_eq!(seen.url, "https://as.example/introspect");
    let assertion = seen.body.split("client_assertion=").nth(1).unwrap();
    let claims = Base64UrlUnpadded::decode_vec(assertion.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims.get("aud").unwrap().as_str().unwrap().to_owned()
}

#[test]
fn an_assertion_for_the_token_endpoint_is_for_that_wherever_it_is_shown() {
    assert_eq!(audience_at_introspection("https://as.example/token"), "https://as.example/token");
}

/// Else metadata could have an assertion for one server shown to another.
#[test]
fn an_assertion_names_no_token_endpoint_of_another_origin() {
    assert_eq!(audience_at_introspection("https://honest.example/token"), "https://as.example/introspect");
}

#[test]
fn metadata_received_while_the_clock_was_ahead_is_not_believed_for_longer() {
    let user = server(|_| Ok(json_response(200, &metadata())));
    user.host.advance_seconds(86_400);
    user.get(&discovering(), &audience("a")).unwrap();
    user.host.advance_seconds(-86_400);
    user.get(&discovering(), &audience("a")).unwrap();
    user.host.advance_seconds(700);
    user.get(&discovering(), &audience("a")).unwrap();
    assert!(urls(&user).iter().filter(|url| *url == APPENDED).count() > 1, "it is older than ten minutes");
}

/// What came over plain http must not serve those who did not allow it.
#[test]
fn a_token_got_over_http_is_not_served_to_a_client_that_forbids_http() {
    let user = TokenUser::new(|seen: &Seen| {
        if seen.url.contains("well-known") {
            let body = r#"{"issuer":"https://as.example/tenant","token_endpoint":"http://as.example/token"}"#;
            return Ok(json_response(200, body));
        }
        Ok(json_response(200, r#"{"access_token":"over-http"}"#))
    });
    let mut careless = discovering();
    careless.destinations.transport = Transport::DangerouslyAllowHttp;
    assert_eq!(user.get(&careless, &audience("a")).unwrap(), "over-http");
    assert_eq!(user.get(&discovering(), &audience("a")).unwrap_err().error.code, Code::DiscoveryFailed);
}
