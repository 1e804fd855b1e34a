//! A scripted host with a manual clock.
//!
//! Its cryptography is a stand-in that tells right from wrong by comparing bytes; its `fetch`
//! answers from a script; its time moves only when told. It exists so that days of expiry,
//! outages and key rotation run in milliseconds.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::host::clock::Clock;
use crate::host::credential::Credential;
use crate::host::crypto::Crypto;
use crate::host::events::{Event, Events};
use crate::host::fetch::{Fetch, FetchError, Limits};
use crate::host::random::Random;
use crate::host::replay::Replays;
use crate::host::signing::{Signing, SigningKey};
use crate::host::sleep::Sleep;
use crate::host::store::{Place, Store, StoreFailure};
use crate::host::{Failure, Host};
use crate::protocol::algorithm::Algorithm;
use crate::protocol::dpop_proof::VerifiedProof;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Request, Response};
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::SignatureCheck;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// What the scripted `fetch` answers.
pub type Answer = Result<Response, FetchError<String>>;

/// What the scripted source of secrets gives.
pub type SecretAnswer = Result<Secret, String>;

type Server = Box<dyn FnMut(&Seen) -> Answer>;
type Latency = Box<dyn FnMut(&Seen) -> u32>;

/// A request as the scripted server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// GET or POST.
    pub method: &'static str,
    /// The whole URL.
    pub url: String,
    /// The headers that prove who asks: `authorization` and `dpop`.
    pub proofs: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// A host for tests.
pub struct FakeHost {
    now: Cell<Timestamp>,
    skew_millis: Cell<i64>,
    server: RefCell<Server>,
    seen: Rc<RefCell<Vec<Seen>>>,
    refuses_keys: Cell<bool>,
    latency: RefCell<Latency>,
    timers: RefCell<Vec<(Timestamp, Waker)>>,
    chance: Cell<u64>,
    events: RefCell<Vec<Event>>,
    changes: Cell<u32>,
    secrets: RefCell<Box<dyn FnMut() -> SecretAnswer>>,
    store: RefCell<Option<FakeStore>>,
}

/// A store that several fake hosts can share: they are a fleet then.
#[derive(Clone, Default)]
pub struct FakeStore {
    records: Rc<RefCell<HashMap<String, String>>>,
    locks: Rc<RefCell<HashMap<String, Timestamp>>>,
    trouble: Rc<Cell<Option<&'static str>>>,
    can_acquire: Rc<Cell<bool>>,
    millis: Rc<Cell<u32>>,
}

impl FakeStore {
    /// A store with or without locks.
    #[must_use]
    pub fn new(can_acquire: bool) -> Self {
        let store = Self::default();
        store.can_acquire.set(can_acquire);
        store
    }

    /// Makes everything fail from now on, or work again.
    pub fn fail(&self, problem: Option<&'static str>) {
        self.trouble.set(problem);
    }

    /// Takes a lock and keeps it, as a member of the fleet that is stuck.
    pub fn lock(&self, key: &str) {
        self.locks.borrow_mut().insert(key.to_owned(), Timestamp::from_millis(i64::MAX));
    }

    /// How many locks are held.
    #[must_use]
    pub fn locks(&self) -> usize {
        self.locks.borrow().len()
    }

    /// Makes every operation take so long.
    pub fn slow(&self, millis: u32) {
        self.millis.set(millis);
    }

    /// Gives a lock back.
    pub fn unlock(&self, key: &str) {
        self.locks.borrow_mut().remove(key);
    }

    /// The records, to be looked at or tampered with.
    #[must_use]
    pub fn records(&self) -> RefMut<'_, HashMap<String, String>> {
        self.records.borrow_mut()
    }
}

impl FakeHost {
    /// A host whose clock stands at `seconds` and whose `fetch` is answered by `server`.
    pub fn new(seconds: i64, server: impl FnMut(&Seen) -> Answer + 'static) -> Self {
        Self {
            now: Cell::new(Timestamp::from_millis(seconds.saturating_mul(1000))),
            server: RefCell::new(Box::new(server)),
            skew_millis: Cell::new(0),
            seen: Rc::default(),
            refuses_keys: Cell::new(false),
            latency: RefCell::new(Box::new(|_| 0)),
            timers: RefCell::default(),
            chance: Cell::new(0x9e37_79b9_7f4a_7c15),
            events: RefCell::default(),
            changes: Cell::default(),
            secrets: RefCell::new(Box::new(|| Err("no secret".to_owned()))),
            store: RefCell::default(),
        }
    }

    /// Gives it a store.
    pub fn share(&self, store: &FakeStore) {
        *self.store.borrow_mut() = Some(store.clone());
    }

