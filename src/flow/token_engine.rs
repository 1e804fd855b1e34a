//! Getting a token: one request per isolate, and per fleet where there is a store; never a wait on
//! another request.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::rc::Rc;

use crate::flow::authorization_server::{ClientHost, Servers, secret};
use crate::flow::client::{Client, Credential};
use crate::flow::flight::{Waited, beating, remaining, wait};
use crate::flow::memory::Memory;
use crate::flow::retry::is_transient;
use crate::flow::shared_store::SharedStore;
use crate::flow::token_exchange::{Exchanged, exchange};
use crate::flow::token_slot::{Explanation, Pause, Step, TokenSlot};
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::events::{Event, Events, Failed, Source};
use crate::host::random::{Random, between};
use crate::host::store::Store;
use crate::protocol::access_token::AccessToken;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::error::{Code, Error};
use crate::protocol::freshness::Freshness;
use crate::protocol::http::Response;
use crate::protocol::quota::{self, Scope};
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;
use crate::protocol::token_request::TokenRequest;

/// How many tokens are kept, and how many clients' quotas.
const MAX_TOKENS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);
/// The longest that one member of a fleet keeps the others from asking, in milliseconds. One that
/// dies meanwhile costs them as much.
const MAX_LOCK_MILLIS: u32 = 5000;
/// The least time between two tries to renew a token, in milliseconds.
const RENEWAL_PAUSE_MILLIS: i64 = 1000;
/// How long a token is left alone when another member of the fleet renews it, in milliseconds.
const RENEWED_ELSEWHERE_MILLIS: i64 = 1000;

/// A server that says it has no token left is asked again after so many seconds at the latest: it may
/// be wrong about when it will have.
const MAX_SPENT_SECONDS: u64 = 3600;

/// The claim of a caller who works for itself alone: no flight ever has it.
const UNCLAIMED: u32 = 0;

/// All the engine needs of its host.
pub trait EngineHost: ClientHost + Events + Store {}

impl<H: ClientHost + Events + Store> EngineHost for H {}

type Slot<C> = RefCell<TokenSlot<C>>;

/// The tokens of an isolate.
pub struct TokenEngine<C> {
    slots: Memory<Slot<C>>,
    /// For each client of a server: how long no token can be had.
    spent: Memory<Cell<Pause>>,
    requests: Cell<u32>,
}

impl<C> Default for TokenEngine<C> {
    fn default() -> Self {
        Self { slots: Memory::new(MAX_TOKENS), spent: Memory::new(MAX_TOKENS), requests: Cell::new(0) }
    }
}

/// What a caller gets at once.
pub enum Answer<C> {
    /// A token from memory.
    Ready(Rc<AccessToken>),
    /// A token from memory that this caller should renew, in its own name: by driving the renewal.
    Renew(Rc<AccessToken>, Renewal<C>),
    /// Nothing yet: it takes [`TokenEngine::obtain`].
    Missing,
}

/// The right, and the duty, to renew a token.
pub struct Renewal<C> {
    slot: Rc<Slot<C>>,
    claim: u32,
}

/// One caller's wish.
pub struct Wish<'a> {
    /// Who asks.
    pub client: &'a Client,
    /// What is asked for.
    pub request: &'a TokenRequest,
    /// Its identity.
    pub key: &'a CacheKey,
}

/// What has come of a caller's step.
enum Next<C> {
    Token(Rc<AccessToken>, Source),
    /// The failure of a claim, its own or that of whom it waited for, and how many tries it stands for.
    Failed(u32, Failure<C>, u32),
    /// Nothing yet.
    Again,
}

/// One attempt of one caller to get a token for all.
struct Attempt<'a, C> {
    wish: &'a Wish<'a>,
    slot: &'a Slot<C>,
    claim: u32,
    /// The caller's how-manieth it is.
    number: u32,
    /// How long it may take, in milliseconds.
    limit_millis: u32,
}

/// Whose turn it is in the fleet to ask the server.
enum Turn {
    /// Nobody's: here is a token.
    Found(Rc<AccessToken>),
    /// Another member's; there is a token to go on with.
    Elsewhere,
    /// This caller's.
    Own,
}

