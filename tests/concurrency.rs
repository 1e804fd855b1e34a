//! Many verifications at once: one request for all, nobody waits for another's promise, one that is
//! cancelled fails nobody, and state is never borrowed across an await.
//!
//! The futures are polled by hand, so each test says in which order answers arrive.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers run within tests only")]

mod support;

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use gatepass::flow::discovery::Discovery;
use gatepass::flow::key_sets::KeySets;
use gatepass::flow::verifier::KeyContext;
use gatepass::host::Host;
use gatepass::host::clock::Clock;
use gatepass::host::crypto::Crypto;
use gatepass::host::events::{Event, Events};
use gatepass::host::fake::{Answer, FakeHost, Seen};
use gatepass::host::fetch::{Fetch, FetchError, Limits};
use gatepass::host::random::Random;
use gatepass::host::sleep::Sleep;
use gatepass::host::store::Store;
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::error::Reason;
use gatepass::protocol::http::{Request, Response};
use gatepass::protocol::jwk::Jwk;
use gatepass::protocol::jwt::SignatureCheck;
use gatepass::protocol::time::Timestamp;

use crate::support::{Failed, KeyServer, NOW, SigningKey, verifier};

/// A host whose answers are made when a request is sent, and arrive when they are let through.
struct SlowHost {
    host: FakeHost,
    arrived: RefCell<Vec<usize>>,
}

impl SlowHost {
    fn new(server: impl FnMut(&Seen) -> Answer + 'static) -> Self {
        Self { host: FakeHost::new(NOW, server), arrived: RefCell::default() }
    }

    /// The number of requests sent so far. The first one is number 0.
    fn sent(&self) -> usize {
        self.host.seen().len()
    }

    /// Lets the answer to a request through.
    fn arrive(&self, request: usize) {
        self.arrived.borrow_mut().push(request);
    }

    /// Runs calls to their ends, moving the clock from timer to timer.
    fn outcomes(&self, calls: &mut [Call<'_>]) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = calls.iter().map(|_| None).collect();
        loop {
            for (call, outcome) in calls.iter_mut().zip(&mut outcomes) {
                if outcome.is_none() {
                    *outcome = poll(call);
                }
            }
            if outcomes.iter().all(Option::is_some) {
                return outcomes.into_iter().flatten().collect();
            }
            assert!(self.host.fire_next_timer(), "they wait for something that no timer brings");
        }
    }

    fn all_arrive(&self) {
        (0..1_000).for_each(|request| self.arrive(request));
    }
}

impl Host for SlowHost {
    type Cause = String;
}

impl Clock for SlowHost {
    fn now(&self) -> Timestamp {
        self.host.now()
    }
}

impl Sleep for SlowHost {
    async fn sleep(&self, millis: u32) {
        self.host.sleep(millis).await;
    }
}

impl Random for SlowHost {
    fn unit(&self) -> f64 {
        self.host.unit()
    }

    fn unique(&self) -> String {
        String::new()
    }
}

impl Fetch for SlowHost {
    async fn fetch(&self, request: Request, limits: Limits) -> Result<Response, FetchError<String>> {
        let number = self.sent();
        let answer = self.host.fetch(request, limits).await;
        poll_fn(|_| if self.arrived.borrow().contains(&number) { Poll::Ready(()) } else { Poll::Pending }).await;
        answer
    }
}

impl Crypto for SlowHost {
    type Key = String;

    async fn import_key(&self, key: &Jwk, algorithm: Algorithm) -> Result<String, String> {
        self.host.import_key(key, algorithm).await
    }

    async fn verify(&self, key: &String, check: &SignatureCheck) -> Result<bool, String> {
        self.host.verify(key, check).await
    }
}

impl Events for SlowHost {
    fn emit(&self, key: &str, event: &Event) {
        self.host.emit(key, event);
    }

    fn changed(&self) {}
}

impl Store for SlowHost {}

type Outcome = Result<(), Failed>;
type Call<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

fn poll(call: &mut Call<'_>) -> Option<Outcome> {
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

/// An API many requests arrive at.
struct Api {
    host: SlowHost,
    discovery: Discovery,
    key_sets: KeySets<String>,
}

impl Api {
    fn new(server: &KeyServer) -> Self {
        let server = server.clone();
        Self {
            host: SlowHost::new(move |_| Ok(server.answer())),
            discovery: Discovery::default(),
            key_sets: KeySets::default(),
        }
    }

    /// A request with this token.
    fn call(&self, token: &str) -> Call<'_> {
        let token = token.to_owned();
        Box::pin(async move {
            let verifier = verifier();
            let unproven = verifier.read(&token, self.host.now())?;
            let context = KeyContext { discovery: &self.discovery, key_sets: &self.key_sets, refreshes_ahead: false };
            verifier.verify(&self.host, &context, unproven).await.map(drop)
        })
    }

    /// A request that is answered at once, or else is stuck.
    fn settled(&self, token: &str) -> Outcome {
        poll(&mut self.call(token)).unwrap_or_else(|| panic!("it waits for something"))
    }
}

fn key(number: u8, kid: &str) -> (SigningKey, String) {
    let key = SigningKey::new(number, Some(kid));
    let token = key.token(Some(kid), 3600);
    (key, token)
}

/// An API that knows the old key, 31 seconds after it has fetched it.
fn running() -> (SigningKey, String, KeyServer, Api) {
    let (old, token) = key(1, "old");
    let server = KeyServer::publishing(&[&old]);
    let api = Api::new(&server);
    api.host.arrive(0);
    api.settled(&token).unwrap();
    api.host.host.advance_seconds(31);
    (old, token, server, api)
}

#[test]
fn a_cold_burst_causes_one_request_and_everybody_is_served() {
    let (key, token) = key(1, "old");
    let api = Api::new(&KeyServer::publishing(&[&key]));
    let mut calls: Vec<_> = (0..100).map(|_| api.call(&token)).collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_none()));
    api.host.arrive(0);
    assert!(api.host.outcomes(&mut calls).iter().all(Result::is_ok));
    assert_eq!(api.host.sent(), 1);
}

