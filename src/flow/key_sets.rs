//! Keeping issuers' keys: a state machine per issuer, plain data between its steps.
//!
//! Fresh for ten minutes, refreshed on demand, kept through outages for a day. A key id nobody
//! knows causes at most one request per 30 seconds and issuer, whether it succeeds or not.

use std::borrow::Cow;
use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::rc::Rc;

use crate::flow::discovery::Discovery;
use crate::flow::flight::{Sight, Waited, beating, wait};
use crate::flow::memory::Memory;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::crypto::Crypto;
use crate::host::fetch::{Fetch, Limits};
use crate::host::random::Random;
use crate::host::sleep::Sleep;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Method, Request};
use crate::protocol::jwk::{Jwk, KeySet, MAX_KEY_SET_BYTES};
use crate::protocol::metadata::Issuer;
use crate::protocol::time::Timestamp;
use crate::protocol::url::{HttpUrl, Transport};

const SECOND: i64 = 1000;
/// A set is used without asking again for this long, in milliseconds.
const FRESH_MILLIS: i64 = 10 * 60 * SECOND;
/// A set is used this long when no newer one can be had, in milliseconds.
const STALE_MILLIS: i64 = 24 * 60 * 60 * SECOND;
/// The least time between two requests for the sake of an unknown key id, in milliseconds.
const UNKNOWN_KEY_MILLIS: i64 = 30 * SECOND;
/// After a failure the next request waits 5, 10, 20, then 30 seconds.
const BACK_OFF_MILLIS: [i64; 4] = [5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND];
/// A request whose sender has been silent for so long is lost, in milliseconds.
const SILENT_MILLIS: i64 = SECOND;
/// How many issuers' keys are kept.
const MAX_SOURCES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);

/// Where an issuer's keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// At a known address.
    Url(HttpUrl),
    /// At the address that the issuer's metadata names.
    Issuer(Issuer),
}

/// A key set with the keys the host has imported so far.
pub struct LoadedKeys<K> {
    set: KeySet,
    imported: RefCell<Vec<(usize, Algorithm, K)>>,
}

impl<K: Clone> LoadedKeys<K> {
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
        let imported = crypto.import_public_key(key, algorithm).await?;
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

/// What is known about one source of keys.
struct Entry<K> {
    keys: Option<(Rc<LoadedKeys<K>>, Timestamp)>,
    last_attempt: Timestamp,
    failures: usize,
    /// What the last failure was.
    trouble: Option<Cow<'static, str>>,
    /// When and how often whoever sent the latest request has shown to be alive.
    alive_at: Timestamp,
    beats: u32,
    /// How often callers who wait have looked.
    looks: u32,
    /// The number of the latest request that has ended.
    ended: u64,
    /// How many requests have been begun; a request is known by this number.
    begun: u64,
    /// The request that `keys` are of.
    keys_of: u64,
    /// Requests up to this one fail as one outage.
    failed_up_to: u64,
    /// Whether a request for the sake of an unknown key id is on its way.
    searching: bool,
}

impl<K> Entry<K> {
    const fn new(now: Timestamp) -> Self {
        Self {
            keys: None,
            last_attempt: now,
            failures: 0,
            trouble: None,
            alive_at: now,
            beats: 0,
            looks: 0,
            ended: 0,
            begun: 0,
            keys_of: 0,
            failed_up_to: 0,
            searching: false,
        }
    }

    /// The error for a caller who needs keys while no request is made for them.
    fn asked_a_moment_ago(&self, pause_millis: i64) -> Error {
        let why = match &self.trouble {
            Some(trouble) => format!("{trouble}; asked a moment ago"),
            None => "they are being asked for".to_owned(),
        };
        unavailable(&why, Some(whole_seconds(pause_millis)))
    }

    /// Whether a request is on its way. One that was cancelled is given up when its sender is silent.
    const fn is_asking(&self, now: Timestamp) -> bool {
        self.begun > self.ended && now.is_within(self.alive_at, SILENT_MILLIS)
    }
}

/// What is left of a pause that began at `since`.
fn remaining(pause: i64, since: Timestamp, now: Timestamp) -> i64 {
    if now.is_within(since, pause) { pause.saturating_sub(now.millis_since(since)) } else { 0 }
}

/// What to do for a caller who needs keys.
enum Decision<K> {
    Use(Rc<LoadedKeys<K>>),
    Request,
    /// Waits for the request of this number.
    Wait(u64),
    /// The last request failed so recently that none is made: this is what to tell.
    Refuse(Error),
}

/// The keys of the issuers an isolate has met.
pub struct KeySets<K> {
    entries: Memory<RefCell<Entry<K>>>,
}

impl<K> Default for KeySets<K> {
    fn default() -> Self {
        Self { entries: Memory::new(MAX_SOURCES) }
    }
}

/// Where to get keys, and how long to wait for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// Where the keys are.
    pub source: KeySource,
    /// Whether plain http is acceptable beyond loopback.
    pub transport: Transport,
    /// Milliseconds for one exchange.
    pub timeout_millis: u32,
}

