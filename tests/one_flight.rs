//! One request for all callers of an isolate, whatever happens to the one who makes it.
//! (Random schedules of the same are in `token_schedules.rs`.)

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test that panics is a test that fails")]

mod support;

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_util::future::{join, join_all};
use gatepass::flow::client::Client;
use gatepass::host::clock::Clock;
use gatepass::host::fake::{Answer, Seen, json_response};
use gatepass::host::fetch::FetchError;
use gatepass::protocol::error::Code;
use serde_json::json;

use crate::support::{ISSUER, TOKEN_ENDPOINT, TokenUser, audience, client, grants, issuer, patient_client, server_of};

fn poll_once<F: Future>(call: Pin<&mut F>) -> Option<F::Output> {
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A server whose first `failures` answers are this one.
fn fails_first(failures: u32, answer: Answer) -> impl FnMut(&Seen) -> Answer {
    let (mut number, mut good) = (0, grants(3600));
    move |seen| {
        number += 1;
        if number <= failures { answer.clone() } else { good(seen) }
    }
}

#[test]
fn a_cold_burst_is_one_request() {
    for callers in [1, 20, 1000] {
        let user = TokenUser::new(grants(3600));
        user.host.delay(|_| 200);
        let start = user.host.now();
        let tokens = user.get_at_once(callers, &patient_client(), &audience("a"));
        assert!(tokens.into_iter().all(|token| token.unwrap() == "token-1"), "{callers}");
        assert_eq!(user.requests(), 1, "{callers}");
        let waited = user.host.now().millis_since(start);
        assert!((200..=250).contains(&waited), "{callers}: {waited} ms");
    }
}

#[test]
fn different_requests_do_not_wait_for_each_other() {
    let user = TokenUser::new(grants(3600));
    user.host.delay(|seen| if seen.body.contains("slow") { 5000 } else { 10 });
    let (client, slow, quick) = (patient_client(), audience("slow"), audience("quick"));
    let mut waiting = pin!(user.call(&client, &slow));
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let start = user.host.now();
    user.get(&client, &quick).unwrap();
    assert!(user.host.now().millis_since(start) < 20);
}

/// Not dropped, and never polled again: this is what workerd does to a request whose client leaves.
#[test]
fn when_the_one_who_asks_is_gone_the_others_take_over_within_a_third_of_a_second() {
    let user = TokenUser::new(grants(3600));
    user.host.delay(|_| 200);
    let (client, request) = (patient_client(), audience("a"));
    let mut leader = pin!(user.call(&client, &request));
    assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let start = user.host.now();
    let tokens = user.get_at_once(100, &client, &request);
    assert!(tokens.into_iter().all(|token| token.is_ok()));
    assert_eq!(user.requests(), 2);
    let waited = user.host.now().millis_since(start);
    assert!(waited < 200 + 330, "{waited} ms");
    assert!(user.events().contains(&"taken_over"));
}

/// A crowd that sleeps across both takes the death for no try of the server's.
#[test]
fn one_who_dies_and_one_failure_after_it_cost_nobody_an_error() {
    for latency in [1, 5, 20, 50] {
        // The first answer is that of whoever takes over: the dead one gets none.
        let user = TokenUser::new(fails_first(1, Ok(json_response(503, "{}"))));
        user.host.delay(move |_| latency);
        let (client, request) = (patient_client(), audience("a"));
        let mut leader = pin!(user.call(&client, &request));
        assert!(poll_once(leader.as_mut()).is_none());
        let tokens = user.get_at_once(1000, &client, &request);
        assert_eq!(tokens.into_iter().filter(Result::is_err).count(), 0, "{latency}");
        assert_eq!(user.requests(), 3, "{latency}");
    }
}

#[test]
fn a_server_that_is_slow_but_alive_is_not_asked_twice() {
    let user = TokenUser::new(grants(3600));
    user.host.delay(|_| 9000);
    let tokens = user.get_at_once(50, &patient_client(), &audience("a"));
    assert!(tokens.into_iter().all(|token| token.is_ok()));
    assert_eq!(user.requests(), 1);
}

#[test]
fn one_failure_costs_one_more_request_and_nobody_an_error() {
    for answer in [Ok(json_response(500, "{}")), Err(FetchError::Broken("reset".to_owned()))] {
        let user = TokenUser::new(fails_first(1, answer));
        user.host.delay(|_| 50);
        let tokens = user.get_at_once(200, &patient_client(), &audience("a"));
        assert!(tokens.into_iter().all(|token| token.is_ok()));
        assert_eq!(user.requests(), 2);
    }
}

#[test]
fn a_dead_server_costs_a_burst_two_requests_and_everybody_gets_the_real_error() {
    for latency in [1, 20, 200] {
        let user = TokenUser::new(|_| Ok(json_response(503, r#"{"error":"temporarily_unavailable"}"#)));
        user.host.delay(move |_| latency);
        let errors = user.get_at_once(200, &patient_client(), &audience("a"));
        assert!(errors.into_iter().all(|error| error.unwrap_err().error.code == Code::ServerError), "{latency}");
        assert_eq!(user.requests(), 2, "{latency}");
    }
}

#[test]
fn a_server_that_hangs_once_costs_its_timeout_once() {
    let user = TokenUser::new(grants(3600));
    let mut first = true;
    user.host.delay(move |_| if std::mem::take(&mut first) { u32::MAX } else { 100 });
    let client = Client { timeout_millis: 1000, ..patient_client() };
    let start = user.host.now();
    let tokens = user.get_at_once(200, &client, &audience("a"));
    assert!(tokens.into_iter().all(|token| token.is_ok()));
    assert_eq!(user.requests(), 2);
    let waited = user.host.now().millis_since(start);
    assert!((1100..1200).contains(&waited), "{waited} ms");
}

#[test]
fn a_refusal_is_everybodys_and_each_has_an_error_of_its_own() {
    let user = TokenUser::new(|_| Ok(json_response(401, r#"{"error":"invalid_client"}"#)));
    user.host.delay(|_| 100);
    let errors = user.get_at_once(50, &patient_client(), &audience("a"));
    assert!(errors.into_iter().all(|error| error.unwrap_err().error.code == Code::InvalidClient));
    assert_eq!(user.requests(), 1);
}

#[test]
fn no_caller_waits_longer_than_its_deadline() {
    let user = TokenUser::new(|_| Ok(json_response(500, "{}")));
    user.host.delay(|_| 9000);
    let mut client = patient_client();
    (client.retry.attempts, client.retry.deadline_millis) = (10, 12_000);
    let start = user.host.now();
    let errors = user.get_at_once(20, &client, &audience("a"));
    assert!(errors.into_iter().all(|error| error.is_err()));
    let waited = user.host.now().millis_since(start);
    assert!(waited < 12_300, "{waited} ms");
}

#[test]
fn a_due_token_is_renewed_by_one_and_the_others_do_not_wait() {
    let user = TokenUser::new(grants(300));
    let (client, request) = (patient_client(), audience("a"));
    user.get(&client, &request).unwrap();
    user.host.advance_seconds(250);
    user.host.delay(|_| 5000);
    let mut renewer = pin!(user.call(&client, &request));
    assert!(renewer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let start = user.host.now();
    assert!(user.get_at_once(500, &client, &request).into_iter().all(|token| token.unwrap() == "token-1"));
    assert_eq!(user.host.now(), start);
    assert_eq!(user.host.run(renewer).unwrap().0, "token-2");
    assert_eq!(user.requests(), 2);
}

#[test]
fn a_renewal_that_fails_costs_nobody_anything_and_is_tried_again_later() {
    let user = TokenUser::new(grants(300));
    let (client, request) = (patient_client(), audience("a"));
    user.get(&client, &request).unwrap();
    user.host.serve(|_| Err(FetchError::Broken("down".to_owned())));
    user.host.advance_seconds(241);
    for second in 241..290 {
        assert_eq!(user.get(&client, &request).unwrap(), "token-1", "{second}");
        user.host.advance_seconds(1);
    }
    let tried = user.requests();
    assert!((4..=10).contains(&tried), "{tried} requests: with growing pauses");
    assert!(user.get(&client, &request).is_err());
    assert!(user.events().contains(&"renewal_failed"));
}

#[test]
fn a_server_that_is_back_when_the_token_ends_is_asked_at_once() {
    for (seed, last) in (0..).zip((241..290).cycle()).take(500) {
        let user = TokenUser::new(grants(300));
        user.host.seed(seed);
        let (client, request) = (patient_client(), audience("a"));
        user.get(&client, &request).unwrap();
        user.host.serve(|_| Ok(json_response(503, "{}")));
        user.host.advance_seconds(240);
        for _ in 240..last {
            user.get(&client, &request).unwrap();
            user.host.advance_seconds(1);
        }
        user.host.serve(grants(300));
        user.host.advance_seconds(290 - last);
        user.get(&client, &request).unwrap();
    }
}

#[test]
fn one_request_finds_the_endpoint_for_tokens_of_all_kinds() {
    let user = TokenUser::new(|seen| {
        let metadata = json!({"issuer": ISSUER, "token_endpoint": TOKEN_ENDPOINT}).to_string();
        let token = json!({"access_token": "a", "expires_in": 60}).to_string();
        Ok(json_response(200, if seen.method == "GET" { &metadata } else { &token }))
    });
    user.host.delay(|_| 100);
    let by_issuer = Client { server: server_of(issuer(ISSUER)), ..patient_client() };
    let requests: Vec<_> = (0..50).map(|number| audience(&number.to_string())).collect();
    let calls = requests.iter().map(|request| user.call(&by_issuer, request));
    assert!(user.host.run(join_all(calls)).iter().all(Result::is_ok));
    let (metadata, tokens): (Vec<_>, Vec<_>) = user.host.seen().into_iter().partition(|seen| seen.method == "GET");
    assert_eq!((metadata.len(), tokens.len()), (1, 50));
}

#[test]
fn old_metadata_serves_while_the_issuer_has_none() {
    let up = Rc::new(Cell::new(true));
    let is_up = Rc::clone(&up);
    let user = TokenUser::new(move |seen| {
        let metadata = json!({"issuer": ISSUER, "token_endpoint": TOKEN_ENDPOINT}).to_string();
        let token = json!({"access_token": "a", "expires_in": 60}).to_string();
        match seen.method {
            "GET" if is_up.get() => Ok(json_response(200, &metadata)),
            "GET" => Ok(json_response(500, "{}")),
            _ => Ok(json_response(200, &token)),
        }
    });
    let by_issuer = Client { server: server_of(issuer(ISSUER)), ..client() };
    user.get(&by_issuer, &audience("a")).unwrap();
    up.set(false);
    for _ in 0..100 {
        user.host.advance_seconds(700);
        user.get(&by_issuer, &audience("a")).unwrap();
    }
    user.host.advance_seconds(86_400);
    assert!(user.get(&by_issuer, &audience("a")).is_err(), "not for ever");
}

/// A request that workerd has put aside goes on after another has taken over.
#[test]
fn one_who_comes_back_late_ends_nobody_elses_work() {
    for (answer, expected) in [(json_response(500, "{}"), 2), (json_response(401, "{}"), 2)] {
        let mut number = 0;
        let user = TokenUser::new(move |_| {
            number += 1;
            // The second answer is the late one's: the new leader's request was sent after it, and is quicker.
            if number == 1 {
                Ok(answer.clone())
            } else {
                grants(3600)(&Seen { method: "POST", url: String::new(), proofs: vec![], body: String::new() })
            }
        });
        let mut first = true;
        user.host.delay(move |_| if std::mem::take(&mut first) { 300 } else { 2000 });
        let (client, request) = (Client { retry: client().retry, ..patient_client() }, audience("a"));
        let mut late = Box::pin(user.call(&client, &request));
        let mut new = Box::pin(user.call(&client, &request));
        assert!(poll_once(late.as_mut()).is_none());
        // The late one is not polled while the new one waits for it, gives it up and asks.
        while user.requests() < 2 {
            assert!(poll_once(new.as_mut()).is_none());
            user.host.fire_next_timer();
        }
        // Now it comes back, beats and fails.
        let failed = loop {
            match poll_once(late.as_mut()) {
                Some(outcome) => break outcome,
                None => assert!(user.host.fire_next_timer()),
            }
        };
        assert!(failed.is_err());
        let others = join_all((0..20).map(|_| user.call(&client, &request)));
        let (new, others) = user.host.run(join(new, others));
        assert!(new.is_ok() && others.iter().all(Result::is_ok), "its failure is not the others'");
        assert_eq!(user.requests(), expected, "and nobody asks beside the new one");
    }
}

#[test]
fn one_who_renews_without_beating_is_given_up() {
    let user = TokenUser::new(grants(300));
    let (client, request) = (patient_client(), audience("a"));
    user.get(&client, &request).unwrap();
    user.host.advance_seconds(250);
    user.host.delay(|_| 200);
    let mut dead = pin!(user.call(&client, &request));
    assert!(poll_once(dead.as_mut()).is_none());
    assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    user.host.advance_seconds(2);
    assert_eq!(user.get(&client, &request).unwrap(), "token-2");
}

#[test]
fn an_old_token_that_ends_while_it_is_renewed_is_not_handed_out() {
    let user = TokenUser::new(grants(60));
    let (client, request) = (patient_client(), audience("a"));
    user.get(&client, &request).unwrap();
    user.host.advance_seconds(53);
    user.host.serve(|_| Ok(json_response(500, "{}")));
    user.host.delay(|_| 9000);
    assert_eq!(user.get(&client, &request).unwrap_err().error.code, Code::ServerError);
}

#[test]
fn a_clock_that_jumps_forward_costs_no_waiter_the_token_that_has_come() {
    let user = TokenUser::new(grants(3600));
    user.host.delay(|_| 200);
    let (client, request) = (patient_client(), audience("a"));
    let mut calls: Vec<_> = (0..10).map(|_| Box::pin(user.call(&client, &request))).collect();
    assert!(calls.iter_mut().all(|call| poll_once(call.as_mut()).is_none()));
    user.host.jump_seconds(40);
    for outcome in user.host.run(join_all(calls)) {
        outcome.unwrap();
    }
}

#[test]
fn deadlines_hold_for_discovery_and_for_pauses() {
    let never = TokenUser::new(grants(60));
    never.host.delay(|_| u32::MAX);
    let mut client = Client { server: server_of(issuer(ISSUER)), ..patient_client() };
    client.retry.deadline_millis = 1000;
    let start = never.host.now();
    never.get(&client, &audience("a")).unwrap_err();
    assert!(never.host.now().millis_since(start) < 1400);

    let later = TokenUser::new(|_| {
        let mut response = json_response(503, "{}");
        response.headers.push(("retry-after".to_owned(), "30".to_owned()));
        Ok(response)
    });
    let mut client = patient_client();
    (client.retry.deadline_millis, client.retry.max_delay_millis) = (2000, 60_000);
    let start = later.host.now();
    let error = later.get(&client, &audience("a")).unwrap_err().error;
    assert_eq!((error.code, error.retry_after), (Code::ServerError, Some(30)), "the server's own answer");
    assert!(later.host.now().millis_since(start) < 100);
}

#[test]
fn a_token_that_is_dead_on_arrival_is_everybodys_who_waited_for_it() {
    let user = TokenUser::new(grants(0));
    user.host.delay(|_| 200);
    let tokens = user.get_at_once(1000, &patient_client(), &audience("a"));
    assert!(tokens.into_iter().all(|token| token.unwrap() == "token-1"));
    assert_eq!(user.requests(), 1);
}

#[test]
fn a_token_ages_from_when_it_was_asked_for() {
    let user = TokenUser::new(grants(60));
    user.host.delay(|_| 9000);
    let (client, request) = (patient_client(), audience("a"));
    user.get(&client, &request).unwrap();
    user.host.serve(|_| Err(FetchError::Broken("down".to_owned())));
    user.host.delay(|_| 0);
    user.host.advance_seconds(45);
    assert!(user.get(&client, &request).is_err(), "54 seconds after it was asked for");
}

#[test]
fn a_renewal_that_is_to_be_tried_again_at_once_is_tried_once_a_second() {
    let user = TokenUser::new(grants(300));
    for client in [patient_client(), client()] {
        let request = audience(&client.retry.attempts.to_string());
        user.host.serve(grants(300));
        user.get(&client, &request).unwrap();
        user.host.advance_seconds(250);
        user.host.serve(|_| {
            let mut response = json_response(429, "{}");
            response.headers.push(("retry-after".to_owned(), "0".to_owned()));
            Ok(response)
        });
        let before = user.requests();
        for _ in 0..50 {
            user.get(&client, &request).unwrap();
        }
        assert_eq!(user.requests() - before, 1);
        user.host.advance_seconds(600);
    }
}

/// For one who must not wait for anybody: a broker that others wait for.
#[test]
fn a_fresh_token_waits_for_nobody_and_is_everybodys() {
    let user = TokenUser::new(grants(3600));
    user.host.delay(|_| 200);
    let (client, request) = (patient_client(), audience("a"));
    let mut leader = pin!(user.call(&client, &request));
    assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let start = user.host.now();
    assert_eq!(user.get_fresh(&client, &request).unwrap(), "token-1");
    assert!(user.host.now().millis_since(start) <= 201);
    assert_eq!(user.get(&client, &request).unwrap(), "token-1");
    user.host.serve(|_| Ok(json_response(500, "{}")));
    user.get_fresh(&client, &request).unwrap_err();
    assert_eq!(user.get(&client, &request).unwrap(), "token-1", "and its failure is its own");
}
