//! What can go wrong, in words that are safe to print.
//!
//! An [`Error`] is made of fixed texts, of numbers and of what [`printable`] lets through. No
//! constructor takes a secret, a token or a response body.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// The stable code of an [`Error`]: what callers match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The authorization server refused the client's credentials.
    InvalidClient,
    /// The authorization server refused the request; [`Details::oauth`] says why.
    RequestRefused,
    /// The caller's own source of its credential failed.
    CredentialUnavailable,
    /// The server asked for fewer requests (429).
    RateLimited,
    /// The server failed (5xx, `temporarily_unavailable`).
    ServerError,
    /// The request did not get through.
    NetworkError,
    /// No complete answer in time.
    Timeout,
    /// A redirect where none is followed, so that no secret is replayed elsewhere.
    UnexpectedRedirect,
    /// The answer could not be read.
    UnreadableResponse,
    /// The answer carries a token of a type that cannot be used.
    UnsupportedTokenType,
    /// No usable authorization server metadata.
    DiscoveryFailed,
    /// The metadata speaks for another issuer.
    IssuerMismatch,
    /// The token was refused; [`Details::reason`] says why.
    InvalidToken,
    /// The token is good, but does not allow what is asked for.
    InsufficientScope,
    /// The keys that could tell are out of reach: says nothing about the token.
    KeysUnavailable,
    /// A request to an API without an access token.
    MissingToken,
    /// A request to an API with credentials that are not written as they must be.
    InvalidRequest,
    /// The proof of possession that came with a token is not acceptable.
    InvalidDpopProof,
    /// A proof has to be made with a nonce of ours.
    UseDpopNonce,
    /// Nobody can tell whether a proof is new.
    ReplayStoreUnavailable,
}

impl Code {
    /// The code as callers see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::RequestRefused => "request_refused",
            Self::CredentialUnavailable => "credential_unavailable",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::NetworkError => "network_error",
            Self::Timeout => "timeout",
            Self::UnexpectedRedirect => "unexpected_redirect",
            Self::UnreadableResponse => "unreadable_response",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::DiscoveryFailed => "discovery_failed",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::KeysUnavailable => "keys_unavailable",
            Self::MissingToken => "missing_token",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::ReplayStoreUnavailable => "replay_store_unavailable",
        }
    }

    /// Whether the same call may succeed a little later.
    const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::ServerError
                | Self::NetworkError
                | Self::Timeout
                | Self::KeysUnavailable
                | Self::CredentialUnavailable
                | Self::ReplayStoreUnavailable
        )
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Not a compact JWS, or not strictly written.
    Malformed,
    /// Longer than the limit.
    TooLarge,
    /// An encrypted token (JWE), which is not supported.
    Encrypted,
    /// An algorithm that is not allowed.
    Algorithm,
    /// A `crit` or `b64` header, which is never accepted.
    CriticalHeader,
    /// A `typ` outside the policy, or a token of another kind.
    Type,
    /// A required claim is absent.
    MissingClaim,
    /// A claim has the wrong type or an impossible value.
    ClaimType,
    /// A claim has another value than required.
    ClaimMismatch,
    /// `exp` has passed.
    Expired,
    /// `nbf` lies ahead.
    NotYetValid,
    /// `iat` lies ahead.
    IssuedInFuture,
    /// `iat` is longer ago than allowed.
    TooOld,
    /// No key of the issuer fits.
    UnknownKey,
    /// The signature is wrong.
    Signature,
    /// The token is bound to a key or a certificate that its sender has not shown to have, or is
    /// sent as bound and is not.
    SenderConstraint,
}

impl Reason {
    /// The reason as callers see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Encrypted => "encrypted",
            Self::Algorithm => "algorithm",
            Self::CriticalHeader => "critical_header",
            Self::Type => "type",
            Self::MissingClaim => "missing_claim",
            Self::ClaimType => "claim_type",
            Self::ClaimMismatch => "claim_mismatch",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::TooOld => "too_old",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::SenderConstraint => "sender_constraint",
        }
    }
}

/// The error response of an authorization server (RFC 6749 section 5.2), scrubbed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OAuthError {
    /// The `error` code.
    pub error: String,
    /// The `error_description`, if any.
    pub description: Option<String>,
    /// The `error_uri`, if any.
    pub uri: Option<String>,
}

/// An error that is safe to print, log and serialise.
///
/// Boxed, because it travels through every `Result`: by value it would weigh kilobytes of wasm.
#[derive(Debug, Clone, PartialEq)]
pub struct Error(Box<Details>);

/// What an [`Error`] holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// What callers match on.
    pub code: Code,
    /// One sentence for people.
    pub message: Cow<'static, str>,
    /// The HTTP status that was received, or that an API should answer with.
    pub status: Option<u16>,
    /// Seconds to wait before another try, when the server said so.
    pub retry_after: Option<u64>,
    /// What the authorization server said.
    pub oauth: Option<OAuthError>,
    /// What is the likely reason, and what to do about it.
    pub hint: Option<&'static str>,
    /// The claim that was refused.
    pub claim: Option<Cow<'static, str>>,
    /// Why the token was refused.
    pub reason: Option<Reason>,
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl Error {
    /// An error with no further details.
    #[must_use]
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Details {
            code,
            message: message.into(),
            status: None,
            retry_after: None,
            oauth: None,
            hint: None,
            claim: None,
            reason: None,
        }))
    }

    /// A refused token: 401 for whoever sent it.
    #[must_use]
    pub fn invalid_token(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(Code::InvalidToken, message).with_status(401);
        error.reason = Some(reason);
        error
    }

    /// A token refused for one of its claims.
    #[must_use]
    pub fn invalid_claim(
        reason: Reason,
        claim: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut error = Self::invalid_token(reason, message);
        error.claim = Some(claim.into());
        error
    }

    /// A good token that is not enough for what is asked for: 403 for whoever sent it.
    #[must_use]
    pub fn insufficient_scope(claim: &'static str, message: String) -> Self {
        let mut error = Self::new(Code::InsufficientScope, message).with_status(403);
        error.claim = Some(claim.into());
        error
    }

    /// With the HTTP status it came with, or should be answered with.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Whether the same call may succeed a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.code.is_retryable()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Text from outside made fit for a message: the characters RFC 6749 section 5.2 allows, at most
/// `limit` of them, with single quotes for the double ones that it does not.
#[must_use]
pub fn printable(text: &str, limit: usize) -> String {
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    let shown = |c| match c {
        '"' => '\'',
        c if allowed(c) => c,
        _ => '?',
    };
    let mut shown: String = text.chars().take(limit).map(shown).collect();
    if text.chars().nth(limit).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::printable;

    #[test]
    fn text_from_outside_cannot_break_a_log_line_or_a_header() {
        assert_eq!(printable("a\r\nSet-Cookie: b\"\\\u{202e}é", 100), "a??Set-Cookie: b'???");
        assert_eq!(printable("abcdef", 3), "abc...");
    }
}
