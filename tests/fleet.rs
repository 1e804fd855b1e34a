//! Several isolates that share a store: one token for all, and no harm from the store.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test that panics is a test that fails")]

mod support;

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use gatepass::flow::client::{Client, Credential};
use gatepass::host::clock::Clock;
use gatepass::host::events::Source;
use gatepass::host::fake::{Answer, FakeStore, Seen, json_response};
use gatepass::protocol::secret::Secret;

use crate::support::{TokenUser, audience, client, grants, patient_client};

/// A server that numbers its tokens for the whole fleet.
fn shared_grants(lifetime: i64, number: &Rc<Cell<u32>>) -> impl FnMut(&Seen) -> Answer + 'static {
    let number = Rc::clone(number);
    move |_| {
        number.set(number.get() + 1);
        let body = format!(r#"{{"access_token":"token-{}","expires_in":{lifetime}}}"#, number.get());
        Ok(json_response(200, &body))
    }
}

fn fleet(size: usize, store: &FakeStore, lifetime: i64) -> (Vec<TokenUser>, Rc<Cell<u32>>) {
    let number = Rc::new(Cell::new(0));
    let member = |_| {
        let user = TokenUser::new(shared_grants(lifetime, &number));
        user.host.share(store);
        user
    };
    ((0..size).map(member).collect(), number)
}

#[test]
fn a_token_from_the_store_costs_no_request() {
    for can_acquire in [false, true] {
        let (fleet, requests) = fleet(10, &FakeStore::new(can_acquire), 3600);
        for (index, user) in fleet.iter().enumerate() {
            let (token, source) = user.get_from(&patient_client(), &audience("a")).unwrap();
            assert_eq!(token, "token-1");
            assert_eq!(source, if index == 0 { Source::Network } else { Source::Store });
        }
        assert_eq!(requests.get(), 1);
    }
}

#[test]
fn one_member_renews_and_the_others_read_it() {
    for can_acquire in [false, true] {
        let (fleet, requests) = fleet(10, &FakeStore::new(can_acquire), 3600);
        for round in 1..=5 {
            for user in &fleet {
                assert_eq!(user.get(&patient_client(), &audience("a")).unwrap(), format!("token-{round}"));
                user.host.advance_seconds(3310);
            }
        }
        assert_eq!(requests.get(), 5);
    }
}

#[test]
fn a_lock_that_another_member_holds_makes_nobody_wait_who_has_a_token() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(1, &store, 3600);
    let user = fleet.first().unwrap();
    user.get(&patient_client(), &audience("a")).unwrap();
    let key = store.records().keys().next().unwrap().clone();
    user.host.advance_seconds(3400);
    store.lock(&format!("{key}.lock"));
    assert_eq!(user.get(&patient_client(), &audience("a")).unwrap(), "token-1");
    assert_eq!(requests.get(), 1);
    store.unlock(&format!("{key}.lock"));
    user.host.advance_seconds(2);
    assert_eq!(user.get(&patient_client(), &audience("a")).unwrap(), "token-2");
}

#[test]
fn a_lock_that_a_dead_member_holds_costs_at_most_its_time() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(1, &store, 3600);
    let user = fleet.first().unwrap();
    user.get(&patient_client(), &audience("a")).unwrap();
    let key = store.records().keys().next().unwrap().clone();
    store.records().clear();
    store.lock(&format!("{key}.lock"));
    user.host.advance_seconds(4000);
    assert_eq!(user.get(&patient_client(), &audience("a")).unwrap(), "token-2");
    assert_eq!(requests.get(), 2);
}

