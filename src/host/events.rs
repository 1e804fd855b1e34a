//! What happens, told to whoever wants to know.

use crate::protocol::error::{Code, Error};
use crate::protocol::quota::Quota;
use crate::protocol::time::Timestamp;

/// Where a token was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From this isolate's memory.
    Memory,
    /// From the shared store.
    Store,
    /// From the authorization server, just now.
    Network,
}

impl Source {
    /// The source as JavaScript sees it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Store => "store",
            Self::Network => "network",
        }
    }
}

/// How a token request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// The number of the request; none was sent when the client's own source of secrets failed.
    pub request: Option<u32>,
    /// How long it took.
    pub millis: i64,
    /// What callers match on.
    pub code: Code,
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// Seconds to wait, when the server said so.
    pub retry_after: Option<u64>,
}

impl Failed {
    /// The failure of a request.
    #[must_use]
    pub fn new(request: Option<u32>, millis: i64, error: &Error) -> Self {
        Self { request, millis, code: error.code, status: error.status, retry_after: error.retry_after }
    }
}

/// Something that happened. Free of secrets and tokens.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A token request goes out.
    TokenRequested {
        /// Its number among all of this isolate.
        request: u32,
        /// The attempt of this caller, from 1.
        attempt: u32,
        /// Whether there is still a usable token.
        renewal: bool,
    },
    /// A token has come.
    TokenReceived {
        /// The number of the request.
        request: u32,
        /// How long it took.
        millis: i64,
        /// How long the token lives, in milliseconds.
        lifetime_millis: i64,
    },
    /// A token request has failed, and nobody has a token to fall back to.
    TokenFailed(Failed),
    /// A renewal has failed; the old token goes on being served.
    RenewalFailed(Failed),
    /// A caller was given a token.
    TokenServed(Source),
    /// A caller was refused a token without a request: a remembered failure, or a spent quota.
    TokenRefused {
        /// What it is told.
        code: Code,
        /// Seconds to wait.
        retry_after: Option<u64>,
    },
    /// A caller waits for the one that asks.
    Waiting,
    /// The one that asked has died; this caller goes on in its place.
    TakenOver,
    /// The shared store did not do what it should; it was left out.
    StoreFailed {
        /// What it was asked to do.
        operation: &'static str,
        /// What was wrong.
        problem: String,
        /// The name or code of the error it threw.
        error: Option<String>,
    },
    /// The server told how much of a quota is left.
    Quota(Quota),
    /// A renewal is put off to save a quota.
    RenewalPostponed(Timestamp),
    /// A request for an issuer's keys goes out.
    KeysRequested,
    /// An issuer's keys have come.
    KeysReceived {
        /// How long it took.
        millis: i64,
        /// How many keys can be used.
        usable: usize,
        /// How many cannot or must not.
        unusable: usize,
    },
    /// An issuer's keys could not be had; older ones go on serving for a day.
    KeysFailed {
        /// How long it took.
        millis: i64,
        /// What was met.
        code: Code,
        /// The HTTP status, if there was a response.
        status: Option<u16>,
    },
}

/// A member of an event.
pub enum Field {
    /// A word.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl Event {
    /// Its type, as JavaScript sees it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TokenRequested { .. } => "token_requested",
            Self::TokenReceived { .. } => "token_received",
            Self::TokenFailed(_) => "token_failed",
            Self::RenewalFailed(_) => "renewal_failed",
            Self::TokenServed(_) => "token_served",
            Self::TokenRefused { .. } => "token_refused",
            Self::Waiting => "waiting",
            Self::TakenOver => "taken_over",
            Self::StoreFailed { .. } => "store_failed",
            Self::Quota(_) => "quota",
            Self::RenewalPostponed(_) => "renewal_postponed",
            Self::KeysRequested => "keys_requested",
            Self::KeysReceived { .. } => "keys_received",
            Self::KeysFailed { .. } => "keys_failed",
        }
    }

    /// Its members, as JavaScript sees them.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "milliseconds and counts far below 2^53")]
    pub fn fields(&self) -> Vec<(&'static str, Field)> {
        let number = |number: u32| Field::Number(number.into());
        let millis = |millis: i64| Field::Number(millis as f64);
        let seconds = |seconds: u64| Field::Number(seconds as f64);
        let word = |text: &str| Field::Text(text.to_owned());
        let mut fields = match self {
            Self::TokenRequested { request, attempt, renewal } => {
                vec![("request", number(*request)), ("attempt", number(*attempt)), ("renewal", Field::Flag(*renewal))]
            }
            Self::TokenReceived { request, millis: took, lifetime_millis } => vec![
                ("request", number(*request)),
                ("durationMs", millis(*took)),
                ("expiresIn", Field::Number(*lifetime_millis as f64 / 1000.0)),
            ],
            Self::TokenFailed(failed) | Self::RenewalFailed(failed) => {
                vec![("durationMs", millis(failed.millis)), ("code", word(failed.code.as_str()))]
            }
            Self::TokenServed(source) => vec![("source", word(source.as_str()))],
            Self::TokenRefused { code, .. } => vec![("code", word(code.as_str()))],
            Self::Waiting | Self::TakenOver | Self::KeysRequested => Vec::new(),
            Self::StoreFailed { operation, problem, .. } => {
                vec![("operation", word(operation)), ("problem", word(problem))]
            }
            Self::Quota(quota) => vec![
                ("scope", word(quota.scope.as_str())),
                ("limit", seconds(quota.limit)),
                ("remaining", seconds(quota.remaining)),
                ("resetAfter", seconds(quota.reset_after)),
            ],
            Self::RenewalPostponed(until) => vec![("until", millis(until.as_millis()))],
            Self::KeysReceived { millis: took, usable, unusable } => vec![
                ("durationMs", millis(*took)),
                ("keys", Field::Number(*usable as f64)),
                ("unusable", Field::Number(*unusable as f64)),
            ],
            Self::KeysFailed { millis: took, code, .. } => {
                vec![("durationMs", millis(*took)), ("code", word(code.as_str()))]
            }
        };
        match self {
            Self::TokenFailed(Failed { request, status, retry_after, .. })
            | Self::RenewalFailed(Failed { request, status, retry_after, .. }) => {
                fields.extend(request.map(|request| ("request", number(request))));
                fields.extend(status.map(|status| ("status", number(status.into()))));
                fields.extend(retry_after.map(|wait| ("retryAfter", seconds(wait))));
            }
            Self::TokenRefused { retry_after, .. } => {
                fields.extend(retry_after.map(|wait| ("retryAfter", seconds(wait))));
            }
            Self::StoreFailed { error: Some(error), .. } => fields.push(("error", word(error))),
            Self::KeysFailed { status: Some(status), .. } => fields.push(("status", number((*status).into()))),
            _ => {}
        }
        fields
    }
}

/// Where events go.
pub trait Events {
    /// Tells an event about the cache entry that `key` names. Never fails, and never waits.
    fn emit(&self, key: &str, event: &Event);
}
