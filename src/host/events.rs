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
    /// The answer does not name the token's type, which RFC 6749 section 5.1 demands; it is taken for
    /// Bearer.
    TokenTypeMissing {
        /// The number of the request.
        request: u32,
    },
    /// A token is used although nobody could tell whether it is good.
    TokenUnverified {
        /// The number of the request.
        request: u32,
        /// Why, as errors have it: `keys_unavailable`, `unknown_key`, `algorithm` and so on.
        reason: &'static str,
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
pub enum Member<'a> {
    /// A word.
    Text(&'a str),
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
            Self::TokenTypeMissing { .. } => "token_type_missing",
            Self::TokenUnverified { .. } => "token_unverified",
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

    /// Tells its members, as JavaScript sees them.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds and counts far below 2^53")]
    pub fn members(&self, tell: &mut dyn FnMut(&'static str, Member<'_>)) {
        let mut number = |name, number: f64| tell(name, Member::Number(number));
        match self {
            Self::TokenRequested { request, attempt, renewal } => {
                number("request", (*request).into());
                number("attempt", (*attempt).into());
                tell("renewal", Member::Flag(*renewal));
            }
            Self::TokenReceived { request, millis, lifetime_millis } => {
                number("request", (*request).into());
                number("durationMs", *millis as f64);
                number("expiresIn", *lifetime_millis as f64 / 1000.0);
            }
            Self::TokenFailed(failed) | Self::RenewalFailed(failed) => {
                number("durationMs", failed.millis as f64);
                let optional = [
                    ("request", failed.request.map(f64::from)),
                    ("status", failed.status.map(f64::from)),
                    ("retryAfter", failed.retry_after.map(|seconds| seconds as f64)),
                ];
                for (name, value) in optional {
                    if let Some(value) = value {
                        number(name, value);
                    }
                }
                tell("code", Member::Text(failed.code.as_str()));
            }
            Self::TokenTypeMissing { request } => number("request", (*request).into()),
            Self::TokenUnverified { request, reason } => {
                number("request", (*request).into());
                tell("reason", Member::Text(reason));
            }
            Self::KeysReceived { millis, usable, unusable } => {
                number("durationMs", *millis as f64);
                number("keys", *usable as f64);
                number("unusable", *unusable as f64);
            }
            Self::KeysFailed { millis, code, status } => {
                number("durationMs", *millis as f64);
                if let Some(status) = status {
                    number("status", (*status).into());
                }
                tell("code", Member::Text(code.as_str()));
            }
            Self::TokenServed(source) => tell("source", Member::Text(source.as_str())),
            Self::TokenRefused { code, retry_after } => {
                if let Some(seconds) = retry_after {
                    number("retryAfter", *seconds as f64);
                }
                tell("code", Member::Text(code.as_str()));
            }
            Self::Waiting | Self::TakenOver | Self::KeysRequested => {}
            Self::StoreFailed { operation, problem, error } => {
                tell("operation", Member::Text(operation));
                tell("problem", Member::Text(problem));
                if let Some(error) = error {
                    tell("error", Member::Text(error));
                }
            }
            Self::Quota(quota) => {
                number("limit", quota.limit as f64);
                number("remaining", quota.remaining as f64);
                number("resetAfter", quota.reset_after as f64);
                tell("scope", Member::Text(quota.scope.as_str()));
            }
            Self::RenewalPostponed(until) => number("until", until.as_date()),
        }
    }
}

/// Where events go. A host that nobody listens to implements nothing: `impl Events for MyHost {}`.
pub trait Events {
    /// Tells an event about the cache entry that `key` names. Never fails, and never waits.
    fn emit(&self, _key: &str, _event: &Event) {}

    /// A fresh token may have been replaced, refused or pushed out of memory: whoever holds one is to
    /// look it up again.
    fn changed(&self) {}
}