impl<C: Clone> Attempt<'_, C> {
    /// Looks into the store, and takes the fleet's lock where there are locks. Waits for a member
    /// who holds it, unless there is a token to go on with, for as long as a member may hold it.
    async fn turn<H: EngineHost<Cause = C>>(&self, host: &H, store: &SharedStore<'_, H>) -> Turn {
        let lock_millis = self.wish.client.timeout_millis.min(MAX_LOCK_MILLIS);
        let most = i64::from(lock_millis.min(self.limit_millis / 2));
        let (start, mut slept) = (host.now(), 0_i64);
        loop {
            if let Some(token) = self.adopt(host, store.load().await) {
                return Turn::Found(token);
            }
            // The store takes its time, too.
            let waited = slept.max(host.now().millis_since(start));
            // One who has died in this isolate has left the lock to those who take over.
            let is_ours = self.slot.borrow_mut().inherit_lock(self.claim, host.now());
            if !store.can_lock() || is_ours || waited >= most {
                return Turn::Own;
            }
            let since = host.now();
            let Some(is_ours) = store.lock(lock_millis).await else { return Turn::Own };
            if is_ours {
                self.slot.borrow_mut().keep_lock(self.claim, Pause::new(since, lock_millis.into()));
                // Between looking and locking, somebody may have brought one.
                let Some(token) = self.adopt(host, store.load().await) else { return Turn::Own };
                self.unlock(host, store).await;
                return Turn::Found(token);
            }
            if self.slot.borrow().usable(host.now()).is_some() {
                let pause = Pause::new(host.now(), RENEWED_ELSEWHERE_MILLIS);
                self.slot.borrow_mut().postpone(self.claim, pause);
                return Turn::Elsewhere;
            }
            let pause = between(host, 40, 80);
            host.sleep(pause).await;
            slept = slept.saturating_add(pause.into());
        }
    }

    /// Gives the fleet's lock back, if this caller has it and its time has not passed: then it may
    /// be somebody else's. One that cannot be given back stays this isolate's: it need not wait for itself.
    async fn unlock<H: EngineHost<Cause = C>>(&self, host: &H, store: &SharedStore<'_, H>) {
        let held = self.slot.borrow_mut().give_up_lock(self.claim, host.now());
        if let Some(pause) = held
            && !store.unlock().await
        {
            self.slot.borrow_mut().keep_lock(self.claim, pause);
        }
    }

    /// Takes over a token from the store, if it is of use.
    fn adopt<H: Clock + Random + Events>(&self, host: &H, found: Option<AccessToken>) -> Option<Rc<AccessToken>> {
        let token = found?;
        let freshness = Freshness::of(&token, self.wish.client.renewal, host.unit());
        if !self.slot.borrow().wants(&token, freshness, host.now()) {
            return None;
        }
        let token = Rc::new(token);
        self.slot.borrow_mut().succeed(self.claim, Rc::clone(&token), freshness);
        host.changed();
        Some(token)
    }

    fn tell_failure<H: Clock + Events>(&self, host: &H, request: Option<u32>, start: Timestamp, error: &Error) {
        let now = host.now();
        let failed = Failed::new(request, now.millis_since(start), error);
        let has_token = self.slot.borrow().usable(now).is_some();
        let event = if has_token { Event::RenewalFailed(failed) } else { Event::TokenFailed(failed) };
        host.emit(self.wish.key.as_str(), &event);
    }

    /// Does not ask a server that would refuse: a usable token goes on being served.
    fn save_quota<H: Clock + Events>(&self, host: &H, millis: i64) -> Result<(), Failure<C>> {
        let now = host.now();
        if self.slot.borrow().usable(now).is_none() {
            return Err(no_quota(host, self.wish, millis));
        }
        self.slot.borrow_mut().postpone(self.claim, Pause::new(now, millis));
        host.emit(self.wish.key.as_str(), &Event::RenewalPostponed(now.plus_millis(millis)));
        Ok(())
    }
}

impl<C: Clone> TokenEngine<C> {
    /// The fresh token in memory, and until when it is: the whole answer for nearly every call.
    ///
    /// It may be handed out again without a look until [`Events::changed`] or the clock is set back.
    pub fn fresh(&self, key: &CacheKey, now: Timestamp) -> Option<(Rc<AccessToken>, Timestamp)> {
        let slot = self.slots.get(key.as_str())?;
        let state = slot.borrow();
        state.fresh(now)
    }

    /// The state of a key. A new one may push another out of memory.
    fn slot<H: Events>(&self, host: &H, key: &CacheKey) -> Rc<Slot<C>> {
        self.slots.get_or_insert(key.as_str(), || {
            host.changed();
            RefCell::default()
        })
    }

