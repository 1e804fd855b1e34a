//! When a token is good, when it is time to renew it, and when it is over.

use crate::protocol::access_token::AccessToken;
use crate::protocol::time::Timestamp;

/// When renewal starts, by the caller's wish.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RenewalPolicy {
    /// Renew this many milliseconds before the end, or a fifth of the lifetime where that is less:
    /// a fixed leeway of minutes would never keep a token of five.
    pub leeway_millis: i64,
    /// The part of the time before renewal, from 0 to 1, over which isolates are spread.
    pub jitter: f64,
}

impl Default for RenewalPolicy {
    fn default() -> Self {
        Self { leeway_millis: 300_000, jitter: 0.1 }
    }
}

/// The longest time before its end that a token is no longer handed out, so that it does not die on
/// its way to the API.
const MAX_HARD_LEEWAY_MILLIS: i64 = 10_000;

/// The two points that matter in a token's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// From here on one caller renews while the others are served.
    pub soft: Timestamp,
    /// From here on nobody is served.
    pub hard: Timestamp,
}

impl Freshness {
    /// The points of a token. `chance` is drawn once per token, from 0 to 1, so that a fleet does
    /// not renew at the same moment.
    #[must_use]
    pub fn of(token: &AccessToken, policy: RenewalPolicy, chance: f64) -> Self {
        let lifetime = token.expires_at.millis_since(token.received_at);
        let hard = token.expires_at.plus_millis((lifetime / 10).min(MAX_HARD_LEEWAY_MILLIS).saturating_neg());
        let until_soft = match token.refresh_in_millis {
            // The server's own hint (Entra's `refresh_in`).
            Some(hint) if (1..lifetime).contains(&hint) => hint,
            _ => lifetime.saturating_sub(policy.leeway_millis.clamp(0, lifetime / 5)),
        };
        let earlier = part(until_soft, policy.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0));
        let soft = token.received_at.plus_millis(until_soft.saturating_sub(earlier));
        Self { soft: soft.min(hard), hard }
    }

    /// With renewal put off as long as is safe, for the sake of a quota that is nearly spent.
    #[must_use]
    pub const fn stretched(self) -> Self {
        let left = self.hard.millis_since(self.soft);
        Self { soft: self.hard.plus_millis((left / 10).saturating_neg()), hard: self.hard }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a part of at most 30 days")]
fn part(millis: i64, share: f64) -> i64 {
    (millis as f64 * share) as i64
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{Freshness, RenewalPolicy};
    use crate::protocol::access_token::{AccessToken, TokenType};
    use crate::protocol::secret::Secret;
    use crate::protocol::time::Timestamp;

    const START: i64 = 1_000_000_000;

    /// Milliseconds from receipt to the soft and to the hard point.
    fn points(lifetime: i64, refresh_in: Option<i64>, policy: RenewalPolicy, chance: f64) -> (i64, i64) {
        let token = AccessToken {
            value: Secret::new("t".to_owned()),
            token_type: TokenType::Bearer,
            received_at: Timestamp::from_millis(START),
            expires_at: Timestamp::from_millis(START + lifetime),
            refresh_in_millis: refresh_in,
            scope: None,
        };
        let freshness = Freshness::of(&token, policy, chance);
        (freshness.soft.as_millis() - START, freshness.hard.as_millis() - START)
    }

    const PLAIN: RenewalPolicy = RenewalPolicy { leeway_millis: 300_000, jitter: 0.0 };

    #[test]
    fn the_leeway_is_relative_to_the_lifetime() {
        assert_eq!(points(86_400_000, None, PLAIN, 0.0), (86_100_000, 86_390_000));
        assert_eq!(points(300_000, None, PLAIN, 0.0), (240_000, 290_000));
        assert_eq!(points(60_000, None, PLAIN, 0.0), (48_000, 54_000));
        assert_eq!(points(0, None, PLAIN, 0.0), (0, 0));
    }

    #[test]
    fn chance_moves_renewal_earlier_and_never_past_the_hard_point() {
        let policy = RenewalPolicy { jitter: 0.1, ..PLAIN };
        assert_eq!(points(300_000, None, policy, 0.5), (228_000, 290_000));
        assert_eq!(points(300_000, None, RenewalPolicy { leeway_millis: 0, jitter: 0.0 }, 0.0), (290_000, 290_000));
    }

    #[test]
    fn the_servers_own_hint_comes_first() {
        assert_eq!(points(86_400_000, Some(43_200_000), PLAIN, 0.0), (43_200_000, 86_390_000));
        assert_eq!(points(300_000, Some(0), PLAIN, 0.0), (240_000, 290_000));
        assert_eq!(points(300_000, Some(400_000), PLAIN, 0.0), (240_000, 290_000));
    }
}