impl KeyRequest {
    /// The name of what may share keys.
    fn name(&self) -> String {
        match &self.source {
            KeySource::Url(url) => self.transport.mark(url.as_str()),
            KeySource::Issuer(issuer) => format!("keys of {}", self.transport.mark(issuer.as_str())),
        }
    }
}

impl<K: Clone> KeySets<K> {
    /// The issuer's keys, requested if there are none or if they are too old. Old keys serve when
    /// no newer ones can be had.
    ///
    /// # Errors
    /// `keys_unavailable`, with what was met as its cause.
    pub async fn get<H: Fetch + Clock + Sleep + Random>(
        &self,
        host: &H,
        discovery: &Discovery,
        request: &KeyRequest,
    ) -> Result<Rc<LoadedKeys<K>>, Failure<H::Cause>> {
        loop {
            match self.decide(request, host.now()) {
                Decision::Use(keys) => return Ok(keys),
                Decision::Refuse(error) => return Err(error.into()),
                Decision::Request => {
                    let asked = self.request(host, discovery, request).await;
                    return asked.or_else(|failure| self.stale(request, host.now()).ok_or(failure));
                }
                Decision::Wait(number) => {
                    // Two metadata documents and the keys.
                    let limit = request.timeout_millis.saturating_mul(3);
                    let name = request.name();
                    if wait(host, limit, &|| self.look(&name, number)).await != Waited::Over
                        && let Some(entry) = self.entries.get(&name)
                    {
                        let mut entry = entry.borrow_mut();
                        entry.ended = entry.ended.max(number);
                    }
                }
            }
        }
    }

    /// For a caller who waits for a request; `None` when it has ended.
    fn look(&self, name: &str, number: u64) -> Option<Sight> {
        let entry = self.entries.get(name)?;
        let mut entry = entry.borrow_mut();
        entry.looks = entry.looks.wrapping_add(1);
        (entry.ended < number).then_some(Sight { beats: entry.beats, looks: entry.looks })
    }

    /// Newer keys for the sake of a key id that `known` does not have; `None` when those were
    /// fetched too short a time ago to ask again.
    ///
    /// # Errors
    /// `keys_unavailable` when they cannot be had: the new key may well exist.
    pub async fn newer<H: Fetch + Clock + Sleep + Random>(
        &self,
        host: &H,
        discovery: &Discovery,
        request: &KeyRequest,
        known: &Rc<LoadedKeys<K>>,
    ) -> Result<Option<Rc<LoadedKeys<K>>>, Failure<H::Cause>> {
        let now = host.now();
        if let Some(entry) = self.entries.get(&request.name()) {
            let mut entry = entry.borrow_mut();
            if let Some((keys, _)) = &entry.keys
                && !Rc::ptr_eq(keys, known)
            {
                return Ok(Some(Rc::clone(keys)));
            }
            if entry.is_asking(now) {
                return Err(entry.asked_a_moment_ago(SECOND).into());
            }
            let pause = remaining(UNKNOWN_KEY_MILLIS, entry.last_attempt, now);
            // A search that was cancelled has ended, and has found out nothing.
            let cancelled = entry.searching && entry.begun > entry.ended;
            if pause > 0 && !cancelled {
                return if entry.failures == 0 && !entry.searching {
                    Ok(None)
                } else {
                    Err(entry.asked_a_moment_ago(pause).into())
                };
            }
            entry.last_attempt = now;
            entry.searching = true;
        }
        self.request(host, discovery, request).await.map(Some)
    }

    fn stale(&self, request: &KeyRequest, now: Timestamp) -> Option<Rc<LoadedKeys<K>>> {
        let entry = self.entries.get(&request.name())?;
        let entry = entry.borrow();
        let (keys, since) = entry.keys.as_ref()?;
        (now.millis_since(*since) < STALE_MILLIS).then(|| Rc::clone(keys))
    }

