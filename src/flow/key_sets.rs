//! Keeping issuers' keys: one state machine per issuer, plain data between its steps.
//!
//! | the keys are | a caller who needs keys | a caller whose key id is unknown |
//! |---|---|---|
//! | fresh | uses them; from 80 % of that time on, one refreshes them in the background | asks, if the last request is 30 s old |
//! | stale, up to a day old | asks, unless somebody does or a pause is on: then uses them | the same |
//! | missing, or older | asks, waits for whoever does, or is refused during a pause | |
//!
//! A request that fails begins a pause of 5, 10, 20, then 30 seconds. Whoever asks holds the claim of a
//! [`Flight`]; nobody awaits another one's request.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::rc::Rc;

use crate::flow::discovery::Discovery;
use crate::flow::flight::{Flight, Waited, beating, wait};
use crate::flow::memory::Memory;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::crypto::Crypto;
use crate::host::events::{Event, Events};
use crate::host::fetch::{Fetch, Limits};
use crate::host::random::Random;
use crate::host::sleep::Sleep;
use crate::host::store::{Store, StoreFailure};
use crate::protocol::algorithm::Algorithm;
use crate::protocol::error::{Code, Error};
use crate::protocol::fingerprint::fingerprint;
use crate::protocol::http::{Method, Request, Response};
use crate::protocol::jwk::{Jwk, KeySet, MAX_KEY_SET_BYTES};
use crate::protocol::key_snapshot::{KeySnapshot, fresh_millis};
use crate::protocol::metadata::Issuer;
use crate::protocol::time::Timestamp;
use crate::protocol::url::{HttpUrl, Transport};

const SECOND: i64 = 1000;
/// A set is used this long when no newer one can be had, in milliseconds.
const STALE_MILLIS: i64 = 24 * 60 * 60 * SECOND;
/// The least time between two requests for the sake of an unknown key id, in milliseconds.
const UNKNOWN_KEY_MILLIS: i64 = 30 * SECOND;
/// After a failure the next request waits 5, 10, 20, then 30 seconds.
const PAUSE_MILLIS: [i64; 4] = [5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND];
/// How many issuers' keys are kept.
const MAX_SOURCES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);

/// Where an issuer's keys are.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// Here: they are never asked for.
    Fixed(Rc<KeySet>),
    /// At a known address.
    Url(HttpUrl),
    /// At the address that the issuer's metadata names.
    Issuer(Issuer),
}

/// Where to get keys, and how long to wait for them.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// What may share keys has the same name.
    name: String,
    source: KeySource,
    transport: Transport,
    /// Milliseconds for one exchange.
    pub timeout_millis: u32,
}

impl KeyRequest {
    /// Keys of a source; `transport` says whether plain http is acceptable beyond loopback.
    #[must_use]
    pub fn new(source: KeySource, transport: Transport, timeout_millis: u32) -> Self {
        let name = match &source {
            KeySource::Fixed(set) => {
                let mut fields = Vec::new();
                for key in set.keys() {
                    fields.extend([
                        key.kid().unwrap_or_default(),
                        key.algorithm().map_or("", Algorithm::name),
                        key.host_json(),
                    ]);
                }
                format!("fixed {}", fingerprint(&fields))
            }
            KeySource::Url(url) => transport.mark(url.as_str()),
            KeySource::Issuer(issuer) => format!("keys of {}", transport.mark(issuer.as_str())),
        };
        Self { name, source, transport, timeout_millis }
    }

    /// The name as events and stores know it.
    fn digest(&self) -> String {
        fingerprint(&[&self.name])
    }
}

/// A key set with the keys the host has imported so far.
pub struct LoadedKeys<K> {
    set: Rc<KeySet>,
    imported: RefCell<Vec<(usize, Algorithm, K)>>,
}

impl<K: Clone> LoadedKeys<K> {
    /// Keys of which the host knows none yet.
    #[must_use]
    pub fn new(set: Rc<KeySet>) -> Rc<Self> {
        Rc::new(Self { set, imported: RefCell::default() })
    }

    /// How many keys of the set were left out because they must not or cannot be used.
    pub fn unusable(&self) -> usize {
        self.set.skipped().len()
    }

    /// The keys to try for a token.
    pub fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = (usize, &Jwk)> {
        self.set.candidates(kid, algorithm)
    }

