//! Getting tokens: when one is served from memory, when a new one is asked for, what is shared.
//! (What happens when the server fails is in `token_failures.rs`.)

#![cfg(not(target_arch = "wasm32"))]

mod support;

use futures_util::future::join_all;
use gatepass::flow::client::{Client, Credential};
use gatepass::host::fake::json_response;
use gatepass::host::fetch::FetchError;
use gatepass::protocol::error::Code;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::token_request::TokenRequest;
use serde_json::json;

use crate::support::{ISSUER, SECRET, TokenUser, audience, client, grants, issuer, server_at, server_of, url};

#[test]
fn a_token_is_served_from_memory_until_it_is_due_for_renewal() {
    let user = TokenUser::new(grants(86_400));
    let (client, request) = (client(), audience("a"));
    assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    user.host.advance_seconds(86_400 - 301);
    assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    assert_eq!(user.requests(), 1);
    user.host.advance_seconds(1);
    assert_eq!(user.get(&client, &request).unwrap(), "token-2");
    user.host.advance_seconds(86_400 - 301);
    assert_eq!(user.get(&client, &request).unwrap(), "token-2", "the new one counts from its own start");
}

#[test]
fn a_token_that_cannot_be_renewed_is_served_until_shortly_before_it_expires() {
    for (lifetime, last) in [(86_400, 86_389), (300, 289), (60, 53)] {
        let user = TokenUser::new(grants(lifetime));
        let (client, request) = (client(), audience("a"));
        user.get(&client, &request).unwrap();
        user.host.serve(|_| Err(FetchError::Broken("down".to_owned())));
        user.host.advance_seconds(last);
        assert_eq!(user.get(&client, &request).unwrap(), "token-1", "{lifetime}");
        user.host.advance_seconds(1);
        assert_eq!(user.get(&client, &request).unwrap_err().error.code, Code::NetworkError, "{lifetime}");
    }
}

#[test]
fn short_lived_tokens_are_served_from_memory_too() {
    let user = TokenUser::new(grants(60));
    let (client, request) = (client(), audience("a"));
    user.get(&client, &request).unwrap();
    user.host.advance_seconds(47);
    assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    user.host.advance_seconds(1);
    assert_eq!(user.get(&client, &request).unwrap(), "token-2");
}

#[test]
fn a_token_that_is_dead_on_arrival_is_handed_out_once_and_not_kept() {
    let user = TokenUser::new(grants(0));
    let (client, request) = (client(), audience("a"));
    assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    assert_eq!(user.get(&client, &request).unwrap(), "token-2");
}

#[test]
fn a_year_of_hourly_calls_costs_one_request_a_day() {
    let user = TokenUser::new(grants(86_400));
    let (client, request) = (client(), audience("a"));
    for _ in 0..365 * 24 {
        user.get(&client, &request).unwrap();
        user.host.advance_seconds(3600);
    }
    assert_eq!(user.requests(), 365);
}

#[test]
fn requests_that_differ_in_anything_never_share_a_token() {
    let text = str::to_owned;
    let requests = [
        TokenRequest::default(),
        audience("a"),
        audience("A"),
        audience(""),
        TokenRequest { scope: vec![text("a")], ..TokenRequest::default() },
        TokenRequest { scope: vec![text("a"), text("b")], ..TokenRequest::default() },
        TokenRequest { organization: Some(text("a")), ..TokenRequest::default() },
        TokenRequest { organization: Some(text("a")), ..audience("a") },
        TokenRequest { parameters: vec![(text("a"), text("b"))], ..TokenRequest::default() },
        TokenRequest { parameters: vec![(text("a"), text("c"))], ..TokenRequest::default() },
    ];
    let with = |change: fn(&mut Client)| {
        let mut client = client();
        change(&mut client);
        client
    };
    let clients = [
        client(),
        with(|client| client.client_id.push('2')),
        with(|client| client.credential = Credential::Secret(Secret::new("another".to_owned()))),
        with(|client| client.server = server_at(url("https://tenant.example/other"))),
        with(|client| client.server = server_at(url("https://tenant.example:8443/oauth/token"))),
    ];
    let user = TokenUser::new(grants(86_400));
    let everyone = || clients.iter().flat_map(|client| requests.iter().map(move |request| (client, request)));
    let first: Vec<_> = everyone().map(|(client, request)| user.get(client, request).unwrap()).collect();
    assert_eq!(user.requests(), clients.len() * requests.len());
    let again: Vec<_> = everyone().map(|(client, request)| user.get(client, request).unwrap()).collect();
    assert_eq!(again, first, "and everybody is served their own from memory");
    assert_eq!(user.requests(), clients.len() * requests.len());
}

#[test]
fn two_clients_with_equal_options_share_a_token() {
    let user = TokenUser::new(grants(86_400));
    let one = user.get(&client(), &audience("a")).unwrap();
    assert_eq!(user.get(&client(), &audience("a")).unwrap(), one);
    let scope = |values: [&str; 2]| TokenRequest { scope: values.map(str::to_owned).into(), ..TokenRequest::default() };
    let one = user.get(&client(), &scope(["read", "write"])).unwrap();
    assert_eq!(user.get(&client(), &scope(["write", "read"])).unwrap(), one, "a scope is a set");
}

#[test]
fn an_issuer_and_an_endpoint_of_the_same_text_do_not_share_a_token() {
    let user = TokenUser::new(|seen| {
        let metadata = json!({"issuer": ISSUER, "token_endpoint": ISSUER}).to_string();
        let token = json!({"access_token": "a", "expires_in": 60}).to_string();
        Ok(json_response(200, if seen.method == "GET" { &metadata } else { &token }))
    });
    let by_issuer = Client { server: server_of(issuer(ISSUER)), ..client() };
    let by_endpoint = Client { server: server_at(url(ISSUER)), ..client() };
    user.get(&by_issuer, &audience("a")).unwrap();
    user.get(&by_endpoint, &audience("a")).unwrap();
    assert_eq!(user.requests(), 3, "metadata, and a token for each");
}