#[test]
fn a_request_that_is_cancelled_costs_the_others_a_moment_and_no_failure() {
    let (key, token) = key(1, "old");
    let api = Api::new(&KeyServer::publishing(&[&key]));
    let mut cancelled = api.call(&token);
    assert!(poll(&mut cancelled).is_none());
    let mut calls: Vec<_> = (0..100).map(|_| api.call(&token)).collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_none()));
    let before = api.host.now();
    api.host.arrive(1);
    // Not dropped: nothing of a cancelled request ever runs again on workerd.
    assert!(api.host.outcomes(&mut calls).iter().all(Result::is_ok));
    assert_eq!(api.host.sent(), 2);
    let waited = api.host.now().millis_since(before);
    assert!(waited < 400, "{waited} ms");
}

/// Old keys serve while one request asks for newer ones: nobody else asks, and nobody waits.
#[test]
fn a_flood_at_keys_of_ten_minutes_causes_one_request_and_good_tokens_pass_meanwhile() {
    let (_, token, _, api) = running();
    api.host.host.advance_seconds(600);
    let mut calls: Vec<_> = (0..100).map(|number| api.call(&key(9, &format!("kid-{number}")).1)).collect();
    for call in &mut calls {
        let _ = poll(call);
    }
    assert_eq!(api.host.sent(), 2, "the first request of all, and one for newer keys");
    api.settled(&token).unwrap();
}

#[test]
fn a_burst_of_unknown_keys_causes_one_request_and_good_tokens_pass_meanwhile() {
    let (_, token, _, api) = running();
    let mut calls: Vec<_> = (0..100).map(|number| api.call(&key(9, &format!("kid-{number}")).1)).collect();
    for call in &mut calls {
        let _ = poll(call);
        api.settled(&token).unwrap();
    }
    assert_eq!(api.host.sent(), 2);
}

/// Its key may be in the answer that is on its way.
#[test]
fn tokens_by_a_new_key_wait_for_the_one_request_that_may_bring_it() {
    let (old, _, server, api) = running();
    let (new, token) = key(2, "new");
    server.publish(&[&old, &new]);
    let mut calls: Vec<_> = (0..20).map(|_| api.call(&token)).collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_none()));
    api.host.arrive(1);
    assert!(api.host.outcomes(&mut calls).iter().all(Result::is_ok));
    assert_eq!(api.host.sent(), 2);
}

#[test]
fn after_a_cancelled_search_for_a_new_key_the_next_one_finds_it() {
    let (old, _, server, api) = running();
    let (new, token) = key(2, "new");
    server.publish(&[&old, &new]);
    let mut cancelled = api.call(&token);
    assert!(poll(&mut cancelled).is_none());
    drop(cancelled);
    api.host.host.advance_seconds(30);
    api.host.all_arrive();
    api.settled(&token).unwrap();
}

/// Fetched earlier, received later: a removed key must not come back that way.
#[test]
fn an_old_answer_that_arrives_late_does_not_replace_a_newer_one() {
    let (old, old_token, server, api) = running();
    let (new, new_token) = key(2, "new");
    api.host.host.advance_seconds(600);
    let (mut slow, mut quick) = (api.call(&old_token), api.call(&new_token));
    assert!(poll(&mut slow).is_none());
    // Long enough for the first request to count as lost.
    api.host.host.advance_seconds(10);
    server.publish(&[&new]);
    assert!(poll(&mut quick).is_none());
    api.host.arrive(2);
    poll(&mut quick).unwrap().unwrap();
    api.host.arrive(1);
    let _ = poll(&mut slow);
    api.settled(&new_token).unwrap();
    let refused = api.settled(&old.token(Some("old"), 3600)).unwrap_err().error;
    assert_eq!(refused.reason, Some(Reason::UnknownKey));
}

/// Failing together is one outage, not a hundred.
#[test]
fn a_burst_that_fails_counts_as_one_failure() {
    let (key, token) = key(1, "old");
    let server = KeyServer::default();
    let api = Api::new(&server);
    let mut calls: Vec<_> = (0..20).map(|_| api.call(&token)).collect();
    api.host.all_arrive();
    assert!(api.host.outcomes(&mut calls).iter().all(Result::is_err));
    assert_eq!(api.host.sent(), 1);
    server.publish(&[&key]);
    api.host.host.advance_seconds(5);
    api.settled(&token).unwrap();
}