    /// The host's form of a candidate.
    ///
    /// # Errors
    /// The host's error when it does not take the key.
    pub async fn import<C: Crypto<Key = K>>(
        &self,
        crypto: &C,
        (position, key): (usize, &Jwk),
        algorithm: Algorithm,
    ) -> Result<K, C::Cause> {
        let known = self.known(position, algorithm);
        if let Some(imported) = known {
            return Ok(imported);
        }
        let imported = crypto.import_key(key, algorithm).await?;
        if self.known(position, algorithm).is_none() {
            self.imported.borrow_mut().push((position, algorithm, imported.clone()));
        }
        Ok(imported)
    }

    fn known(&self, position: usize, algorithm: Algorithm) -> Option<K> {
        let imported = self.imported.borrow();
        imported.iter().find(|known| (known.0, known.1) == (position, algorithm)).map(|known| known.2.clone())
    }
}

/// A set that serves.
struct Kept<K> {
    keys: Rc<LoadedKeys<K>>,
    /// The digest of the document it was read from.
    digest: String,
    since: Timestamp,
    fresh_millis: i64,
    /// The claim that brought it; 0 when nobody had to ask.
    claim: u32,
}

impl<K> Kept<K> {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.is_within(self.since, self.fresh_millis)
    }

    /// When somebody should ask for newer ones, in the background.
    const fn due(&self) -> Timestamp {
        self.since.plus_millis((self.fresh_millis / 5).saturating_mul(4))
    }
}

/// What is known about one source of keys.
struct Entry<K> {
    kept: Option<Kept<K>>,
    /// Who asks for newer ones.
    flight: Flight,
    /// When the last request ended.
    asked_at: Option<Timestamp>,
    /// How many requests have failed since one succeeded, and how the last one did.
    failures: usize,
    trouble: Option<Error>,
}

/// What a caller is to do.
enum Step<K> {
    Use(Rc<LoadedKeys<K>>),
    /// Asks, by this claim.
    Ask(u32),
    /// Waits for the holder of this claim.
    Wait(u32),
    Refuse(Error),
}

impl<K: Clone> Entry<K> {
    fn new(source: &KeySource) -> Self {
        let kept = match source {
            KeySource::Fixed(set) => Some(Kept {
                keys: LoadedKeys::new(Rc::clone(set)),
                digest: String::new(),
                since: Timestamp::from_millis(0),
                fresh_millis: i64::MAX,
                claim: 0,
            }),
            _ => None,
        };
        Self { kept, flight: Flight::default(), asked_at: None, failures: 0, trouble: None }
    }

    /// The keys that serve, fresh or in an outage.
    fn usable(&self, now: Timestamp) -> Option<&Kept<K>> {
        self.kept.as_ref().filter(|kept| kept.is_fresh(now) || now.millis_since(kept.since) < STALE_MILLIS)
    }

    /// What is left of a time since the last request, in milliseconds.
    fn remaining(&self, pause: i64, now: Timestamp) -> i64 {
        match self.asked_at {
            Some(since) if now.is_within(since, pause) => pause.saturating_sub(now.millis_since(since)),
            _ => 0,
        }
    }

    /// What is left of the pause after a failure, in milliseconds.
    fn pause(&self, now: Timestamp) -> i64 {
        let place = self.failures.checked_sub(1);
        let pause = place.and_then(|place| PAUSE_MILLIS.get(place).or(PAUSE_MILLIS.last()));
        pause.map_or(0, |pause| self.remaining(*pause, now))
    }

    /// For a caller who needs keys.
    fn step(&mut self, now: Timestamp) -> Step<K> {
        let (claimed, pause) = (self.flight.claimed(now), self.pause(now));
        if let Some(kept) = self.usable(now)
            && (kept.is_fresh(now) || claimed.is_some() || pause > 0)
        {
            return Step::Use(Rc::clone(&kept.keys));
        }
        match claimed {
            Some(claim) => Step::Wait(claim),
            None if pause > 0 => Step::Refuse(self.asked_a_moment_ago(pause)),
            None => Step::Ask(self.flight.claim(now)),
        }
    }

