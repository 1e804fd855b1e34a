//! Deciding what a caller gets, at once and without waiting: the state of one token.

use std::cell::Cell;
use std::rc::Rc;

use crate::flow::flight::{Flight, Sight};
use crate::host::Failure;
use crate::protocol::access_token::AccessToken;
use crate::protocol::error::Code;
use crate::protocol::freshness::Freshness;
use crate::protocol::time::Timestamp;

/// A token and its times.
struct Kept {
    token: Rc<AccessToken>,
    /// The claim that brought it.
    claim: u32,
    freshness: Freshness,
}

/// The last failure, for those who waited for it and for those who come soon after.
struct Failed<C> {
    claim: u32,
    failure: Failure<C>,
    /// So long nobody asks again.
    hold: Pause,
    in_a_row: u32,
}

/// A time in which something is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    since: Timestamp,
    millis: i64,
}

impl Pause {
    /// A pause from now on.
    #[must_use]
    pub const fn new(since: Timestamp, millis: i64) -> Self {
        Self { since, millis }
    }

    /// What is left of it in milliseconds; 0 when it is over, or when the clock has been set back.
    #[must_use]
    pub const fn remaining(self, now: Timestamp) -> i64 {
        if now.is_within(self.since, self.millis) {
            self.millis.saturating_sub(now.millis_since(self.since))
        } else {
            0
        }
    }

    const fn is_on(self, now: Timestamp) -> bool {
        self.remaining(now) > 0
    }

    const fn end(self) -> Timestamp {
        self.since.plus_millis(self.millis)
    }
}

/// The state of one token.
pub struct TokenSlot<C> {
    kept: Option<Kept>,
    /// Who asks for it.
    pub flight: Flight,
    /// The claim that holds the fleet's lock, and for how long.
    lock: Option<(u32, Pause)>,
    failed: Option<Failed<C>>,
    /// So long the token is not renewed: somebody else does it, or a quota is to be saved.
    postponed: Option<Pause>,
    /// The token an API has refused: a store may still hold it.
    rejected: Option<Rc<AccessToken>>,
    last: Cell<Decision>,
}

impl<C> Default for TokenSlot<C> {
    fn default() -> Self {
        Self {
            kept: None,
            flight: Flight::default(),
            lock: None,
            failed: None,
            postponed: None,
            rejected: None,
            last: Cell::new(Decision::None),
        }
    }
}

/// What a caller does next.
pub enum Step<C> {
    /// Takes this token.
    Serve(Rc<AccessToken>),
    /// Takes this token, and renews it under this claim.
    Renew(Rc<AccessToken>, u32),
    /// Asks the server under this claim.
    Lead(u32),
    /// Waits for the holder of this claim.
    Wait(u32),
    /// Fails: the server has refused or failed a moment ago. So many milliseconds to go.
    Refuse(Failure<C>, i64),
}

/// Why the last caller got what it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nobody has asked yet.
    None,
    /// The token is fresh.
    Fresh,
    /// The token is due for renewal, and somebody is at it.
    BeingRenewed,
    /// The token is due for renewal, which has failed or is put off.
    RenewalHeld,
    /// The token is due for renewal, and this caller went for it.
    Renews,
    /// There was no token, and this caller went for one.
    Requests,
    /// There was no token, and somebody was at it.
    Waits,
    /// There was no token, and a failure is remembered.
    Refused,
}

impl Decision {
    /// The decision as JavaScript sees it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fresh => "fresh",
            Self::BeingRenewed => "being_renewed",
            Self::RenewalHeld => "renewal_held",
            Self::Renews => "renews",
            Self::Requests => "requests",
            Self::Waits => "waits",
            Self::Refused => "refused",
        }
    }
}

/// The state of one token, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Why the last caller got what it got.
    pub decision: Decision,
    /// The token's times: received, due for renewal, served until, dead.
    pub token: Option<[Timestamp; 4]>,
    /// Whether somebody is asking for one.
    pub requesting: bool,
    /// The last failure, how often in a row, and until when nobody asks again.
    pub failure: Option<(Code, u32, Timestamp)>,
    /// Until when renewal is put off.
    pub postponed: Option<Timestamp>,
}

impl<C: Clone> TokenSlot<C> {
    /// The decision for a caller who comes now.
    pub fn step(&mut self, now: Timestamp) -> Step<C> {
        let (decision, step) = self.decide(now);
        self.last.set(decision);
        step
    }

    fn decide(&mut self, now: Timestamp) -> (Decision, Step<C>) {
        if let Some((token, _)) = self.fresh(now) {
            return (Decision::Fresh, Step::Serve(token));
        }
        let held = self.failed.as_ref().filter(|failed| failed.hold.is_on(now));
        match (self.usable(now), self.flight.claimed(now), held) {
            (Some(token), Some(_), _) => (Decision::BeingRenewed, Step::Serve(token)),
            (Some(token), None, Some(_)) => (Decision::RenewalHeld, Step::Serve(token)),
            (Some(token), None, None) if self.postponed.is_some_and(|pause| pause.is_on(now)) => {
                (Decision::RenewalHeld, Step::Serve(token))
            }
            (Some(token), None, None) => (Decision::Renews, Step::Renew(token, self.flight.claim(now))),
            (None, Some(id), _) => (Decision::Waits, Step::Wait(id)),
            (None, None, Some(failed)) => {
                (Decision::Refused, Step::Refuse(failed.failure.clone(), failed.hold.remaining(now)))
            }
            (None, None, None) => (Decision::Requests, Step::Lead(self.flight.claim(now))),
        }
    }