    /// Gives it a source of secrets.
    pub fn give_secrets(&self, source: impl FnMut() -> SecretAnswer + 'static) {
        *self.secrets.borrow_mut() = Box::new(source);
    }

    /// Seeds the source of chance.
    pub fn seed(&self, seed: u64) {
        self.chance.set(seed ^ 0x9e37_79b9_7f4a_7c15);
    }

    /// Makes answers take so many milliseconds; as long as the request's timeout is a timeout.
    pub fn delay(&self, latency: impl FnMut(&Seen) -> u32 + 'static) {
        *self.latency.borrow_mut() = Box::new(latency);
    }

    /// Moves the clock to the next timer and fires it; false when there is none.
    pub fn fire_next_timer(&self) -> bool {
        let Some(at) = self.timers.borrow().iter().map(|(at, _)| *at).min() else { return false };
        self.now.set(self.now.get().max(at));
        let due: Vec<_> = {
            let mut timers = self.timers.borrow_mut();
            let (due, later) = timers.drain(..).partition(|(other, _)| *other <= at);
            *timers = later;
            due
        };
        for (_, waker) in due {
            waker.wake();
        }
        true
    }

    /// Runs a future to its end, moving the clock from timer to timer.
    ///
    /// # Panics
    /// When the future waits for something that no timer brings.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            assert!(self.fire_next_timer(), "the future waits for something that no timer brings");
        }
    }

    /// All events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.events.borrow().clone()
    }

    /// How often a fresh token may have changed.
    #[must_use]
    pub fn changes(&self) -> u32 {
        self.changes.get()
    }

    /// Moves the clock, forwards or backwards.
    pub fn advance_seconds(&self, seconds: i64) {
        self.now.set(self.now.get().plus_millis(seconds.saturating_mul(1000)));
    }

    /// Makes the clock jump, while timers go on as before.
    pub fn jump_seconds(&self, seconds: i64) {
        self.skew_millis.set(self.skew_millis.get().saturating_add(seconds.saturating_mul(1000)));
    }

    /// The true time, which the clock may have jumped away from.
    #[must_use]
    pub fn true_time(&self) -> Timestamp {
        self.now.get()
    }

    /// Replaces the server.
    pub fn serve(&self, server: impl FnMut(&Seen) -> Answer + 'static) {
        *self.server.borrow_mut() = Box::new(server);
    }

    /// Makes every key import fail from now on.
    pub fn refuse_keys(&self) {
        self.refuses_keys.set(true);
    }

    /// All requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }
}

/// A JSON response.
#[must_use]
pub fn json_response(status: u16, body: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: body.as_bytes().to_vec() }
}