    /// For a caller whose key id is not among the keys that it `knows`.
    fn search(&mut self, known: &Rc<LoadedKeys<K>>, now: Timestamp) -> Step<K> {
        if let Some(kept) = &self.kept
            && (kept.fresh_millis == i64::MAX || !Rc::ptr_eq(&kept.keys, known))
        {
            return Step::Use(Rc::clone(&kept.keys));
        }
        let pause = self.remaining(UNKNOWN_KEY_MILLIS, now);
        match self.flight.claimed(now) {
            Some(claim) => Step::Wait(claim),
            None if pause == 0 => Step::Ask(self.flight.claim(now)),
            None if self.failures == 0 => Step::Use(Rc::clone(known)),
            None => Step::Refuse(self.asked_a_moment_ago(pause)),
        }
    }

    fn asked_a_moment_ago(&self, pause: i64) -> Error {
        let trouble = self.trouble.as_ref().map_or("", |trouble| &trouble.message);
        let retry_after = u64::try_from(pause).unwrap_or(0).div_ceil(1000);
        unavailable(&format!("{trouble}; asked a moment ago"), Some(retry_after))
    }

    /// Takes a set, unless a newer one has come already: a key that was removed must not come back. A set like
    /// the one there is keeps what the host has imported of it. Says whether other keys serve from now on.
    fn take(&mut self, set: KeySet, snapshot: &KeySnapshot, claim: u32) -> bool {
        let digest = fingerprint(&[&snapshot.document]);
        let known = self.kept.as_ref();
        if known.is_some_and(|newer| newer.claim > claim) {
            return false;
        }
        let same = known.filter(|known| known.digest == digest).map(|known| Rc::clone(&known.keys));
        let is_new = same.is_none();
        let keys = same.unwrap_or_else(|| LoadedKeys::new(Rc::new(set)));
        let KeySnapshot { at: since, fresh_millis, .. } = *snapshot;
        self.kept = Some(Kept { keys, digest, since, fresh_millis, claim });
        is_new
    }

    /// Until when these keys serve without a look at them.
    fn look_at(&self, known: &Rc<LoadedKeys<K>>, refreshes_ahead: bool, now: Timestamp) -> Timestamp {
        match &self.kept {
            Some(kept) if !Rc::ptr_eq(&kept.keys, known) => now,
            Some(kept) if refreshes_ahead && kept.due() > now => kept.due(),
            Some(kept) if kept.is_fresh(now) => kept.since.plus_millis(kept.fresh_millis),
            _ => now.plus_millis(self.pause(now)),
        }
    }
}

/// The keys of the issuers an isolate has met.
pub struct KeySets<K> {
    entries: Memory<RefCell<Entry<K>>>,
    generation: Cell<u32>,
}

impl<K> Default for KeySets<K> {
    fn default() -> Self {
        Self { entries: Memory::new(MAX_SOURCES), generation: Cell::new(0) }
    }
}

/// A refresh that is due, and whose it is.
pub struct Refresh<K> {
    entry: Rc<RefCell<Entry<K>>>,
    claim: u32,
}

impl<K: Clone> KeySets<K> {
    /// A number that changes whenever a set has replaced another one.
    pub const fn generation(&self) -> u32 {
        self.generation.get()
    }

    fn entry(&self, request: &KeyRequest) -> Rc<RefCell<Entry<K>>> {
        self.entries.get_or_insert(&request.name, || RefCell::new(Entry::new(&request.source)))
    }

    /// The issuer's keys, requested if there are none or if they are too old. Old keys serve when no newer ones can be had.
    ///
    /// For a key id that was not found in keys that are `known`: newer ones; the same ones when there are none, or when it is
    /// too short a time since the last request to ask again.
    ///
    /// # Errors
    /// `keys_unavailable`, with what was met as its cause. The new key may well exist.
    pub async fn get<H: Fetch + Clock + Sleep + Random + Store + Events>(
        &self,
        host: &H,
        discovery: &Discovery,
        request: &KeyRequest,
        known: Option<&Rc<LoadedKeys<K>>>,
    ) -> Result<Rc<LoadedKeys<K>>, Failure<H::Cause>> {
        let entry = self.entry(request);
        loop {
            let now = host.now();
            let step = match known {
                None => entry.borrow_mut().step(now),
                Some(known) => entry.borrow_mut().search(known, now),
            };
            match step {
                Step::Use(keys) => return Ok(keys),
                Step::Refuse(error) => return Err(error.into()),
                Step::Ask(claim) => {
                    let asked = self.ask(host, discovery, request, &entry, claim, known.is_none()).await;
                    return asked.or_else(|failure| match (known, entry.borrow().usable(host.now())) {
                        (None, Some(old)) => Ok(Rc::clone(&old.keys)),
                        _ => Err(failure),
                    });
                }
                Step::Wait(claim) => {
                    // Two metadata documents and the keys.
                    let limit = request.timeout_millis.saturating_mul(3);
                    let before = entry.borrow_mut().flight.join();
                    if wait(host, limit, before, &|_| entry.borrow().flight.look(claim)).await != Waited::Over {
                        entry.borrow_mut().flight.end(claim);
                    }
                }
            }
        }
    }