#[test]
fn the_lock_is_given_back_after_success_and_after_failure_but_not_when_its_time_has_passed() {
    for (status, delay, free) in [(200, 10, true), (500, 10, true), (200, 7000, false)] {
        let store = FakeStore::new(true);
        let user = TokenUser::new(move |_| Ok(json_response(status, r#"{"access_token":"a","expires_in":3600}"#)));
        user.host.share(&store);
        user.host.delay(move |_| delay);
        let _ = user.get(&Client { retry: client().retry, ..patient_client() }, &audience("a"));
        assert_eq!(store.locks() == 0, free, "{status} after {delay} ms");
    }
}

#[test]
fn a_token_that_cannot_be_shared_makes_nobody_wait() {
    // The lock is given back even so, though not at once perhaps.
    for failing in [&["set"][..], &["set", "delete"]] {
        let store = FakeStore::new(true);
        let (fleet, requests) = fleet(2, &store, 3600);
        store.fail_next(failing);
        for (user, token) in fleet.iter().zip(["token-1", "token-2"]) {
            let start = user.host.now();
            assert_eq!(user.get(&patient_client(), &audience("a")).unwrap(), token);
            let waited = user.host.now().millis_since(start);
            assert!(waited < 200, "{failing:?}: {waited} ms");
        }
        assert_eq!((requests.get(), store.locks(), store.records().len()), (2, 0, 1), "{failing:?}");
    }
}

#[test]
fn a_failed_read_under_the_lock_leaves_no_lock_behind() {
    let store = FakeStore::new(true);
    let (fleet, _) = fleet(1, &store, 3600);
    let user = fleet.first().unwrap();
    let (client, request) = (patient_client(), audience("a"));
    let mut call = pin!(user.call(&client, &request));
    while store.locks() == 0 {
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        user.host.fire_next_timer();
    }
    store.fail_next(&["get"]);
    assert_eq!(user.host.run(call).unwrap().0, "token-1");
    assert_eq!(store.locks(), 0);
}

#[test]
fn who_could_not_give_its_lock_back_does_not_wait_for_itself() {
    let store = FakeStore::new(true);
    let mut statuses = [500, 200].into_iter();
    let user = TokenUser::new(move |_| {
        Ok(json_response(statuses.next().unwrap(), r#"{"access_token":"a","expires_in":3600}"#))
    });
    user.host.share(&store);
    store.fail_next(&["delete", "delete"]);
    let start = user.host.now();
    assert_eq!(user.get(&patient_client(), &audience("a")).unwrap(), "a");
    let waited = user.host.now().millis_since(start);
    assert!(waited < 500, "{waited} ms");
    assert_eq!(store.locks(), 0);
}

#[test]
fn who_takes_over_from_a_dead_one_has_its_lock() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(1, &store, 3600);
    let user = fleet.first().unwrap();
    user.host.delay(|_| 500);
    let (client, request) = (patient_client(), audience("a"));
    let mut dead = pin!(user.call(&client, &request));
    for _ in 0..8 {
        assert!(dead.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        user.host.fire_next_timer();
    }
    assert_eq!(store.locks(), 1);
    let start = user.host.now();
    user.get(&client, &request).unwrap();
    let waited = user.host.now().millis_since(start);
    assert!(waited < 1000, "{waited} ms");
    assert_eq!((requests.get(), store.locks()), (1, 0));
}

#[test]
fn a_slow_store_whose_lock_is_never_free_fails_nobody() {
    let store = FakeStore::new(true);
    let (fleet, _) = fleet(1, &store, 3600);
    let user = fleet.first().unwrap();
    user.get(&patient_client(), &audience("a")).unwrap();
    let key = store.records().keys().next().unwrap().clone();
    store.records().clear();
    store.lock(&format!("{key}.lock"));
    store.slow(900);
    user.host.advance_seconds(4000);
    let start = user.host.now();
    assert_eq!(user.get(&patient_client(), &audience("a")).unwrap(), "token-2");
    let waited = user.host.now().millis_since(start);
    assert!(waited < 10_000, "{waited} ms");
}

#[test]
fn a_fresh_token_neither_reads_the_store_nor_takes_a_lock_of_it() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(1, &store, 3600);
    let user = fleet.first().unwrap();
    user.get(&patient_client(), &audience("a")).unwrap();
    let key = store.records().keys().next().unwrap().clone();
    store.lock(&format!("{key}.lock"));
    assert_eq!(user.get_fresh(&patient_client(), &audience("a")).unwrap(), "token-2");
    assert_eq!((requests.get(), store.locks()), (2, 1));
}

#[test]
fn an_invalidated_token_takes_no_newer_one_with_it() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(2, &store, 3600);
    let (client, request) = (patient_client(), audience("a"));
    let old = fleet[0].get(&client, &request).unwrap();
    assert_eq!(fleet[1].get(&client, &request).unwrap(), old);
    fleet[0].invalidate_refused(&client, &request, &old).unwrap();
    assert_eq!(fleet[0].get(&client, &request).unwrap(), "token-2");
    for _ in 0..100 {
        fleet[0].invalidate_refused(&client, &request, &old).unwrap();
        assert_eq!(fleet[0].get(&client, &request).unwrap(), "token-2");
    }
    fleet[1].invalidate_refused(&client, &request, &old).unwrap();
    assert_eq!(fleet[1].get_from(&client, &request).unwrap(), ("token-2".to_owned(), Source::Store));
    assert_eq!(requests.get(), 2);
}

#[test]
fn a_store_that_fails_costs_a_request_and_no_call() {
    for problem in ["threw", "timeout", "not_text", "too_large", "unreadable"] {
        let store = FakeStore::new(true);
        let (fleet, requests) = fleet(2, &store, 3600);
        store.fail(Some(problem));
        for user in &fleet {
            user.get(&patient_client(), &audience("a")).unwrap();
            assert!(user.events().contains(&"store_failed"), "{problem}");
            user.get(&patient_client(), &audience("a")).unwrap();
        }
        assert_eq!(requests.get(), 2, "{problem}");
    }
}

#[test]
fn a_record_that_is_damaged_is_replaced() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(3, &store, 3600);
    fleet[0].get(&patient_client(), &audience("a")).unwrap();
    for record in store.records().values_mut() {
        record.insert(3, 'x');
    }
    assert_eq!(fleet[1].get(&patient_client(), &audience("a")).unwrap(), "token-2");
    assert_eq!(fleet[2].get_from(&patient_client(), &audience("a")).unwrap(), ("token-2".to_owned(), Source::Store));
    assert_eq!(requests.get(), 2);
}

#[test]
fn an_older_record_that_is_put_back_does_not_come_to_life_again() {
    let store = FakeStore::new(true);
    let (fleet, _) = fleet(2, &store, 3600);
    fleet[0].get(&patient_client(), &audience("a")).unwrap();
    let old = store.records().clone();
    for user in &fleet {
        user.host.advance_seconds(3500);
    }
    assert_eq!(fleet[0].get(&patient_client(), &audience("a")).unwrap(), "token-2");
    *store.records() = old;
    fleet[1].host.advance_seconds(200);
    assert_eq!(fleet[1].get(&patient_client(), &audience("a")).unwrap(), "token-3", "the old one has expired");
}

#[test]
fn a_token_an_api_has_refused_is_not_taken_from_the_store_again() {
    let store = FakeStore::new(true);
    let (fleet, _) = fleet(2, &store, 3600);
    let old = {
        fleet[0].get(&patient_client(), &audience("a")).unwrap();
        store.records().clone()
    };
    fleet[0].invalidate(&patient_client(), &audience("a")).unwrap();
    assert!(store.records().is_empty(), "the store has forgotten it");
    *store.records() = old;
    assert_eq!(fleet[0].get(&patient_client(), &audience("a")).unwrap(), "token-2", "even if another puts it back");
}

#[test]
fn members_with_different_credentials_share_nothing() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(2, &store, 3600);
    let other = Client { credential: Credential::Secret(Secret::new("other".to_owned())), ..patient_client() };
    fleet[0].get(&patient_client(), &audience("a")).unwrap();
    fleet[1].get(&other, &audience("a")).unwrap();
    assert_eq!(requests.get(), 2);
}

/// The number of a source is an isolate's own affair; what it gives is the fleet's.
#[test]
fn members_whose_sources_give_the_same_secret_share_a_token() {
    let store = FakeStore::new(true);
    let (fleet, requests) = fleet(3, &store, 3600);
    for (number, user) in (0..).zip(&fleet) {
        user.host.give_secrets(|| Ok(Secret::new("the same".to_owned())));
        let asks = Client { credential: Credential::AskedSecret(number), ..patient_client() };
        user.get(&asks, &audience("a")).unwrap();
    }
    assert_eq!(requests.get(), 1);
}

#[test]
fn a_member_whose_clock_is_an_hour_behind_does_not_believe_the_others_tokens() {
    let store = FakeStore::new(false);
    let (fleet, requests) = fleet(2, &store, 3600);
    fleet[0].get(&patient_client(), &audience("a")).unwrap();
    fleet[1].host.advance_seconds(-3600);
    fleet[1].get(&patient_client(), &audience("a")).unwrap();
    assert_eq!(requests.get(), 2);
}

#[test]
fn without_a_store_nothing_of_one_is_used() {
    let user = TokenUser::new(grants(60));
    user.get(&client(), &audience("a")).unwrap();
    assert!(!user.events().contains(&"store_failed"));
}
