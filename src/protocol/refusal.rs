//! How an API answers a request that it refuses (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1).

use crate::protocol::credentials::Scheme;
use crate::protocol::error::{Code, printable};

/// The most characters of a value: beyond that servers refuse answers for the size of their headers.
const MAX_VALUE: usize = 1000;

/// Those that every host has, the usual one for proofs first.
const PROOF_ALGORITHMS: &str = "ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256 RS384 RS512";

/// What a challenge tells beside the error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChallengePolicy {
    /// Whether to say that proofs of possession are welcome.
    pub dpop: bool,
    /// Where the metadata of the API is.
    pub resource_metadata: Option<String>,
}

impl ChallengePolicy {
    /// The value of `WWW-Authenticate` for a request that came with this scheme and was refused for this; `None` for
    /// an error that no credentials would have changed. `scope` is what the request would have needed.
    #[must_use]
    pub fn challenge(&self, code: &str, message: &str, scheme: Scheme, scope: &str) -> Option<String> {
        let mut challenge = Challenge::of(scheme);
        if code != Code::MissingToken.as_str() {
            if !ANSWERED.iter().any(|answered| answered.as_str() == code) {
                return None;
            }
            challenge.tell("error", code);
            challenge.tell("error_description", message);
            if code == Code::InsufficientScope.as_str() && !scope.is_empty() {
                challenge.tell("scope", scope);
            }
        }
        if let Some(url) = &self.resource_metadata {
            challenge.tell("resource_metadata", url);
        }
        if scheme == Scheme::Bearer && self.dpop {
            challenge.text.push_str(", DPoP");
            challenge.separator = " ";
        }
        if scheme == Scheme::Dpop || self.dpop {
            challenge.tell("algs", PROOF_ALGORITHMS);
        }
        Some(challenge.text)
    }
}

/// What is told to the client by its name, as RFC 6750 section 3.1 and RFC 9449 section 7.1 register it.
const ANSWERED: [Code; 5] =
    [Code::InvalidRequest, Code::InvalidToken, Code::InvalidDpopProof, Code::UseDpopNonce, Code::InsufficientScope];

/// A challenge as it is written (RFC 9110 section 11.6.1), with the characters of RFC 6750 section 3: none of them
/// would have to be escaped.
struct Challenge {
    text: String,
    separator: &'static str,
}

impl Challenge {
    fn of(scheme: Scheme) -> Self {
        Self { text: scheme.as_str().to_owned(), separator: " " }
    }

    fn tell(&mut self, name: &str, value: &str) {
        for part in [self.separator, name, "=\"", &printable(value, MAX_VALUE), "\""] {
            self.text.push_str(part);
        }
        self.separator = ", ";
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::{ChallengePolicy, PROOF_ALGORITHMS};
    use crate::protocol::algorithm::Algorithm;
    use crate::protocol::credentials::Scheme::{Bearer, Dpop};
    use crate::protocol::error::Code;

    fn policy() -> ChallengePolicy {
        ChallengePolicy::default()
    }

    #[test]
    fn a_request_without_a_token_is_told_no_error() {
        assert_eq!(policy().challenge("missing_token", "no token", Bearer, "").unwrap(), "Bearer");
        let policy = ChallengePolicy { dpop: true, resource_metadata: Some("https://api.example/m".to_owned()) };
        assert_eq!(
            policy.challenge("missing_token", "no token", Bearer, "").unwrap(),
            format!("Bearer resource_metadata=\"https://api.example/m\", DPoP algs=\"{PROOF_ALGORITHMS}\"")
        );
    }

    #[test]
    fn the_error_is_told_with_the_scheme_that_was_used() {
        let expired = |scheme| policy().challenge("invalid_token", "the token has expired", scheme, "").unwrap();
        let told = "error=\"invalid_token\", error_description=\"the token has expired\"";
        assert_eq!(expired(Bearer), format!("Bearer {told}"));
        assert_eq!(expired(Dpop), format!("DPoP {told}, algs=\"{PROOF_ALGORITHMS}\""));
    }

    #[test]
    fn the_algorithms_that_are_told_are_accepted() {
        let names = Algorithm::ASYMMETRIC.map(Algorithm::name);
        assert!(PROOF_ALGORITHMS.split(' ').all(|name| names.contains(&name)));
    }

    #[test]
    fn what_is_missing_is_told() {
        let scope = "read:orders write:orders";
        let challenge = policy().challenge("insufficient_scope", "the token lacks a scope", Bearer, scope).unwrap();
        assert!(challenge.starts_with("Bearer error=\"insufficient_scope\", "), "{challenge}");
        assert!(challenge.ends_with(", scope=\"read:orders write:orders\""), "{challenge}");
    }

    #[test]
    fn an_error_that_no_credentials_would_have_changed_is_no_challenge() {
        for code in [Code::KeysUnavailable, Code::ReplayStoreUnavailable, Code::InvalidClient, Code::NetworkError] {
            assert_eq!(policy().challenge(code.as_str(), "x", Bearer, ""), None);
        }
    }

    /// A challenge: its scheme, with the names and values of its parameters.
    type Read = (String, Vec<(String, String)>);

    /// Takes a list of challenges apart as RFC 9110 section 11.6.1 writes them.
    fn parsed(mut text: &str) -> Option<Vec<Read>> {
        let word = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let mut challenges: Vec<Read> = Vec::new();
        while !text.is_empty() {
            let (name, rest) = text.split_at(word(text));
            if let Some(rest) = rest.strip_prefix("=\"") {
                let (value, rest) = rest.split_once('"')?;
                if !value.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
                    return None;
                }
                challenges.last_mut()?.1.push((name.to_owned(), value.to_owned()));
                text = rest;
            } else {
                challenges.push((name.to_owned(), Vec::new()));
                text = rest.strip_prefix(' ').unwrap_or(rest);
            }
            text = text.strip_prefix(", ").unwrap_or(text);
        }
        Some(challenges)
    }

    proptest! {
        #[test]
        fn whatever_the_message_is_the_header_can_be_read_back(message in any::<String>(), dpop in any::<bool>(), used in any::<bool>()) {
            let policy = ChallengePolicy { dpop, resource_metadata: Some("https://api.example/m".to_owned()) };
            let challenge = policy.challenge("invalid_token", &message, if used { Dpop } else { Bearer }, "").unwrap();
            let read = parsed(&challenge).ok_or_else(|| TestCaseError::fail(challenge.clone()))?;
            let names = |place: usize| read[place].1.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
            prop_assert_eq!(read.len(), if dpop && !used { 2 } else { 1 });
            prop_assert_eq!(&names(0)[..3], &["error", "error_description", "resource_metadata"]);
            prop_assert!(challenge.len() < 1500);
        }
    }
}
