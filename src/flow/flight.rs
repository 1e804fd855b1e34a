//! One flight: one caller works for all others of its isolate, and nobody waits for it.
//!
//! The rules are those that survive on workerd, where a request that waits for another one's
//! promise, future or lock is killed. One caller claims the work and shows that it is alive by
//! beating; the others look at plain data from timers of their own, and take over when the beats
//! stop: the request of whoever beat may have been cancelled, and then nothing of it runs any more.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use crate::host::clock::Clock;
use crate::host::random::{Random, between};
use crate::host::sleep::Sleep;
use crate::protocol::time::Timestamp;

/// The holder of a claim shows this often that it is alive, in milliseconds.
const BEAT_MILLIS: u32 = 50;
/// A waiter takes over when it has slept this long without seeing a beat, in milliseconds.
const LEASE_MILLIS: u32 = 250;
/// A waiter takes a sleep for no longer than this, in milliseconds.
const LONGEST_SLEEP_MILLIS: u32 = 1000;
/// A waiter of a crowd looks this often at least, up to a quarter, in milliseconds;
const LONGEST_LOOK_MILLIS: u32 = 64;
/// and in a stall this often.
const LONGEST_PAUSE_MILLIS: u32 = 500;
/// A claim without a beat for this long is abandoned, in milliseconds by a clock.
const ABANDONED_MILLIS: i64 = 1000;

struct Claim {
    id: u32,
    beats: u32,
    at: Timestamp,
    waiters: u32,
}

/// Who does the work, if anybody does.
#[derive(Default)]
pub struct Flight {
    claim: Option<Claim>,
    claims: u32,
    looks: Cell<u32>,
}

/// What a waiting caller sees of a flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// How often whoever works has beaten.
    pub beats: u32,
    /// How often anybody has looked so far.
    pub looks: u32,
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
        self.claim = Some(Claim { id: self.claims, beats: 0, at: now, waiters: 0 });
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

    /// Another caller waits for the claim; how many have come before it.
    pub fn join(&mut self) -> u32 {
        self.claim.as_mut().map_or(0, |claim| {
            claim.waiters = claim.waiters.saturating_add(1);
            claim.waiters.saturating_sub(1)
        })
    }

    /// Ends a claim. A newer one stays.
    pub fn end(&mut self, id: u32) {
        if self.is_held_by(id) {
            self.claim = None;
        }
    }

    /// For a caller who waits for a claim; `None` when that has ended.
    pub fn look(&self, id: u32) -> Option<Sight> {
        let claim = self.claim.as_ref().filter(|claim| claim.id == id)?;
        self.looks.set(self.looks.get().wrapping_add(1));
        Some(Sight { beats: claim.beats, looks: self.looks.get() })
    }
}

/// Drives `work`, and calls `beat` every 50 ms meanwhile.
pub async fn beating<H: Sleep, T>(host: &H, beat: impl Fn(), work: impl Future<Output = T>) -> T {
    let mut done = None;
    drive(host, &beat, pin!(async { done = Some(work.await) })).await;
    match done {
        Some(done) => done,
        // Work that has ended is done.
        None => std::future::pending().await,
    }
}

/// The same for work of any kind: once in the binary, however many kinds there are.
async fn drive<H: Sleep>(host: &H, beat: &dyn Fn(), mut work: Pin<&mut dyn Future<Output = ()>>) {
    let mut pause = pin!(None);
    let mut has_timers = true;
    poll_fn(|context| {
        if work.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        if has_timers {
            if pause.is_none() {
                pause.set(Some(host.sleep(BEAT_MILLIS)));
            }
            if pause.as_mut().as_pin_mut().is_some_and(|pause| pause.poll(context).is_ready()) {
                beat();
                pause.set(Some(host.sleep(BEAT_MILLIS)));
                // Where there are no timers, as at the module scope of a Worker, sleeps end at once.
                has_timers = pause.as_mut().as_pin_mut().is_some_and(|pause| pause.poll(context).is_pending());
            }
        }
        Poll::Pending
    })
    .await;
}

