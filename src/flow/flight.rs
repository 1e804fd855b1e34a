//! One flight: one caller works for all others of its isolate, and nobody waits for it.
//!
//! The rules are those that survive on workerd, where a request that waits for another one's
//! promise, future or lock is killed. One caller claims the work and shows that it is alive by
//! beating; the others look at plain data from timers of their own, and take over when the beats
//! stop: the request of whoever beat may have been cancelled, and then nothing of it runs any more.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::host::random::{Random, between};
use crate::host::sleep::Sleep;
use crate::protocol::time::Timestamp;

/// The holder of a claim shows this often that it is alive, in milliseconds.
const BEAT_MILLIS: u32 = 50;
/// A waiter takes over when it has slept this long without seeing a beat, in milliseconds.
const LEASE_MILLIS: u32 = 250;
/// A claim without a beat for this long is abandoned, in milliseconds by a clock.
const ABANDONED_MILLIS: i64 = 1000;

struct Claim {
    id: u32,
    beats: u32,
    at: Timestamp,
}

/// Who does the work, if anybody does.
#[derive(Default)]
pub struct Flight {
    claim: Option<Claim>,
    claims: u32,
}

impl Flight {
    /// The claim of somebody who is at work, as far as a clock can tell.
    #[must_use]
    pub fn claimed(&self, now: Timestamp) -> Option<u32> {
        let live = |claim: &&Claim| now.millis_since(claim.at) <= ABANDONED_MILLIS;
        self.claim.as_ref().filter(live).map(|claim| claim.id)
    }

    /// Takes the work on, in place of whoever had it.
    pub fn claim(&mut self, now: Timestamp) -> u32 {
        // Never 0, which is nobody's.
        self.claims = self.claims.checked_add(1).unwrap_or(1);
        self.claim = Some(Claim { id: self.claims, beats: 0, at: now });
        self.claims
    }

    /// Whether a claim still stands.
    #[must_use]
    pub fn is_held_by(&self, id: u32) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.id == id)
    }

    /// The holder of a claim is alive. Late beats of a lost claim say nothing.
    pub fn beat(&mut self, id: u32, now: Timestamp) {
        if let Some(claim) = self.claim.as_mut().filter(|claim| claim.id == id) {
            claim.beats = claim.beats.wrapping_add(1);
            claim.at = now;
        }
    }

    /// Ends a claim. A newer one stays.
    pub fn end(&mut self, id: u32) {
        if self.is_held_by(id) {
            self.claim = None;
        }
    }

    /// How often the holder of a claim has beaten; `None` when the claim has ended.
    #[must_use]
    pub fn beats(&self, id: u32) -> Option<u32> {
        self.claim.as_ref().filter(|claim| claim.id == id).map(|claim| claim.beats)
    }
}

/// Drives `work`, and calls `beat` every 50 ms meanwhile.
pub async fn beating<H: Sleep, T>(host: &H, beat: impl Fn(), work: impl Future<Output = T>) -> T {
    let (mut work, mut pause) = (pin!(work), pin!(host.sleep(BEAT_MILLIS)));
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        while pause.as_mut().poll(context).is_ready() {
            beat();
            pause.set(host.sleep(BEAT_MILLIS));
        }
        Poll::Pending
    })
    .await
}

/// How a wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// There is something new to see.
    Over,
    /// The beats have stopped.
    Dead,
    /// This caller's own time is up.
    Late,
}

/// Waits for the holder of a claim, for at most `limit_millis`: `beats` tells how often it has
/// beaten so far, or `None` when there is nothing to wait for any more.
pub async fn wait<H: Sleep + Random>(host: &H, limit_millis: u32, beats: &dyn Fn() -> Option<u32>) -> Waited {
    let (mut pause, mut seen, mut silent, mut slept) = (2, 0, 0_u32, 0_u32);
    loop {
        host.sleep(pause).await;
        match beats() {
            None => return Waited::Over,
            Some(now) if now != seen => (seen, silent) = (now, 0),
            // Counted in own sleeps and not by a clock: clocks stall, freeze and disagree.
            Some(_) => silent = silent.saturating_add(pause),
        }
        slept = slept.saturating_add(pause);
        if silent >= LEASE_MILLIS {
            return Waited::Dead;
        }
        if slept >= limit_millis {
            return Waited::Late;
        }
        // 2, 4, 8, then 10 to 16, so that waiters do not look in step.
        pause = if pause < 8 { pause.saturating_mul(2) } else { between(host, 10, 16) };
    }
}