/// The signature the fake host takes for good: of this key over these bytes.
#[must_use]
pub fn fake_signature(key: &str, signing_input: &[u8]) -> Vec<u8> {
    // FNV-1a, stretched to the 64 bytes of a P-256 signature: enough to tell keys and texts apart.
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    let mut signature = Vec::new();
    for round in 0..8_u8 {
        for byte in key.bytes().chain([0, round]).chain(signing_input.iter().copied()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        signature.extend(state.to_be_bytes());
    }
    signature
}

impl Host for FakeHost {
    type Cause = String;
}

impl Clock for FakeHost {
    fn now(&self) -> Timestamp {
        self.now.get().plus_millis(self.skew_millis.get())
    }
}

impl Sleep for FakeHost {
    async fn sleep(&self, millis: u32) {
        let at = self.now.get().plus_millis(millis.into());
        poll_fn(|context| {
            if self.now.get() >= at {
                return Poll::Ready(());
            }
            self.timers.borrow_mut().push((at, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

impl Random for FakeHost {
    /// Splitmix64: every seed another schedule.
    fn unit(&self) -> f64 {
        let state = self.chance.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.chance.set(state);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
    }

    fn unique(&self) -> String {
        format!("unique-{}", self.unit())
    }
}

impl Events for FakeHost {
    fn emit(&self, _key: &str, event: &Event) {
        self.events.borrow_mut().push(event.clone());
    }

    fn changed(&self) {
        self.changes.set(self.changes.get().saturating_add(1));
    }
}

impl Credential for FakeHost {
    async fn client_secret(&self, _timeout_millis: u32) -> SecretAnswer {
        (self.secrets.borrow_mut())()
    }

    async fn client_assertion(&self, _timeout_millis: u32) -> SecretAnswer {
        (self.secrets.borrow_mut())()
    }
}

impl Signing for FakeHost {
    async fn sign(&self, key: SigningKey<'_>, _algorithm: Algorithm, input: &str) -> Result<Vec<u8>, String> {
        let key = match key {
            SigningKey::Client => "the client's key",
            SigningKey::Proof => "the key of proofs",
            SigningKey::Secret(secret) => secret.expose(),
        };
        if self.refuses_keys.get() { Err("key refused".to_owned()) } else { Ok(fake_signature(key, input.as_bytes())) }
    }

    async fn proof_key(&self, _algorithm: Algorithm) -> Result<String, String> {
        Ok(r#"{"kty":"EC"}"#.to_owned())
    }
}

impl FakeHost {
    async fn store(&self) -> Result<FakeStore, StoreFailure> {
        let store = self.store.borrow().clone().unwrap_or_default();
        self.sleep(store.millis.get().max(1)).await;
        match store.trouble.get() {
            None => Ok(store),
            Some(problem) => Err(StoreFailure { problem: problem.to_owned(), error: None }),
        }
    }
}

/// Unsealed: what a seal is good for is tested where there is one.
impl Store for FakeHost {
    fn has_store(&self) -> bool {
        self.store.borrow().is_some()
    }

    fn can_acquire(&self) -> bool {
        self.store.borrow().as_ref().is_some_and(|store| store.can_acquire.get())
    }

    async fn load(&self, place: &Place<'_>) -> Result<Option<Secret>, StoreFailure> {
        let store = self.store().await?;
        let record = store.records.borrow().get(place.key).cloned();
        Ok(record.map(Secret::new))
    }

    async fn save(
        &self,
        place: &Place<'_>,
        record: &str,
        _expires_at: Timestamp,
        _renew_at: Timestamp,
    ) -> Result<(), StoreFailure> {
        self.store().await?.records.borrow_mut().insert(place.key.to_owned(), record.to_owned());
        Ok(())
    }

    async fn load_text(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        Ok(self.store().await?.records.borrow().get(key).cloned())
    }

    async fn save_text(&self, key: &str, text: &str, _expires_at: Timestamp) -> Result<(), StoreFailure> {
        self.store().await?.records.borrow_mut().insert(key.to_owned(), text.to_owned());
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreFailure> {
        let store = self.store().await?;
        store.records.borrow_mut().remove(key);
        store.locks.borrow_mut().remove(key);
        Ok(())
    }

    async fn acquire(&self, key: &str, millis: u32) -> Result<bool, StoreFailure> {
        let store = self.store().await?;
        let mut locks = store.locks.borrow_mut();
        let now = self.true_time();
        let free = locks.get(key).is_none_or(|until| *until <= now);
        if free {
            locks.insert(key.to_owned(), now.plus_millis(millis.into()));
        }
        Ok(free)
    }
}

impl Replays for FakeHost {
    async fn is_new(&self, proof: &VerifiedProof, millis: u32) -> Result<bool, Failure<String>> {
        let answer = self.acquire(&proof.identity, millis).await;
        answer.map_err(|StoreFailure { problem, .. }| Failure {
            error: Error::new(Code::ReplayStoreUnavailable, "the replay store failed").with_status(503),
            cause: Some(problem),
        })
    }
}

impl Fetch for FakeHost {
    async fn fetch(&self, request: Request, limits: Limits) -> Result<Response, FetchError<String>> {
        let seen = Seen {
            method: request.method.as_str(),
            url: request.url.as_str().to_owned(),
            proofs: request
                .headers
                .iter()
                .filter(|(name, _)| ["authorization", "dpop"].contains(name))
                .map(|(name, value)| (*name, value.to_string()))
                .collect(),
            body: request.body.map(|body| body.to_string()).unwrap_or_default(),
        };
        self.seen.borrow_mut().push(seen.clone());
        let latency = (self.latency.borrow_mut())(&seen);
        self.sleep(latency.min(limits.timeout_millis)).await;
        if latency >= limits.timeout_millis {
            return Err(FetchError::Timeout("timeout".to_owned()));
        }
        let answer = (self.server.borrow_mut())(&seen);
        match answer {
            Ok(response) if response.body.len() > limits.max_body_bytes => Err(FetchError::TooLarge(response.status)),
            answer => answer,
        }
    }
}

impl Crypto for FakeHost {
    type Key = String;

    async fn import_key(&self, key: &Jwk, _algorithm: Algorithm) -> Result<String, String> {
        if self.refuses_keys.get() { Err("key refused".to_owned()) } else { Ok(key.host_json().to_owned()) }
    }

    async fn verify(&self, key: &String, check: &SignatureCheck) -> Result<bool, String> {
        Ok(fake_signature(key, &check.signing_input) == check.signature)
    }
}