    /// What memory has for a caller, without waiting.
    pub fn answer(&self, key: &CacheKey, now: Timestamp) -> Answer<C> {
        let Some(slot) = self.slots.get(key.as_str()) else { return Answer::Missing };
        let step = {
            let mut state = slot.borrow_mut();
            if state.usable(now).is_none() {
                return Answer::Missing;
            }
            state.step(now)
        };
        match step {
            Step::Serve(token) => Answer::Ready(token),
            Step::Renew(token, claim) => Answer::Renew(token, Renewal { slot, claim }),
            Step::Lead(_) | Step::Wait(_) | Step::Refuse(..) => Answer::Missing,
        }
    }

    /// A token for a client, and where it was taken from: from memory if there is one, from the store or the
    /// server otherwise. What is due for renewal is renewed in this call.
    ///
    /// The whole way for callers who have nothing to do in the background; it is made of
    /// [`answer`](Self::answer), [`renew`](Self::renew) and [`obtain`](Self::obtain).
    ///
    /// # Errors
    /// What discovery, the client's own credential, the transport or the server met.
    pub async fn token<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        client: &Client,
        request: &TokenRequest,
    ) -> Result<(Rc<AccessToken>, Source), Failure<C>> {
        let key = client.cache_key(request);
        let wish = Wish { client, request, key: &key };
        match self.answer(&key, host.now()) {
            Answer::Ready(token) => Ok((token, Source::Memory)),
            Answer::Renew(_, renewal) => self.renew(host, servers, &wish, renewal).await,
            Answer::Missing => self.obtain(host, servers, &wish).await,
        }
    }

    /// Renews a token. The old one stays while it may be handed out, whatever comes of that.
    ///
    /// # Errors
    /// As [`TokenEngine::obtain`], when it has ended meanwhile.
    pub async fn renew<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        wish: &Wish<'_>,
        renewal: Renewal<C>,
    ) -> Result<(Rc<AccessToken>, Source), Failure<C>> {
        let Renewal { slot, claim } = renewal;
        let limit_millis = wish.client.retry.deadline_millis;
        let attempt = Attempt { wish, slot: &slot, claim, number: 1, limit_millis };
        match Box::pin(self.lead(host, servers, &attempt)).await {
            Ok(Some(token)) => Ok(token),
            Ok(None) | Err(_) => Box::pin(self.obtain(host, servers, wish)).await,
        }
    }

    /// Gets a token that memory does not have: asks the store and the server, or waits for the one
    /// who asks.
    ///
    /// # Errors
    /// What discovery, the transport or the server met.
    pub async fn obtain<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        wish: &Wish<'_>,
    ) -> Result<(Rc<AccessToken>, Source), Failure<C>> {
        let retry = wish.client.retry;
        let start = host.now();
        let left = || remaining(retry.deadline_millis, start, host.now());
        let mut failures = 0_u32;
        // The last failure, with the claim it was of.
        let mut last: Option<(u32, Failure<C>)> = None;
        loop {
            let slot = self.slot(host, wish.key);
            let limit_millis = left();
            if limit_millis == 0 {
                let usable = slot.borrow().usable(host.now());
                return match (usable, last) {
                    (Some(token), _) => Ok((token, Source::Memory)),
                    (None, Some((_, failure))) => Err(failure),
                    (None, None) => Err(late(retry.deadline_millis).into()),
                };
            }
            // Somebody may have tried again while this caller paused.
            let missed = last.as_ref().and_then(|(claim, _)| slot.borrow().failure_since(claim.wrapping_add(1)));
            let (claim, failure, tries) = match missed {
                Some((claim, failure, _)) => (claim, failure, 1),
                None => match self.next(host, servers, wish, &slot, (failures, limit_millis)).await? {
                    Next::Token(token, source) => return Ok((token, source)),
                    Next::Failed(claim, failure, tries) => (claim, failure, tries),
                    Next::Again => continue,
                },
            };
            failures = failures.saturating_add(tries);
            // Whoever gives secrets or assertions is asked once more.
            let refused = |failure: &Failure<C>| failure.error.code == Code::InvalidClient;
            let again = refused(&failure) && last.as_ref().is_some_and(|(_, before)| refused(before));
            if failures >= retry.attempts || again || !may_retry(wish.client, &failure.error) {
                return Err(failure);
            }
            match retry.delay_millis(&failure.error, failures, host.unit()) {
                Some(millis) if millis < left() => host.sleep(millis).await,
                _ => return Err(failure),
            }
            last = Some((claim, failure));
        }
    }

    /// Does for a caller what there is to be done now: leads, or waits.
    async fn next<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        wish: &Wish<'_>,
        slot: &Slot<C>,
        (failures, limit_millis): (u32, u32),
    ) -> Result<Next<C>, Failure<C>> {
        let step = slot.borrow_mut().step(host.now());
        match step {
            Step::Serve(token) => Ok(Next::Token(token, Source::Memory)),
            Step::Refuse(failure, millis) => Err(refused(host, wish, failure, millis)),
            Step::Renew(_, claim) | Step::Lead(claim) => {
                let attempt = Attempt { wish, slot, claim, number: failures.saturating_add(1), limit_millis };
                // Boxed: those who wait have no use for its room.
                Ok(match Box::pin(self.lead(host, servers, &attempt)).await {
                    Ok(Some((token, source))) => Next::Token(token, source),
                    Ok(None) => Next::Again,
                    Err(failure) => Next::Failed(claim, failure, 1),
                })
            }
            Step::Wait(claim) => {
                host.emit(wish.key.as_str(), &Event::Waiting);
                let look = |now| slot.borrow().look(claim, now);
                let before = slot.borrow_mut().flight.join();
                let waited = wait(host, limit_millis, before, &look).await;
                if waited == Waited::Dead {
                    slot.borrow_mut().flight.end(claim);
                    host.emit(wish.key.as_str(), &Event::TakenOver);
                }
                let (brought, failed) = (slot.borrow().brought_by(claim), slot.borrow().failure_since(claim));
                match (brought, failed) {
                    (Some(token), _) => Ok(Next::Token(token, Source::Memory)),
                    // Who sleeps for longer than a try takes may have missed one before it.
                    (None, Some((latest, failure, tries))) => Ok(Next::Failed(latest, failure, tries)),
                    (None, None) if waited == Waited::Late => Err(late(wish.client.retry.deadline_millis).into()),
                    (None, None) => Ok(Next::Again),
                }
            }
        }
    }

    /// A token straight from the server, whatever there is: it replaces what memory and store have.
    ///
    /// # Errors
    /// As [`TokenEngine::obtain`], after one attempt; nothing is remembered of it.
    pub async fn obtain_fresh<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        wish: &Wish<'_>,
    ) -> Result<(Rc<AccessToken>, Source), Failure<C>> {
        let slot = self.slot(host, wish.key);
        let limit_millis = wish.client.retry.deadline_millis;
        let attempt = Attempt { wish, slot: &slot, claim: UNCLAIMED, number: 1, limit_millis };
        let spent = self.spent_millis(wish, host.now());
        match Box::pin(self.fetch(host, servers, &attempt)).await? {
            Some(fresh) => Ok(fresh),
            None => Err(no_quota(host, wish, spent)),
        }
    }

    /// Forgets the token of a key, and makes the fleet's store forget it. Where `refused` says which
    /// one an API has refused, a newer one stays.
    ///
    /// # Errors
    /// `credential_unavailable`: without the secret nobody knows where in the store the token is.
    pub async fn invalidate<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        wish: &Wish<'_>,
        refused: Option<&str>,
    ) -> Result<(), Failure<C>> {
        let is_refused = |token: &AccessToken| refused.is_none_or(|refused| token.value.expose() == refused);
        if let Some(slot) = self.slots.get(wish.key.as_str())
            && !slot.borrow_mut().invalidate(&is_refused)
        {
            return Ok(());
        }
        host.changed();
        if host.has_store() {
            let secret = secret(host, wish.client, wish.client.timeout_millis).await?;
            let key = wish.client.fleet_key(secret.as_ref(), wish.request);
            let secrets = wish.client.sealing_secrets(secret.as_ref());
            let store = SharedStore::new(host, wish.key.as_str(), key.as_str(), &secrets, wish.request);
            if refused.is_none() || store.load().await.is_some_and(|token| is_refused(&token)) {
                store.forget().await;
            }
        }
        Ok(())
    }

    /// The state of a key, for people; `None` when nobody has asked for it.
    pub fn explain(&self, key: &CacheKey, now: Timestamp) -> Option<Explanation> {
        Some(self.slots.get(key.as_str())?.borrow().explain(now))
    }

    /// Gets a token for everybody while showing to be alive. Whatever comes of it, a token that may
    /// be handed out is: the old one, or one that somebody else has brought.
    async fn lead<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        attempt: &Attempt<'_, C>,
    ) -> Result<Option<(Rc<AccessToken>, Source)>, Failure<C>> {
        let beat = || attempt.slot.borrow_mut().flight.beat(attempt.claim, host.now());
        let outcome = beating(host, beat, self.fetch(host, servers, attempt)).await;
        if let Err(failure) = &outcome {
            let now = host.now();
            let left = attempt.slot.borrow().millis_left(now);
            let chance = host.unit();
            let hold = |in_a_row| hold_millis(attempt.wish.client, &failure.error, in_a_row, left, chance);
            attempt.slot.borrow_mut().fail(attempt.claim, failure.clone(), now, hold);
        }
        match outcome {
            Ok(Some(token)) => Ok(Some(token)),
            none => {
                let usable = attempt.slot.borrow().usable(host.now());
                usable.map_or(none, |token| Ok(Some((token, Source::Memory))))
            }
        }
    }

    /// A token from the store, or else from the server.
    async fn fetch<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        attempt: &Attempt<'_, C>,
    ) -> Result<Option<(Rc<AccessToken>, Source)>, Failure<C>> {
        let Wish { client, request, key } = attempt.wish;
        let start = host.now();
        let secret = match secret(host, client, client.timeout_millis.min(attempt.limit_millis)).await {
            Ok(secret) => secret,
            Err(failure) => {
                attempt.tell_failure(host, None, start, &failure.error);
                return Err(failure);
            }
        };
        let secrets = client.sealing_secrets(secret.as_ref());
        let fleet_key = client.fleet_key(secret.as_ref(), request);
        let store = SharedStore::new(host, key.as_str(), fleet_key.as_str(), &secrets, request);
        if attempt.claim != UNCLAIMED {
            match attempt.turn(host, &store).await {
                Turn::Found(token) => return Ok(Some((token, Source::Store))),
                Turn::Elsewhere => return Ok(None),
                Turn::Own => {}
            }
        }
        let asked = match self.spent_millis(attempt.wish, host.now()) {
            0 => Box::pin(self.ask(host, servers, attempt, secret.as_ref(), start)).await.map(Some),
            millis => attempt.save_quota(host, millis).map(|()| None),
        };
        if let Ok(Some((token, freshness))) = &asked {
            store.save(token, freshness.soft).await;
        }
        attempt.unlock(host, &store).await;
        Ok(asked?.map(|(token, _)| (token, Source::Network)))
    }

    /// Asks the server, and gives everybody what it answers.
    async fn ask<H: EngineHost<Cause = C>>(
        &self,
        host: &H,
        servers: &Servers<H::Key>,
        attempt: &Attempt<'_, C>,
        secret: Option<&Secret>,
        began: Timestamp,
    ) -> Result<(Rc<AccessToken>, Freshness), Failure<C>> {
        let Wish { client, key, .. } = attempt.wish;
        let number = self.requests.get().wrapping_add(1);
        self.requests.set(number);
        let start = host.now();
        let renewal = attempt.slot.borrow().usable(start).is_some();
        host.emit(key.as_str(), &Event::TokenRequested { request: number, attempt: attempt.number, renewal });
        let limit = remaining(attempt.limit_millis, began, start);
        let mut is_answered = false;
        let outcome = exchange(host, servers, attempt.wish, secret, limit, &mut is_answered).await;
        let (now, millis) = (host.now(), host.now().millis_since(start));
        match outcome {
            Ok(Exchanged { granted, unverified, response }) => {
                if let Some(reason) = unverified {
                    host.emit(key.as_str(), &Event::TokenUnverified { request: number, reason });
                }
                if granted.is_untyped {
                    host.emit(key.as_str(), &Event::TokenTypeMissing { request: number });
                }
                let token = Rc::new(granted.token);
                let mut freshness = Freshness::of(&token, client.renewal, host.unit());
                if self.note_quotas(host, attempt.wish, &response, now) {
                    freshness = freshness.stretched();
                    host.emit(key.as_str(), &Event::RenewalPostponed(freshness.soft));
                }
                attempt.slot.borrow_mut().succeed(attempt.claim, Rc::clone(&token), freshness);
                host.changed();
                let lifetime_millis = token.expires_at.millis_since(token.received_at);
                host.emit(key.as_str(), &Event::TokenReceived { request: number, millis, lifetime_millis });
                Ok((token, freshness))
            }
            Err(failure) => {
                // What a server says of its metadata is no word on tokens.
                if is_answered
                    && failure.error.code == Code::RateLimited
                    && let Some(seconds) = failure.error.retry_after
                {
                    self.note_spent(attempt.wish, None, seconds, now);
                }
                attempt.tell_failure(host, Some(number), start, &failure.error);
                Err(failure)
            }
        }
    }

    /// Remembers quotas that are spent; whether one is nearly.
    fn note_quotas<H: Events>(&self, host: &H, wish: &Wish<'_>, response: &Response, now: Timestamp) -> bool {
        let mut low = false;
        for quota in quota::read(response, now) {
            host.emit(wish.key.as_str(), &Event::Quota(quota));
            low |= quota.is_nearly_spent();
            if quota.is_spent() {
                let organization = wish.request.organization.as_deref().filter(|_| quota.scope == Scope::Organization);
                self.note_spent(wish, organization, quota.reset_after, now);
            }
        }
        low
    }

    fn note_spent(&self, wish: &Wish<'_>, organization: Option<&str>, seconds: u64, now: Timestamp) {
        if wish.client.retry.refusal_millis > 0 {
            let millis = i64::try_from(seconds.min(MAX_SPENT_SECONDS)).unwrap_or(i64::MAX).saturating_mul(1000);
            let new = Pause::new(now, millis);
            let pause = self.spent.get_or_insert(&wish.client.quota_key(organization), || Cell::new(new));
            if pause.get().remaining(now) < millis {
                pause.set(new);
            }
        }
    }

    /// For how long the server has said that it will not give another token, in milliseconds.
    fn spent_millis(&self, wish: &Wish<'_>, now: Timestamp) -> i64 {
        if wish.client.retry.refusal_millis == 0 {
            return 0;
        }
        let left = |organization: Option<&str>| {
            self.spent.get(&wish.client.quota_key(organization)).map_or(0, |pause| pause.get().remaining(now))
        };
        let organization = wish.request.organization.as_deref();
        left(None).max(organization.map_or(0, |organization| left(Some(organization))))
    }
}

