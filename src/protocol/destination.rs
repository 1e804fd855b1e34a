//! Where an access token may be sent.

use crate::protocol::option::OptionError;
use crate::protocol::url::{HttpUrl, Transport, UrlProblem};

/// Which APIs get to see the token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DestinationPolicy {
    /// Whether plain http is acceptable beyond loopback.
    pub transport: Transport,
    /// The origins that may see the token; every one when `None`.
    pub origins: Option<Vec<String>>,
}

impl DestinationPolicy {
    /// Reads an origin as callers write it: scheme, host, and port if it is not the default.
    ///
    /// # Errors
    /// When there is more to it, or it is no http(s) origin.
    pub fn parse_origin(text: &str, transport: Transport) -> Result<String, UrlProblem> {
        let url = HttpUrl::parse(text, transport)?;
        if url.path_and_query() == "/" { Ok(url.origin().to_owned()) } else { Err(UrlProblem::NotAnOrigin) }
    }

    /// Whether the token may go to `origin`, which is the one the host's own URL parser found:
    /// the same parser that `fetch` uses.
    ///
    /// # Errors
    /// A caller's mistake in `input`.
    pub fn check(&self, origin: &str) -> Result<(), OptionError> {
        let origin = Self::parse_origin(origin, self.transport)
            .map_err(|problem| OptionError::new("input", problem.to_string()))?;
        match &self.origins {
            Some(allowed) if !allowed.contains(&origin) => {
                Err(OptionError::new("input", "is not at one of options.apiOrigins, so the token is not sent there"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::DestinationPolicy;
    use crate::protocol::url::Transport;

    #[test]
    fn the_token_goes_to_https_and_to_loopback_only() {
        let policy = DestinationPolicy::default();
        assert!(policy.check("https://api.example").is_ok());
        assert!(policy.check("http://localhost:8080").is_ok());
        for origin in ["http://api.example", "null", "ftp://api.example", "", "https://a/b"] {
            assert!(policy.check(origin).is_err(), "{origin}");
        }
        let policy = DestinationPolicy { transport: Transport::DangerouslyAllowHttp, origins: None };
        assert!(policy.check("http://api.example").is_ok());
    }

    #[test]
    fn with_a_list_of_origins_the_token_goes_nowhere_else() {
        let origin = DestinationPolicy::parse_origin("https://API.example:443", Transport::Secure).unwrap();
        let policy = DestinationPolicy { origins: Some(vec![origin]), ..DestinationPolicy::default() };
        assert!(policy.check("https://api.example").is_ok());
        for origin in ["https://api.example:8443", "https://other.example", "https://api.example.evil.example"] {
            assert!(policy.check(origin).is_err(), "{origin}");
        }
    }
}
