//! What is remembered of failures, quotas and sources of secrets, and for how long.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test that panics is a test that fails")]

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gatepass::flow::client::{Client, Credential};
use gatepass::flow::retry::RetryPolicy;
use gatepass::flow::token_slot::Decision;
use gatepass::host::fake::{Answer, Seen, json_response};
use gatepass::protocol::error::Code;
use gatepass::protocol::http::Response;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::token_request::TokenRequest;

use crate::support::{TokenUser, audience, client, grants, patient_client};

fn refuses(status: u16, body: &'static str) -> impl FnMut(&Seen) -> Answer {
    move |_| Ok(json_response(status, body))
}

#[allow(clippy::unnecessary_wraps, reason = "it stands among answers that are errors")]
fn with_header(mut response: Response, name: &str, value: &str) -> Answer {
    response.headers.push((name.to_owned(), value.to_owned()));
    Ok(response)
}

#[test]
fn a_refusal_is_remembered_for_half_a_minute() {
    let user = TokenUser::new(refuses(401, r#"{"error":"invalid_client"}"#));
    let (client, request) = (patient_client(), audience("a"));
    for _ in 0..100 {
        assert_eq!(user.get(&client, &request).unwrap_err().error.code, Code::InvalidClient);
        user.host.advance_seconds(1);
    }
    assert_eq!(user.requests(), 4, "at 0, 30, 60 and 90 seconds");
    assert!(user.events().contains(&"token_refused"));
    user.host.serve(grants(3600));
    user.host.advance_seconds(30);
    user.get(&client, &request).unwrap();
}

#[test]
fn the_memory_of_failures_can_be_switched_off() {
    let user = TokenUser::new(refuses(401, r#"{"error":"invalid_client"}"#));
    for _ in 0..10 {
        user.get(&client(), &audience("a")).unwrap_err();
    }
    assert_eq!(user.requests(), 10);
}

#[test]
fn a_clock_that_is_set_back_does_not_prolong_a_refusal() {
    let user = TokenUser::new(refuses(401, r#"{"error":"invalid_client"}"#));
    user.get(&patient_client(), &audience("a")).unwrap_err();
    user.host.serve(grants(3600));
    user.host.advance_seconds(-7200);
    user.get(&patient_client(), &audience("a")).unwrap();
}

#[test]
fn a_changed_secret_is_tried_at_once() {
    let user = TokenUser::new(refuses(401, r#"{"error":"invalid_client"}"#));
    user.get(&patient_client(), &audience("a")).unwrap_err();
    user.host.serve(grants(3600));
    let changed = Client { credential: Credential::Secret(Secret::new("new".to_owned())), ..patient_client() };
    user.get(&changed, &audience("a")).unwrap();
}

#[test]
fn a_server_that_asks_for_patience_gets_it_from_all_requests_of_the_client() {
    let user = TokenUser::new(|_| with_header(json_response(429, "{}"), "retry-after", "120"));
    let client = patient_client();
    let error = user.get(&client, &audience("a")).unwrap_err().error;
    assert_eq!((error.code, error.retry_after), (Code::RateLimited, Some(120)));
    user.host.serve(grants(3600));
    user.host.advance_seconds(20);
    for name in ["a", "b", "c"] {
        let error = user.get(&client, &audience(name)).unwrap_err().error;
        assert_eq!((error.code, error.retry_after), (Code::RateLimited, Some(100)), "{name}");
    }
    assert_eq!(user.requests(), 1);
    let other = Client { client_id: "other".to_owned(), ..patient_client() };
    user.get(&other, &audience("a")).unwrap();
    user.host.advance_seconds(101);
    user.get(&client, &audience("a")).unwrap();
}

#[test]
fn a_short_pause_a_server_asks_for_is_made_within_the_call() {
    let mut number = 0;
    let user = TokenUser::new(move |_| {
        number += 1;
        let response =
            if number == 1 { json_response(503, "{}") } else { json_response(200, r#"{"access_token":"a"}"#) };
        with_header(response, "retry-after", "1")
    });
    user.get(&patient_client(), &audience("a")).unwrap();
    assert_eq!(user.requests(), 2);
}

#[test]
fn a_failing_server_is_left_alone_for_longer_and_longer() {
    let user = TokenUser::new(refuses(500, "{}"));
    for _ in 0..600 {
        user.get(&patient_client(), &audience("a")).unwrap_err();
        user.host.advance_seconds(1);
    }
    let tried = user.requests();
    assert!((20..80).contains(&tried), "{tried} requests in ten minutes");
    user.host.serve(grants(3600));
    user.host.advance_seconds(30);
    user.get(&patient_client(), &audience("a")).unwrap();
}

#[test]
fn a_spent_quota_serves_what_is_valid_and_is_rate_limited_otherwise() {
    let spent = |lifetime: i64| {
        move |_: &Seen| {
            let token = json_response(200, &format!(r#"{{"access_token":"last","expires_in":{lifetime}}}"#));
            with_header(token, "auth0-client-quota-limit", "b=per_hour;q=100;r=0;t=3600")
        }
    };
    let user = TokenUser::new(spent(600));
    let client = patient_client();
    assert_eq!(user.get(&client, &audience("a")).unwrap(), "last");
    let error = user.get(&client, &audience("b")).unwrap_err().error;
    assert_eq!((error.code, error.retry_after), (Code::RateLimited, Some(3600)));
    user.host.advance_seconds(589);
    assert_eq!(user.get(&client, &audience("a")).unwrap(), "last");
    assert_eq!(user.requests(), 1, "and nobody has tried to renew it");
    user.host.advance_seconds(1);
    assert_eq!(user.get(&client, &audience("a")).unwrap_err().error.code, Code::RateLimited);
    user.host.serve(grants(600));
    user.host.advance_seconds(3600);
    assert_eq!(user.get(&client, &audience("a")).unwrap(), "token-1");
    assert!(user.events().contains(&"quota") && user.events().contains(&"renewal_postponed"));
}

#[test]
fn a_spent_quota_of_an_organization_is_not_the_clients() {
    let user = TokenUser::new(|_| {
        let token = json_response(200, r#"{"access_token":"a","expires_in":60}"#);
        with_header(token, "auth0-organization-quota-limit", "b=per_day;q=10;r=0;t=600")
    });
    let of =
        |organization: &str, name: &str| TokenRequest { organization: Some(organization.to_owned()), ..audience(name) };
    user.get(&patient_client(), &of("one", "a")).unwrap();
    assert!(user.get(&patient_client(), &of("one", "b")).is_err());
    user.get(&patient_client(), &of("two", "a")).unwrap();
    user.get(&patient_client(), &audience("a")).unwrap();
}

#[test]
fn a_quota_that_is_said_to_be_spent_for_a_month_is_tried_again_after_an_hour() {
    let user = TokenUser::new(|_| {
        let token = json_response(200, r#"{"access_token":"a","expires_in":60}"#);
        with_header(token, "auth0-client-quota-limit", "b=per_month;q=10;r=0;t=2592000")
    });
    user.get(&patient_client(), &audience("a")).unwrap();
    user.host.advance_seconds(3590);
    assert!(user.get(&patient_client(), &audience("a")).is_err());
    user.host.advance_seconds(10);
    user.get(&patient_client(), &audience("a")).unwrap();
}

#[test]
fn a_nearly_spent_quota_puts_renewal_off() {
    let user = TokenUser::new(|_| {
        let token = json_response(200, r#"{"access_token":"a","expires_in":1000}"#);
        with_header(token, "auth0-client-quota-limit", "b=per_hour;q=100;r=5;t=3600")
    });
    let (client, request) = (patient_client(), audience("a"));
    user.get(&client, &request).unwrap();
    user.host.advance_seconds(950);
    user.get(&client, &request).unwrap();
    assert_eq!(user.requests(), 1);
    user.host.advance_seconds(30);
    user.get(&client, &request).unwrap();
    assert_eq!(user.requests(), 2);
}

#[test]
fn a_source_of_secrets_is_asked_for_each_request_and_again_when_its_secret_is_refused() {
    let secrets = Rc::new(RefCell::new(vec!["good", "good", "old"]));
    let user = TokenUser::new(|seen| {
        if seen.body.contains("client_secret=good") {
            return Ok(json_response(200, r#"{"access_token":"a","expires_in":60}"#));
        }
        Ok(json_response(401, r#"{"error":"invalid_client"}"#))
    });
    let left = Rc::clone(&secrets);
    user.host
        .give_secrets(move || left.borrow_mut().pop().map(|text| Secret::new(text.to_owned())).ok_or_else(String::new));
    let asks = Client { credential: Credential::AskedSecret(1), ..patient_client() };
    user.get(&asks, &audience("a")).unwrap();
    assert_eq!((user.requests(), secrets.borrow().len()), (2, 1), "rotated: the second secret is good");
    user.get(&asks, &audience("a")).unwrap();
    assert_eq!(secrets.borrow().len(), 1, "not for a token from memory");
}

#[test]
fn a_source_of_secrets_is_asked_once_more_and_no_more_than_that() {
    let user = TokenUser::new(refuses(401, r#"{"error":"invalid_client"}"#));
    user.host.give_secrets(|| Ok(Secret::new("old".to_owned())));
    let retry = RetryPolicy { attempts: 5, refusal_millis: 0, ..RetryPolicy::default() };
    let asks = Client { credential: Credential::AskedSecret(1), retry, ..client() };
    assert_eq!(user.get(&asks, &audience("a")).unwrap_err().error.code, Code::InvalidClient);
    assert_eq!(user.requests(), 2);
}

/// The old secret is what it is about.
#[test]
fn a_source_of_secrets_is_asked_once_more_however_long_the_server_wants_to_be_left_alone() {
    let user =
        TokenUser::new(|_| with_header(json_response(401, r#"{"error":"invalid_client"}"#), "retry-after", "30"));
    user.host.give_secrets(|| Ok(Secret::new("old".to_owned())));
    let asks = Client { credential: Credential::AskedSecret(1), ..patient_client() };
    assert_eq!(user.get(&asks, &audience("a")).unwrap_err().error.code, Code::InvalidClient);
    assert_eq!(user.requests(), 2);
}

#[test]
fn a_source_of_secrets_that_fails_is_tried_again_and_its_error_is_the_cause() {
    let asked = Rc::new(Cell::new(0));
    let user = TokenUser::new(grants(60));
    let count = Rc::clone(&asked);
    user.host.give_secrets(move || {
        count.set(count.get() + 1);
        Err("the vault is sealed".to_owned())
    });
    let asks = Client { credential: Credential::AskedSecret(1), ..patient_client() };
    let failure = user.get(&asks, &audience("a")).unwrap_err();
    assert_eq!(failure.error.code, Code::CredentialUnavailable);
    assert!(failure.error.is_retryable());
    assert_eq!(failure.cause.as_deref(), Some("the vault is sealed"));
    assert_eq!((asked.get(), user.requests()), (2, 0), "no secret, no request");
    assert_eq!(user.events(), ["token_failed", "token_failed"]);
}

#[test]
fn what_was_decided_last_can_be_asked() {
    let user = TokenUser::new(grants(300));
    let (client, request) = (patient_client(), audience("a"));
    let decision = || user.explain(&client, &request).map(|explained| explained.decision);
    assert_eq!(decision(), None);
    user.get(&client, &request).unwrap();
    assert_eq!(decision(), Some(Decision::Requests));
    user.get(&client, &request).unwrap();
    assert_eq!(decision(), Some(Decision::Fresh));
    user.host.serve(refuses(503, "{}"));
    user.host.advance_seconds(250);
    user.get(&client, &request).unwrap();
    assert_eq!(decision(), Some(Decision::Renews));
    user.get(&client, &request).unwrap();
    let explained = user.explain(&client, &request).unwrap();
    assert_eq!(explained.decision, Decision::RenewalHeld);
    let (code, in_a_row, _) = explained.failure.unwrap();
    assert_eq!((code, in_a_row), (Code::ServerError, 1));
    user.host.advance_seconds(300);
    user.get(&client, &request).unwrap_err();
    user.get(&client, &request).unwrap_err();
    user.invalidate(&client, &request).unwrap();
    let explained = user.explain(&client, &request).unwrap();
    assert_eq!((explained.token, explained.failure), (None, None));
}

#[test]
fn an_invalidated_token_is_not_handed_out_again() {
    let user = TokenUser::new(grants(3600));
    let (client, request) = (patient_client(), audience("a"));
    assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    user.invalidate(&client, &request).unwrap();
    assert_eq!(user.get(&client, &request).unwrap(), "token-2");
    user.invalidate(&client, &audience("never asked for")).unwrap();
}