    /// How long the token may still be handed out, in milliseconds.
    pub fn millis_left(&self, now: Timestamp) -> i64 {
        self.believed(now).map_or(0, |kept| kept.freshness.hard.millis_since(now))
    }

    /// The token, if it may be handed out.
    pub fn usable(&self, now: Timestamp) -> Option<Rc<AccessToken>> {
        let kept = self.believed(now).filter(|kept| now < kept.freshness.hard)?;
        Some(Rc::clone(&kept.token))
    }

    /// The token, if it is fresh, and until when: the whole decision for nearly every call.
    pub fn fresh(&self, now: Timestamp) -> Option<(Rc<AccessToken>, Timestamp)> {
        let kept = self.believed(now).filter(|kept| now < kept.freshness.soft)?;
        self.last.set(Decision::Fresh);
        Some((Rc::clone(&kept.token), kept.freshness.soft))
    }

    /// What is kept, unless the clock has jumped to well before its receipt: then nobody knows how
    /// long it still lives.
    fn believed(&self, now: Timestamp) -> Option<&Kept> {
        self.kept.as_ref().filter(|kept| now.is_within(kept.token.received_at, i64::MAX))
    }

    /// For a caller who waits for a claim; `None` when there is something new.
    pub fn look(&self, claim: u32, now: Timestamp) -> Option<Sight> {
        if self.usable(now).is_some() { None } else { self.flight.look(claim) }
    }

    /// The token that a claim has brought, even if it was dead on arrival.
    pub fn brought_by(&self, claim: u32) -> Option<Rc<AccessToken>> {
        self.kept.as_ref().filter(|kept| kept.claim == claim).map(|kept| Rc::clone(&kept.token))
    }

    /// A claim has the fleet's lock.
    pub fn keep_lock(&mut self, claim: u32, pause: Pause) {
        self.lock.get_or_insert((claim, pause));
    }

    /// Takes over the fleet's lock from whoever in this isolate had it; whether there is one.
    pub fn inherit_lock(&mut self, claim: u32, now: Timestamp) -> bool {
        self.lock = self.lock.filter(|(_, pause)| pause.is_on(now)).map(|(_, pause)| (claim, pause));
        self.lock.is_some()
    }

    /// Ends a claim's hold of the fleet's lock; what is left of it is to be given back.
    pub fn give_up_lock(&mut self, claim: u32, now: Timestamp) -> Option<Pause> {
        let held = self.lock.take_if(|(holder, _)| *holder == claim);
        held.map(|(_, pause)| pause).filter(|pause| pause.is_on(now))
    }

    /// The failure of a claim, or of one after it, and how many have failed from that claim on.
    pub fn failure_since(&self, claim: u32) -> Option<(u32, Failure<C>, u32)> {
        let failed = self.failed.as_ref()?;
        let more = failed.claim.wrapping_sub(claim);
        // Half of all numbers are later ones: they wrap. Claims whose holders have died did not fail.
        (more <= u32::MAX / 2)
            .then(|| (failed.claim, failed.failure.clone(), failed.in_a_row.min(more.saturating_add(1))))
    }

    /// Whether a token from a store is of use: usable, not the one that was refused, and living
    /// longer than the one in hand.
    pub fn wants(&self, token: &AccessToken, freshness: Freshness, now: Timestamp) -> bool {
        let refused = self.rejected.as_ref().is_some_and(|rejected| rejected.value.expose() == token.value.expose());
        let newer = self.usable(now).is_none_or(|held| held.expires_at < token.expires_at);
        !refused && newer && now < freshness.hard && now.is_within(token.received_at, i64::MAX)
    }

    /// A token has come. It is kept even if its bringer has lost the claim meanwhile: it is paid for.
    pub fn succeed(&mut self, claim: u32, token: Rc<AccessToken>, freshness: Freshness) {
        self.kept = Some(Kept { token, claim, freshness });
        self.failed = None;
        self.postponed = None;
        self.flight.end(claim);
    }

    /// The holder of a claim has failed. A late one, who has lost it, says nothing.
    pub fn fail(&mut self, claim: u32, failure: Failure<C>, now: Timestamp, hold: impl Fn(u32) -> i64) {
        if !self.flight.is_held_by(claim) {
            return;
        }
        let in_a_row = self.failed.as_ref().map_or(0, |failed| failed.in_a_row).saturating_add(1);
        self.failed = Some(Failed { claim, failure, hold: Pause::new(now, hold(in_a_row)), in_a_row });
        self.flight.end(claim);
    }

    /// The holder of a claim leaves the token alone for some time.
    pub fn postpone(&mut self, claim: u32, pause: Pause) {
        self.postponed = Some(pause);
        self.flight.end(claim);
    }

    /// Forgets the token that an API has refused; false when there is another one.
    pub fn invalidate(&mut self, is_refused: &dyn Fn(&AccessToken) -> bool) -> bool {
        if self.kept.as_ref().is_some_and(|kept| !is_refused(&kept.token)) {
            return false;
        }
        self.rejected = self.kept.take().map(|kept| kept.token).or_else(|| self.rejected.take());
        self.failed = None;
        self.postponed = None;
        true
    }

    /// The state, for people.
    pub fn explain(&self, now: Timestamp) -> Explanation {
        Explanation {
            decision: self.last.get(),
            token: self.believed(now).map(|Kept { token, freshness, .. }| {
                [token.received_at, freshness.soft, freshness.hard, token.expires_at]
            }),
            requesting: self.flight.claimed(now).is_some(),
            failure: self.failed.as_ref().map(|failed| (failed.failure.error.code, failed.in_a_row, failed.hold.end())),
            postponed: self.postponed.filter(|pause| pause.is_on(now)).map(Pause::end),
        }
    }
}