#[test]
fn the_server_is_told_everything_that_was_asked_for() {
    let user = TokenUser::new(grants(60));
    let request = TokenRequest {
        scope: vec!["read".to_owned(), "write".to_owned()],
        organization: Some("org_1".to_owned()),
        parameters: vec![("tenant".to_owned(), "a b".to_owned())],
        ..audience("https://api.example")
    };
    user.get(&client(), &request).unwrap();
    let seen = user.host.seen().remove(0);
    assert_eq!((seen.method, seen.url.as_str()), ("POST", "https://tenant.example/oauth/token"));
    let body = format!(
        "grant_type=client_credentials&client_id=my-client&client_secret={SECRET}\
         &audience=https%3A%2F%2Fapi.example&scope=read+write&organization=org_1&tenant=a+b"
    );
    assert_eq!(seen.body, body);
}

#[test]
fn memory_is_bounded_whatever_is_asked_for() {
    let user = TokenUser::new(grants(86_400));
    let client = client();
    for number in 0..20_000 {
        user.get(&client, &audience(&format!("api-{number}"))).unwrap();
    }
    assert_eq!(user.requests(), 20_000);
    for number in 19_000..20_000 {
        user.get(&client, &audience(&format!("api-{number}"))).unwrap();
    }
    assert_eq!(user.requests(), 20_000, "the last 1000 are there");
    for number in [0, 1, 10_000, 18_999] {
        user.get(&client, &audience(&format!("api-{number}"))).unwrap();
    }
    assert_eq!(user.requests(), 20_004, "the earlier ones are not");
}

/// Whoever holds a fresh token without asking again, as the JavaScript client does, goes by this.
#[test]
fn a_host_is_told_when_a_fresh_token_may_have_changed_and_not_when_one_is_served() {
    let user = TokenUser::new(grants(3600));
    let (client, request) = (client(), audience("a"));
    let tells = |what: &str, act: &dyn Fn()| {
        let before = user.host.changes();
        act();
        assert!(user.host.changes() > before, "{what}");
    };
    tells("a new key", &|| drop(user.get(&client, &request)));
    tells("a fresh token", &|| drop(user.get_fresh(&client, &request)));
    tells("another key, which may push this one out", &|| drop(user.get(&client, &audience("b"))));
    tells("a refused token", &|| drop(user.invalidate_refused(&client, &request, "token-2")));
    tells("a forgotten one", &|| drop(user.invalidate(&client, &audience("b"))));
    user.get(&client, &request).unwrap();
    let before = user.host.changes();
    user.get(&client, &request).unwrap();
    user.invalidate_refused(&client, &request, "token-2").unwrap();
    assert_eq!(user.host.changes(), before, "one that is served, and one that is refused too late");
}

/// More than are kept: the first are pushed out while they are asked for.
#[test]
fn more_keys_at_once_than_are_kept_are_a_request_each() {
    let user = TokenUser::new(|seen| {
        let audience = seen.body.split("audience=").nth(1).unwrap().to_owned();
        Ok(json_response(200, &json!({"access_token": audience, "expires_in": 3600}).to_string()))
    });
    user.host.delay(|_| 200);
    let client = client();
    let requests: Vec<_> = (0..1500).map(|number| audience(&format!("api-{number}"))).collect();
    let calls = requests.iter().flat_map(|request| (0..3).map(|_| user.call(&client, request)));
    let tokens = user.host.run(join_all(calls));
    for (index, token) in tokens.into_iter().enumerate() {
        assert_eq!(token.unwrap().0, format!("api-{}", index / 3));
    }
    assert_eq!(user.requests(), 1500);
}

#[test]
fn a_token_in_use_survives_any_number_of_others() {
    let user = TokenUser::new(grants(86_400));
    let client = client();
    let kept = user.get(&client, &audience("in use")).unwrap();
    for number in 0..5_000 {
        user.get(&client, &audience(&format!("api-{number}"))).unwrap();
        assert_eq!(user.get(&client, &audience("in use")).unwrap(), kept);
    }
}

#[test]
fn a_clock_that_jumps_forward_renews_and_one_that_jitters_does_not() {
    let user = TokenUser::new(grants(3600));
    let (client, request) = (client(), audience("a"));
    user.get(&client, &request).unwrap();
    for seconds in [5, -5, 60, -60, 3000, -3000] {
        user.host.advance_seconds(seconds);
        assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    }
    user.host.advance_seconds(10_000);
    assert_eq!(user.get(&client, &request).unwrap(), "token-2");
}

#[test]
fn no_clock_stops_a_token_from_being_had() {
    let user = TokenUser::new(grants(3600));
    let (client, request) = (client(), audience("a"));
    for jump in [i64::MAX, i64::MIN, i64::MIN, i64::MAX, i64::MAX, 0] {
        user.host.advance_seconds(jump);
        user.get(&client, &request).unwrap();
    }
}

/// The server's end of life is an hour of the server's away, whatever our clock showed then.
#[test]
fn a_token_received_while_the_clock_was_ahead_is_not_served_for_longer_than_it_lives() {
    let user = TokenUser::new(grants(3600));
    let (client, request) = (client(), audience("a"));
    user.host.advance_seconds(86_400);
    user.get(&client, &request).unwrap();
    user.host.advance_seconds(-86_400);
    user.get(&client, &request).unwrap();
    user.host.advance_seconds(3700);
    let token = user.get(&client, &request).unwrap();
    assert_ne!(token, "token-1", "it has been dead for 100 seconds");
}