/// A failure that is told without a request, with the time for which that goes on.
fn refused<H: Events, C>(host: &H, wish: &Wish<'_>, mut failure: Failure<C>, millis: i64) -> Failure<C> {
    let retry_after = Some(u64::try_from(millis).unwrap_or(0).div_ceil(1000));
    if failure.error.is_retryable() {
        failure.error.retry_after = retry_after;
    }
    host.emit(wish.key.as_str(), &Event::TokenRefused { code: failure.error.code, retry_after });
    failure
}

fn no_quota<H: Events, C>(host: &H, wish: &Wish<'_>, millis: i64) -> Failure<C> {
    let message = "the authorization server has no token left for this client until its quota starts anew";
    refused(host, wish, Error::new(Code::RateLimited, message).into(), millis)
}

/// Whether the same caller may try again. A source of secrets may have a newer one.
fn may_retry(client: &Client, error: &Error) -> bool {
    let asked_to = error.code == Code::RateLimited && error.retry_after.is_some();
    let has_source = matches!(client.credential, Credential::AskedSecret(_) | Credential::AskedAssertion(_));
    is_transient(error) || asked_to || (error.code == Code::InvalidClient && has_source)
}

/// How long nobody asks again, where a token may be handed out for another `left` milliseconds.
fn hold_millis(client: &Client, error: &Error, in_a_row: u32, left: i64, chance: f64) -> i64 {
    if in_a_row == 1 && error.code == Code::InvalidClient && may_retry(client, error) {
        return 0;
    }
    let hold = client.retry.hold_millis(error, in_a_row, left > 0, chance);
    // With a token in hand nobody is in a hurry; whoever comes when it has ended has no time to lose.
    if left > 0 { hold.max(RENEWAL_PAUSE_MILLIS).min(left) } else { hold }
}

fn late(deadline_millis: u32) -> Error {
    Error::new(Code::Timeout, format!("no access token could be had within {deadline_millis} ms"))
}
