//! An access token as the client keeps it.

use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// How a token is presented to an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
}

impl TokenType {
    /// The scheme in an Authorization header, spelled the way strict APIs insist on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
        }
    }
}

/// A token that was received, with absolute times.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token itself.
    pub value: Secret,
    /// How it is presented.
    pub token_type: TokenType,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it stops being valid, by the server's word.
    pub expires_at: Timestamp,
    /// The granted scope, when the server named it (RFC 6749 section 5.1: absent means as asked).
    pub scope: Option<String>,
}

impl AccessToken {
    /// The value of an Authorization header.
    #[must_use]
    pub fn authorization(&self) -> String {
        format!("{} {}", self.token_type.as_str(), self.value.expose())
    }

    /// Whether the token may still be handed out: until 10 seconds before its end, or a tenth of
    /// its lifetime where that is less, so that it does not die on the way to the API.
    #[must_use]
    pub const fn is_usable(&self, now: Timestamp) -> bool {
        let lifetime = self.expires_at.millis_since(self.received_at);
        let tenth = lifetime / 10;
        let leeway = if tenth < MAX_LEEWAY_MILLIS { tenth } else { MAX_LEEWAY_MILLIS };
        now.plus_millis(leeway).as_millis() < self.expires_at.as_millis() && now.is_within(self.received_at, i64::MAX)
    }
}

const MAX_LEEWAY_MILLIS: i64 = 10_000;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{AccessToken, TokenType};
    use crate::protocol::secret::Secret;
    use crate::protocol::time::Timestamp;

    fn token(lifetime_millis: i64) -> AccessToken {
        AccessToken {
            value: Secret::new("canary".to_owned()),
            token_type: TokenType::Bearer,
            received_at: Timestamp::from_millis(1_000_000),
            expires_at: Timestamp::from_millis(1_000_000 + lifetime_millis),
            scope: None,
        }
    }

    #[test]
    fn a_token_is_handed_out_until_shortly_before_its_end() {
        let usable = |lifetime: i64, age: i64| token(lifetime).is_usable(Timestamp::from_millis(1_000_000 + age));
        assert!(usable(86_400_000, 86_389_999));
        assert!(!usable(86_400_000, 86_390_000));
        assert!(usable(60_000, 53_999), "short-lived tokens are kept too");
        assert!(!usable(60_000, 54_000));
        assert!(!usable(0, 0));
    }

    #[test]
    fn a_token_is_not_shown_by_debug() {
        assert!(!format!("{:?}", token(1)).contains("canary"));
        assert_eq!(token(1).authorization(), "Bearer canary");
    }
}