    fn decide(&self, request: &KeyRequest, now: Timestamp) -> Decision<K> {
        let Some(entry) = self.entries.get(&request.name()) else {
            return Decision::Request;
        };
        let entry = entry.borrow();
        let fresh = |since: Timestamp| now.is_within(since, FRESH_MILLIS);
        let asking = entry.is_asking(now);
        let pause = entry
            .failures
            .checked_sub(1)
            .and_then(|index| BACK_OFF_MILLIS.get(index).or(BACK_OFF_MILLIS.last()))
            .map_or(0, |pause| remaining(*pause, entry.last_attempt, now));
        match &entry.keys {
            Some((keys, since)) if fresh(*since) => Decision::Use(Rc::clone(keys)),
            // Somebody is asking for newer ones: one request is enough, and nobody has to wait for it.
            Some((keys, since)) if asking && now.millis_since(*since) < STALE_MILLIS => Decision::Use(Rc::clone(keys)),
            Some((keys, since)) if pause > 0 && now.millis_since(*since) < STALE_MILLIS => {
                Decision::Use(Rc::clone(keys))
            }
            _ if asking => Decision::Wait(entry.begun),
            _ if pause > 0 => Decision::Refuse(entry.asked_a_moment_ago(pause)),
            _ => Decision::Request,
        }
    }

    async fn request<H: Fetch + Clock + Sleep + Random>(
        &self,
        host: &H,
        discovery: &Discovery,
        request: &KeyRequest,
    ) -> Result<Rc<LoadedKeys<K>>, Failure<H::Cause>> {
        let name = request.name();
        let number = {
            let entry = self.entries.get_or_insert(&name, || RefCell::new(Entry::new(host.now())));
            let mut entry = entry.borrow_mut();
            entry.begun = entry.begun.saturating_add(1);
            entry.alive_at = host.now();
            entry.begun
        };
        let beat = || {
            if let Some(entry) = self.entries.get(&name) {
                let mut entry = entry.borrow_mut();
                entry.alive_at = host.now();
                entry.beats = entry.beats.wrapping_add(1);
            }
        };
        let answer = beating(host, beat, key_set(host, discovery, request)).await;
        let now = host.now();
        let entry = self.entries.get_or_insert(&name, || RefCell::new(Entry::new(now)));
        let mut entry = entry.borrow_mut();
        entry.last_attempt = now;
        entry.searching = false;
        entry.ended = entry.ended.max(number);
        match answer {
            Ok(set) => {
                // Begun later, received earlier: a key removed meanwhile must not come back.
                if let Some((newer, _)) = entry.keys.as_ref().filter(|_| entry.keys_of > number) {
                    return Ok(Rc::clone(newer));
                }
                let keys = Rc::new(LoadedKeys { set, imported: RefCell::default() });
                entry.failures = 0;
                entry.trouble = None;
                entry.keys = Some((Rc::clone(&keys), now));
                entry.keys_of = number;
                Ok(keys)
            }
            Err(failure) => {
                if number > entry.failed_up_to.max(entry.keys_of) {
                    entry.failures = entry.failures.saturating_add(1);
                    entry.failed_up_to = entry.begun;
                }
                entry.trouble = Some(failure.error.message.clone());
                let error = unavailable(&failure.error.message, failure.error.retry_after);
                Err(Failure { error, cause: failure.cause })
            }
        }
    }
}

fn whole_seconds(millis: i64) -> u64 {
    u64::try_from(millis).unwrap_or(0).div_ceil(1000)
}

fn unavailable(why: &str, retry_after: Option<u64>) -> Error {
    let mut error =
        Error::new(Code::KeysUnavailable, format!("the issuer's keys are unavailable: {why}")).with_status(503);
    error.retry_after = retry_after;
    error
}

async fn key_set<H: Fetch + Clock + Sleep + Random>(
    host: &H,
    discovery: &Discovery,
    request: &KeyRequest,
) -> Result<KeySet, Failure<H::Cause>> {
    let url = match &request.source {
        KeySource::Url(url) => url.clone(),
        KeySource::Issuer(issuer) => discovery
            .metadata(host, issuer, request.transport, request.timeout_millis)
            .await?
            .endpoints
            .keys
            .ok_or_else(|| Error::new(Code::DiscoveryFailed, "the issuer's metadata names no jwks_uri"))?,
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
        return Err(unusable(format!("answered with status {}", response.status)).into());
    }
    KeySet::read(&response.body).map_err(|_| unusable("answered with something that is no JWK Set".to_owned()).into())
}
