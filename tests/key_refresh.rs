//! Keys that are refreshed ahead of time, that last as long as their server says, and that a fleet hands on through a store;
//! and several issuers, each with its own.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use std::cell::Cell;
use std::rc::Rc;

use gatepass::flow::key_sets::KeySource;
use gatepass::host::events::Event;
use gatepass::host::fake::{FakeStore, json_response};
use gatepass::protocol::error::{Code, Reason};
use gatepass::protocol::jwk::KeySet;
use serde_json::json;

use crate::support::{Api, ISSUER, KeyServer, SigningKey, claims, header, keys_at, url};

const DAY: i64 = 86_400;

fn key(number: u8) -> SigningKey {
    SigningKey::new(number, Some(&format!("k{number}")))
}

fn token(number: u8) -> String {
    key(number).token(Some(&format!("k{number}")), 7 * DAY)
}

/// An API whose key server says how long its keys last, in seconds.
fn lasting(seconds: Rc<Cell<i64>>) -> Api {
    Api::with_server(move |_| {
        let mut response = json_response(200, &json!({"keys": [key(1).jwk]}).to_string());
        response.headers.push(("cache-control".to_owned(), format!("public, max-age={}", seconds.get())));
        Ok(response)
    })
}

#[test]
fn keys_last_as_long_as_their_server_says_from_a_minute_to_a_day() {
    for (says, lasts) in [(0, 60), (300, 300), (3600, 3600), (30 * DAY, DAY)] {
        let api = lasting(Rc::new(Cell::new(says)));
        api.verify(&token(1)).unwrap();
        api.host.advance_seconds(lasts - 1);
        api.verify(&token(1)).unwrap();
        assert_eq!(api.requests(), 1, "{says}");
        api.host.advance_seconds(1);
        api.verify(&token(1)).unwrap();
        assert_eq!(api.requests(), 2, "{says}");
    }
}

#[test]
fn keys_are_refreshed_ahead_when_four_fifths_of_their_time_are_over_and_once() {
    let server = KeyServer::publishing(&[&key(1)]);
    let api = Api::new(&server);
    assert!(!api.refresh_ahead(), "there are no keys yet");
    api.verify(&token(1)).unwrap();
    api.host.advance_seconds(479);
    assert!(!api.refresh_ahead());
    api.host.advance_seconds(1);
    assert!(api.refresh_ahead());
    assert!(!api.refresh_ahead(), "they are new");
    api.host.advance_seconds(479);
    api.verify(&token(1)).unwrap();
    assert_eq!(api.requests(), 2);
}

#[test]
fn a_refresh_that_fails_costs_nobody_anything_and_is_tried_at_the_usual_pace() {
    let server = KeyServer::publishing(&[&key(1)]);
    let api = Api::new(&server);
    api.verify(&token(1)).unwrap();
    server.fail();
    let mut times = Vec::new();
    for second in 0..700 {
        if api.refresh_ahead() {
            times.push(second);
        }
        api.verify(&token(1)).unwrap();
        api.host.advance_seconds(1);
    }
    assert_eq!(times, [480, 485, 495, 515, 545, 575], "and from 600 on by those who need keys");
    assert!(api.host.events().iter().any(|event| matches!(event, Event::KeysFailed { status: Some(500), .. })));
}

#[test]
fn the_same_keys_again_leave_what_is_remembered_and_others_do_not() {
    let server = KeyServer::publishing(&[&key(1)]);
    let api = Api::new(&server);
    api.verify(&token(1)).unwrap();
    let first = api.generation();
    api.host.advance_seconds(600);
    api.verify(&token(1)).unwrap();
    assert_eq!((api.requests(), api.generation()), (2, first));
    server.publish(&[&key(1), &key(2)]);
    api.host.advance_seconds(600);
    api.verify(&token(1)).unwrap();
    assert_ne!(api.generation(), first);
}

#[test]
fn what_is_verified_is_remembered_until_keys_should_be_looked_at() {
    let api = Api::new(&KeyServer::publishing(&[&key(1)]));
    let verified = api.host.run(api.call(&token(1))).ok().unwrap();
    let now = f64::from(u32::try_from(support::NOW).unwrap());
    assert!((verified.window.until - now - 600.0).abs() < 1.0, "{:?}", verified.window);
    let short = key(1).token(Some("k1"), 100);
    let verified = api.host.run(api.call(&short)).ok().unwrap();
    assert!((verified.window.until - now - 105.0).abs() < 1.0, "{:?}", verified.window);
}

/// Another isolate of the fleet, with the same store.
fn isolate(server: &KeyServer, store: &FakeStore) -> Api {
    let api = Api::new(server);
    api.host.share(store);
    api
}

