//! An access token as the client keeps it.

use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// How a token is presented to an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
    /// RFC 9449: with a proof that its key is at hand.
    Dpop,
}

impl TokenType {
    /// The type of a name, which has no case (RFC 6749 section 5.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Bearer, Self::Dpop].into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name))
    }

    /// The scheme in an Authorization header, spelled the way strict APIs insist on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
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
    /// Milliseconds from its receipt to when the server wants it renewed (Entra's `refresh_in`).
    pub refresh_in_millis: Option<i64>,
    /// The granted scope, when the server named it (RFC 6749 section 5.1: absent means as asked).
    pub scope: Option<String>,
}

impl AccessToken {
    /// The value of an Authorization header.
    #[must_use]
    pub fn authorization(&self) -> String {
        format!("{} {}", self.token_type.as_str(), self.value.expose())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{AccessToken, TokenType};
    use crate::protocol::secret::Secret;
    use crate::protocol::time::Timestamp;

    #[test]
    fn a_token_is_not_shown_by_debug() {
        let token = AccessToken {
            value: Secret::new("canary".to_owned()),
            token_type: TokenType::Bearer,
            received_at: Timestamp::from_millis(0),
            expires_at: Timestamp::from_millis(1),
            refresh_in_millis: None,
            scope: None,
        };
        assert!(!format!("{token:?}").contains("canary"));
        assert_eq!(token.authorization(), "Bearer canary");
    }
}