    /// A refresh ahead of time, if one is due and nobody is at it: for callers who can run it in the background.
    pub fn due(&self, request: &KeyRequest, now: Timestamp) -> Option<Refresh<K>> {
        let entry = self.entries.get(&request.name)?;
        let claim = {
            let mut entry = entry.borrow_mut();
            let is_due = entry.kept.as_ref().is_some_and(|kept| kept.is_fresh(now) && kept.due() <= now);
            if !is_due || entry.flight.claimed(now).is_some() || entry.pause(now) > 0 {
                return None;
            }
            entry.flight.claim(now)
        };
        Some(Refresh { entry, claim })
    }

    /// Asks for newer keys. What comes of it is kept; a failure shows in events.
    pub async fn refresh<H: Fetch + Clock + Sleep + Random + Store + Events>(
        &self,
        host: &H,
        discovery: &Discovery,
        request: &KeyRequest,
        refresh: Refresh<K>,
    ) {
        // The old keys serve.
        let _ = self.ask(host, discovery, request, &refresh.entry, refresh.claim, true).await;
    }

    /// Until when these keys serve without a look at them: what was verified with them may be remembered for so long.
    pub fn look_at(
        &self,
        request: &KeyRequest,
        known: &Rc<LoadedKeys<K>>,
        refreshes_ahead: bool,
        now: Timestamp,
    ) -> Timestamp {
        self.entries.get(&request.name).map_or(now, |entry| entry.borrow().look_at(known, refreshes_ahead, now))
    }

    async fn ask<H: Fetch + Clock + Sleep + Random + Store + Events>(
        &self,
        host: &H,
        discovery: &Discovery,
        request: &KeyRequest,
        entry: &RefCell<Entry<K>>,
        claim: u32,
        may_be_stored: bool,
    ) -> Result<Rc<LoadedKeys<K>>, Failure<H::Cause>> {
        let name = request.digest();
        let beat = || entry.borrow_mut().flight.beat(claim, host.now());
        let began = Cell::new(None);
        let answer = beating(host, beat, async {
            if may_be_stored && let Some(stored) = stored(host, &name, entry).await {
                return Ok(stored);
            }
            began.set(Some(host.now()));
            host.emit(&name, &Event::KeysRequested);
            key_set(host, discovery, request).await
        })
        .await;
        let now = host.now();
        let asked_for = began.get().map(|began| now.millis_since(began));
        let mut event = None;
        let received = {
            let mut entry = entry.borrow_mut();
            let is_ours = entry.flight.is_held_by(claim);
            entry.flight.end(claim);
            match answer {
                Ok((set, snapshot)) => {
                    if let Some(millis) = asked_for {
                        entry.asked_at = Some(now);
                        event = Some(Event::KeysReceived {
                            millis,
                            usable: set.keys().len(),
                            unusable: set.skipped().len(),
                        });
                    }
                    entry.failures = 0;
                    entry.trouble = None;
                    if entry.take(set, &snapshot, claim) {
                        self.generation.set(self.generation.get().wrapping_add(1));
                    }
                    // There are some now.
                    let kept = entry.kept.as_ref().map(|kept| Rc::clone(&kept.keys));
                    kept.map(|keys| (keys, snapshot)).ok_or_else(|| unavailable("", None).into())
                }
                Err(Failure { error, cause }) => {
                    if is_ours {
                        entry.asked_at = Some(now);
                        entry.failures = entry.failures.saturating_add(1);
                        entry.trouble = Some(error.clone());
                    }
                    let millis = asked_for.unwrap_or(0);
                    event = Some(Event::KeysFailed { millis, code: error.code, status: error.status });
                    Err(Failure { error: unavailable(&error.message, error.retry_after), cause })
                }
            }
        };
        if let Some(event) = event {
            host.emit(&name, &event);
        }
        let (keys, snapshot) = received?;
        if asked_for.is_some() {
            save(host, &name, &snapshot).await;
        }
        Ok(keys)
    }
}