/// What is left at `now` of a time that began at `since`, in milliseconds.
#[must_use]
pub fn remaining(limit_millis: u32, since: Timestamp, now: Timestamp) -> u32 {
    limit_millis.saturating_sub(u32::try_from(now.millis_since(since)).unwrap_or(u32::MAX))
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

/// Waits for the holder of a claim, for at most `limit_millis`, as one for whom others have come `before`: `look`
/// tells what there is to see, or `None` when there is nothing to wait for any more.
pub async fn wait<H: Sleep + Clock + Random>(
    host: &H,
    limit_millis: u32,
    before: u32,
    look: &dyn Fn(Timestamp) -> Option<Sight>,
) -> Waited {
    // Of a crowd that comes at once, few look at first: there is much to do for the rest of it.
    let (mut pause, mut silent, mut slept) = ((before / 4).clamp(2, LONGEST_LOOK_MILLIS), 0_u32, 0_u32);
    let mut seen: Option<Sight> = None;
    let mut woken = host.now();
    loop {
        host.sleep(pause).await;
        let now = host.now();
        let Some(sight) = look(now) else { return Waited::Over };
        let passed = u32::try_from(now.millis_since(woken)).unwrap_or(u32::MAX);
        woken = now;
        silent = match seen {
            Some(seen) if seen.beats == sight.beats => {
                // Own sleeps, and not the clock: that stalls, and goes on for others. But of a sleep
                // no more than has passed: after a stall, old versions of workerd let timers fire at
                // once until they have made up for it. One sleep alone never is the whole lease.
                silent.saturating_add(pause.min(passed).min(2 * BEAT_MILLIS))
            }
            _ => 0,
        };
        // A sleep may be late where there is much to do; by an hour it is if the clock was put forward.
        slept = slept.saturating_add(passed.min(LONGEST_SLEEP_MILLIS).max(pause));
        if silent >= LEASE_MILLIS {
            return Waited::Dead;
        }
        if slept >= limit_millis {
            return Waited::Late;
        }
        // 2, 4, 8, then as long as the last one took or longer by up to a quarter, so that waiters do not
        // look in step: where there is too much to do, sleeps are late, and looking more seldom helps.
        // Up to a length that goes with how many wait: each of the others has looked about once since.
        let others = seen.map_or(0, |seen| sight.looks.wrapping_sub(seen.looks));
        let least = pause.max(passed).clamp(10, (others / 8).clamp(10, LONGEST_LOOK_MILLIS));
        seen = Some(sight);
        // A sleep that was much too short is one of a stall: a crowd that kept on sleeping so would be all
        // that the isolate has time for, and the holder of the claim would not get its answer.
        let is_early = passed < pause / 2;
        pause = match pause {
            0..8 => pause.saturating_mul(2),
            _ if is_early => pause.saturating_mul(2).min(LONGEST_PAUSE_MILLIS),
            _ => between(host, least, least.saturating_add(least / 4)),
        };
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::cell::Cell;

    use futures_executor::block_on;

    use super::{Flight, LEASE_MILLIS, Sight, Waited, beating, wait};
    use crate::host::clock::Clock;
    use crate::host::random::Random;
    use crate::host::sleep::Sleep;
    use crate::protocol::time::Timestamp;

    /// A host whose first sleeps end at once, as those of old workerd do after a stall, and whose others
    /// may take longer than asked for, as they do where there is much to do.
    struct Stalled {
        now: Cell<i64>,
        sleeps: Cell<u32>,
        at_once: u32,
        late: i64,
    }

    impl Stalled {
        fn for_sleeps(at_once: u32) -> Self {
            Self { now: Cell::new(0), sleeps: Cell::new(0), at_once, late: 0 }
        }
    }

    impl Clock for Stalled {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.now.get())
        }
    }

    impl Random for Stalled {
        fn unit(&self) -> f64 {
            0.5
        }

        fn unique(&self) -> String {
            String::new()
        }
    }

    impl Sleep for Stalled {
        async fn sleep(&self, millis: u32) {
            self.sleeps.set(self.sleeps.get() + 1);
            if self.sleeps.get() > self.at_once {
                self.now.set(self.now.get() + i64::from(millis) + self.late);
            }
        }
    }

    #[test]
    fn sleep_that_has_not_passed_does_not_count_as_silence() {
        let host = Stalled::for_sleeps(50);
        let silent = |_| Some(Sight { beats: 0, looks: 0 });
        assert_eq!(block_on(wait(&host, 30_000, 0, &silent)), Waited::Dead);
        assert!(host.now.get() >= i64::from(LEASE_MILLIS), "{} ms", host.now.get());
    }

    #[test]
    fn a_wait_ends_even_where_no_time_passes() {
        let host = Stalled::for_sleeps(u32::MAX);
        let silent = |_| Some(Sight { beats: 0, looks: 0 });
        assert_eq!(block_on(wait(&host, 30_000, 0, &silent)), Waited::Late);
    }

    #[test]
    fn a_wait_whose_sleeps_are_late_ends_in_time() {
        let host = Stalled { late: 200, ..Stalled::for_sleeps(0) };
        let beats = Cell::new(0);
        let alive = |_| {
            beats.set(beats.get() + 1);
            Some(Sight { beats: beats.get(), looks: 0 })
        };
        assert_eq!(block_on(wait(&host, 30_000, 0, &alive)), Waited::Late);
        assert!(host.now.get() < 30_300, "{} ms", host.now.get());
    }

    #[test]
    fn a_clock_that_is_put_forward_again_and_again_takes_a_second_of_a_wait_each_time() {
        let host = Stalled { late: 3_600_000, ..Stalled::for_sleeps(0) };
        let looks = Cell::new(0);
        let alive = |_| {
            looks.set(looks.get() + 1);
            Some(Sight { beats: looks.get(), looks: 0 })
        };
        assert_eq!(block_on(wait(&host, 30_000, 0, &alive)), Waited::Late);
        assert_eq!(looks.get(), 30);
    }

    #[test]
    fn claims_are_told_apart_when_their_numbers_start_anew() {
        let now = Timestamp::from_millis(0);
        let mut flight = Flight { claims: u32::MAX - 1, ..Flight::default() };
        let (last, first) = (flight.claim(now), flight.claim(now));
        assert_eq!((last, first), (u32::MAX, 1));
        assert!(flight.is_held_by(first) && flight.look(last).is_none());
        flight.end(last);
        assert_eq!(flight.claimed(now), Some(first));
    }

    #[test]
    fn work_ends_even_where_sleeps_end_at_once() {
        let (host, beats) = (Stalled::for_sleeps(u32::MAX), Cell::new(0));
        let mut polls = 0;
        let work = std::future::poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls < 5 { std::task::Poll::Pending } else { std::task::Poll::Ready(7) }
        });
        assert_eq!(block_on(beating(&host, || beats.set(beats.get() + 1), work)), 7);
        assert_eq!(beats.get(), 1);
    }

    #[test]
    fn sleeps_that_end_at_once_become_longer() {
        let host = Stalled::for_sleeps(u32::MAX);
        let silent = |_| Some(Sight { beats: 0, looks: 0 });
        block_on(wait(&host, 30_000, 0, &silent));
        assert!(host.sleeps.get() < 80, "{}", host.sleeps.get());
    }

    #[test]
    fn whoever_joins_a_crowd_sleeps_for_longer_at_first() {
        let first_sleep = |before| {
            let host = Stalled::for_sleeps(0);
            block_on(wait(&host, 30_000, before, &|_| None));
            host.now.get()
        };
        assert_eq!([0, 20, 200, 1000].map(first_sleep), [2, 5, 50, 64]);
        let mut flight = Flight::default();
        flight.claim(Timestamp::from_millis(0));
        assert_eq!([flight.join(), flight.join(), flight.join()], [0, 1, 2]);
    }

    #[test]
    fn a_crowd_looks_less_often_than_a_few() {
        let looks_in_a_second = |others: u32| {
            let (host, looks) = (Stalled::for_sleeps(0), Cell::new(0_u32));
            let own = Cell::new(0_u32);
            let look = |_| {
                own.set(own.get() + 1);
                looks.set(looks.get() + 1 + others);
                (host.now.get() < 1000).then(|| Sight { beats: own.get(), looks: looks.get() })
            };
            block_on(wait(&host, 30_000, 0, &look));
            own.get()
        };
        let (few, many) = (looks_in_a_second(10), looks_in_a_second(1000));
        assert!(5 * few > 6 * many && many > 10, "{few} and {many}");
    }
}