#[test]
fn one_isolate_of_a_fleet_asks_and_the_others_find_its_keys_in_the_store() {
    let (server, store) = (KeyServer::publishing(&[&key(1)]), FakeStore::new(false));
    isolate(&server, &store).verify(&token(1)).unwrap();
    let other = isolate(&server, &store);
    other.verify(&token(1)).unwrap();
    assert_eq!(other.requests(), 0);
    other.host.advance_seconds(600);
    other.verify(&token(1)).unwrap();
    assert_eq!(other.requests(), 1, "they are not fresh any more");
}

#[test]
fn in_an_outage_a_new_isolate_works_with_the_keys_in_the_store_for_a_day() {
    let (server, store) = (KeyServer::publishing(&[&key(1)]), FakeStore::new(false));
    isolate(&server, &store).verify(&token(1)).unwrap();
    server.fail();
    for (age, outcome) in [(3600, true), (DAY - 1, true), (DAY + 1, false)] {
        let late = isolate(&server, &store);
        late.host.advance_seconds(age);
        assert_eq!(late.verify(&token(1)).is_ok(), outcome, "{age}");
        assert_eq!(late.requests(), 1, "somebody has to ask");
    }
}

#[test]
fn what_a_store_holds_never_replaces_newer_keys() {
    let (server, store) = (KeyServer::publishing(&[&key(1)]), FakeStore::new(false));
    isolate(&server, &store).verify(&token(1)).unwrap();
    let old = store.records().clone();
    let api = isolate(&server, &store);
    api.verify(&token(1)).unwrap();
    server.publish(&[&key(2)]);
    api.host.advance_seconds(601);
    api.verify(&token(2)).unwrap();
    *store.records() = old;
    api.host.advance_seconds(601);
    api.verify(&token(2)).unwrap();
    assert_eq!(api.refusal(&token(1)), (Code::InvalidToken, Some(Reason::UnknownKey)), "the key was removed");
}

#[test]
fn a_record_from_the_future_or_of_nonsense_is_not_used() {
    let (server, store) = (KeyServer::publishing(&[&key(2)]), FakeStore::new(false));
    isolate(&server, &store).verify(&token(2)).unwrap();
    let name = store.records().keys().next().unwrap().clone();
    let keys = json!({"keys": [key(1).jwk]});
    let ahead = (support::NOW + 3600) * 1000;
    for record in [format!("1 {ahead} 600000\n{keys}"), keys.to_string(), "1 0 600000\n{}".to_owned(), String::new()] {
        store.records().insert(name.clone(), record.clone());
        let api = isolate(&server, &store);
        assert_eq!(api.refusal(&token(1)), (Code::InvalidToken, Some(Reason::UnknownKey)), "{record}");
        assert_eq!(api.requests(), 1, "{record}");
    }
}

#[test]
fn a_store_that_is_down_costs_nothing_but_events() {
    let (server, store) = (KeyServer::publishing(&[&key(1)]), FakeStore::new(false));
    store.fail(Some("threw"));
    let api = isolate(&server, &store);
    api.verify(&token(1)).unwrap();
    let operations: Vec<_> = api
        .host
        .events()
        .iter()
        .filter_map(|event| if let Event::StoreFailed { operation, .. } = event { Some(*operation) } else { None })
        .collect();
    assert_eq!(operations, ["get", "set"]);
}

#[test]
fn each_issuer_has_its_own_keys() {
    let other = "https://other.example/";
    let mut api = Api::with_server(move |seen| {
        let number = if seen.url.starts_with("https://other.example/") { 2 } else { 1 };
        Ok(json_response(200, &json!({"keys": [key(number).jwk]}).to_string()))
    });
    api.verifier.claims.issuers.push(other.to_owned());
    api.verifier.keys.push(keys_at(KeySource::Url(url("https://other.example/keys"))));
    let by = |number: u8, issuer: &str| {
        let mut claims = claims(DAY);
        claims["iss"] = json!(issuer);
        key(number).sign(&header(Some(&format!("k{number}"))), &claims)
    };
    api.verify(&by(1, ISSUER)).unwrap();
    api.verify(&by(2, other)).unwrap();
    for forged in [by(2, ISSUER), by(1, other)] {
        assert_eq!(api.refusal(&forged), (Code::InvalidToken, Some(Reason::UnknownKey)));
    }
    assert_eq!(api.refusal(&by(1, "https://third.example/")), (Code::InvalidToken, Some(Reason::ClaimMismatch)));
    assert_eq!(api.requests(), 2);
}

#[test]
fn fixed_keys_are_never_asked_for() {
    let mut api = Api::new(&KeyServer::default());
    let set = KeySet::read(json!({"keys": [key(1).jwk]}).to_string().as_bytes()).unwrap();
    api.verifier.keys = vec![keys_at(KeySource::Fixed(Rc::new(set)))];
    api.verify(&token(1)).unwrap();
    assert_eq!(api.refusal(&token(2)), (Code::InvalidToken, Some(Reason::UnknownKey)));
    api.host.advance_seconds(6 * DAY);
    api.verify(&token(1)).unwrap();
    assert!(!api.refresh_ahead());
    assert_eq!(api.requests(), 0);
}
