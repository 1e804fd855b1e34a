//! When to try again, and when to leave a server alone.

use crate::protocol::error::{Code, Error};

/// How often a caller tries, and how long failures are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts of one caller, its own and those it waited for.
    pub attempts: u32,
    /// The longest pause between two attempts, in milliseconds.
    pub max_delay_millis: u32,
    /// How long a refusal is remembered, in milliseconds; 0 switches the memory of failures off.
    pub refusal_millis: i64,
    /// The longest a caller waits for a token in all, in milliseconds.
    pub deadline_millis: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 2, max_delay_millis: 1000, refusal_millis: 30_000, deadline_millis: 30_000 }
    }
}

/// The first pause, in milliseconds; it doubles.
const FIRST_DELAY_MILLIS: u32 = 50;
/// The first time a failing server is left alone, in milliseconds; it doubles.
const FIRST_HOLD_MILLIS: i64 = 1000;
/// The longest time a failing server is left alone, in milliseconds.
const MAX_HOLD_MILLIS: i64 = 30_000;
/// The longest time a server is left alone because it asks for it, in milliseconds: it may be wrong.
const MAX_ASKED_MILLIS: i64 = 3_600_000;
/// So many failures in a row open the breaker for callers who have no token.
const BREAKER_FAILURES: u32 = 4;

/// Whether another attempt may succeed within the same call.
#[must_use]
pub fn is_transient(error: &Error) -> bool {
    matches!(error.code, Code::ServerError | Code::NetworkError | Code::Timeout | Code::CredentialUnavailable)
}

impl RetryPolicy {
    /// The pause before an attempt that follows `failures` failed ones: exponential with full
    /// jitter, at least what the server asked for; `None` when that is longer than allowed. What it asks of who has shown
    /// an old credential is not for a new one.
    #[must_use]
    pub fn delay_millis(&self, error: &Error, failures: u32, chance: f64) -> Option<u32> {
        self.pause_millis(error.retry_after.filter(|_| error.code != Code::InvalidClient), failures, chance)
    }

    /// The same, where the server has asked for so many seconds.
    #[must_use]
    pub fn pause_millis(&self, asked_seconds: Option<u64>, failures: u32, chance: f64) -> Option<u32> {
        let asked = u32::try_from(asked_seconds.unwrap_or(0)).unwrap_or(u32::MAX).saturating_mul(1000);
        if asked > self.max_delay_millis {
            return None;
        }
        let most =
            FIRST_DELAY_MILLIS.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(self.max_delay_millis);
        Some(asked.max(share(most, chance)))
    }

    /// How long nobody asks again after the latest of so many failures in a row, in milliseconds.
    #[must_use]
    pub fn hold_millis(&self, error: &Error, in_a_row: u32, has_token: bool, chance: f64) -> i64 {
        if self.refusal_millis == 0 {
            return 0;
        }
        let asked = error
            .retry_after
            // "At once" is what a server says whose clock is behind.
            .filter(|seconds| *seconds > 0)
            .and_then(|seconds| i64::try_from(seconds).ok())
            .map(|seconds| seconds.saturating_mul(1000).min(MAX_ASKED_MILLIS));
        if error.code == Code::RateLimited {
            return asked.unwrap_or(self.refusal_millis);
        }
        if matches!(error.code, Code::InvalidClient | Code::RequestRefused) {
            return self.refusal_millis;
        }
        // With a token in hand there is no hurry: the first failure already makes a pause.
        let threshold = if has_token { 1 } else { BREAKER_FAILURES };
        let Some(step) = in_a_row.checked_sub(threshold) else { return asked.unwrap_or(0) };
        let most = FIRST_HOLD_MILLIS.saturating_mul(1 << step.min(10)).min(MAX_HOLD_MILLIS);
        let spread = u32::try_from(most / 2).unwrap_or(0);
        (most / 2).saturating_add(i64::from(share(spread, chance))).max(asked.unwrap_or(0))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32")]
fn share(whole: u32, chance: f64) -> u32 {
    (f64::from(whole) * chance.clamp(0.0, 1.0)) as u32
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::RetryPolicy;
    use crate::protocol::error::{Code, Error};

    fn error(code: Code, retry_after: Option<u64>) -> Error {
        let mut error = Error::new(code, "");
        error.retry_after = retry_after;
        error
    }

    #[test]
    fn pauses_double_with_full_jitter_and_honour_the_server() {
        let policy = RetryPolicy { max_delay_millis: 150, ..RetryPolicy::default() };
        let delay = |after, failures, chance| policy.delay_millis(&error(Code::ServerError, after), failures, chance);
        assert_eq!(
            [delay(None, 1, 0.0), delay(None, 1, 1.0), delay(None, 2, 1.0), delay(None, 9, 1.0)],
            [Some(0), Some(50), Some(100), Some(150)]
        );
        assert_eq!(delay(Some(1), 1, 0.0), None, "longer than a caller waits");
        assert_eq!(RetryPolicy::default().delay_millis(&error(Code::ServerError, Some(1)), 1, 0.0), Some(1000));
    }

    #[test]
    fn refusals_are_remembered_and_the_memory_can_be_switched_off() {
        let hold = |policy: RetryPolicy, code, after| policy.hold_millis(&error(code, after), 1, false, 0.0);
        assert_eq!(hold(RetryPolicy::default(), Code::InvalidClient, None), 30_000);
        assert_eq!(hold(RetryPolicy::default(), Code::RateLimited, Some(120)), 120_000);
        assert_eq!(hold(RetryPolicy { refusal_millis: 0, ..RetryPolicy::default() }, Code::RateLimited, Some(120)), 0);
    }

    #[test]
    fn a_failing_server_is_left_alone_for_longer_and_longer() {
        let hold = |in_a_row, has_token| {
            RetryPolicy::default().hold_millis(&error(Code::ServerError, None), in_a_row, has_token, 1.0)
        };
        assert_eq!(
            [hold(1, false), hold(3, false), hold(4, false), hold(5, false), hold(40, false)],
            [0, 0, 1000, 2000, 30_000]
        );
        assert_eq!([hold(1, true), hold(2, true), hold(40, true)], [1000, 2000, 30_000]);
    }
}