fn unavailable(why: &str, retry_after: Option<u64>) -> Error {
    let mut error =
        Error::new(Code::KeysUnavailable, format!("the issuer's keys are unavailable: {why}")).with_status(503);
    error.retry_after = retry_after;
    error
}

/// The name of a key set in the store.
fn place(name: &str) -> String {
    format!("gp1k.{name}")
}

/// A set that another isolate has fetched, if it is newer than what there is. One that is not fresh any more may serve
/// in an outage, but somebody has to ask.
async fn stored<K: Clone, H: Store + Events + Clock>(
    host: &H,
    name: &str,
    entry: &RefCell<Entry<K>>,
) -> Option<(KeySet, KeySnapshot)> {
    if !host.has_store() {
        return None;
    }
    let text = host.load_text(&place(name)).await.map_err(|failure| tell(host, name, "get", failure)).ok()??;
    let read = |snapshot: KeySnapshot| Some((KeySet::read(snapshot.document.as_bytes()).ok()?, snapshot));
    let Some((set, snapshot)) = KeySnapshot::read(&text).and_then(read) else {
        tell(host, name, "get", StoreFailure { problem: "unreadable".to_owned(), error: None });
        return None;
    };
    let mut entry = entry.borrow_mut();
    let (at, now) = (snapshot.at, host.now());
    if entry.kept.as_ref().is_some_and(|kept| kept.since >= at) || !now.is_within(at, STALE_MILLIS) {
        return None;
    }
    if now.is_within(at, snapshot.fresh_millis) {
        return Some((set, snapshot));
    }
    if entry.kept.is_none() {
        entry.take(set, &snapshot, 0);
    }
    None
}

async fn save<H: Store + Events>(host: &H, name: &str, snapshot: &KeySnapshot) {
    if host.has_store()
        && let Some(text) = snapshot.write()
        && let Err(failure) = host.save_text(&place(name), &text, snapshot.at.plus_millis(STALE_MILLIS)).await
    {
        tell(host, name, "set", failure);
    }
}

fn tell<H: Events>(host: &H, name: &str, operation: &'static str, failure: StoreFailure) {
    let StoreFailure { problem, error } = failure;
    host.emit(name, &Event::StoreFailed { operation, problem, error });
}

async fn key_set<H: Fetch + Clock + Sleep + Random>(
    host: &H,
    discovery: &Discovery,
    request: &KeyRequest,
) -> Result<(KeySet, KeySnapshot), Failure<H::Cause>> {
    let none = || Error::new(Code::DiscoveryFailed, "the issuer's metadata names no jwks_uri");
    let url = match &request.source {
        KeySource::Url(url) => url.clone(),
        KeySource::Issuer(issuer) => {
            let metadata = discovery.metadata(host, issuer, request.transport, request.timeout_millis);
            // Boxed: most verifications have their keys, and no use for its room.
            Box::pin(metadata).await?.endpoints.keys.ok_or_else(none)?
        }
        KeySource::Fixed(_) => return Err(none().into()),
    };
    let http_request = Request {
        method: Method::Get,
        url: url.clone(),
        headers: vec![("accept", "application/json, application/jwk-set+json".to_owned().into())],
        body: None,
    };
    let limits = Limits { timeout_millis: request.timeout_millis, max_body_bytes: MAX_KEY_SET_BYTES };
    let response = host
        .fetch(http_request, limits)
        .await
        .map_err(|error| error.into_failure("the key set endpoint", &url, limits))?;
    let unusable = |problem: String| Error::new(Code::KeysUnavailable, format!("{} {problem}", url.shown()));
    if response.status != 200 {
        let error = unusable(format!("answered with status {}", response.status));
        return Err(error.with_status(response.status).into());
    }
    let fresh_millis = fresh_millis(response.header("cache-control"));
    let Response { body, .. } = response;
    let set = KeySet::read(&body).ok().zip(String::from_utf8(body).ok());
    let (set, document) = set.ok_or_else(|| unusable("answered with something that is no JWK Set".to_owned()))?;
    Ok((set, KeySnapshot { at: host.now(), fresh_millis, document }))
}
