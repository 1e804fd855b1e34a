//! What becomes of an API call once it is answered, or not: decided at once, from plain facts.
//!
//! The call itself is the host's: its body, its response and the time it takes belong to the caller,
//! and a future that waited for it here would stay in wasm memory when its request is cancelled. So
//! the host's driver sends and waits, and asks here what is next. Nothing is remembered in between.

use crate::flow::retry::RetryPolicy;
use crate::protocol::challenge::Params;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::error::{Code, Error};
use crate::protocol::redirect::{becomes_get, is_idempotent, is_redirect};

/// As many as `fetch` follows.
const MAX_HOPS: u32 = 20;

/// What may be sent again, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiPolicy {
    /// How often a call may fail, at most, and how long it pauses; `refusal_millis` has no meaning
    /// here, and a deadline of `u32::MAX` is none.
    pub retry: RetryPolicy,
    /// Whether a token that the API refuses is renewed.
    pub renew: bool,
}

impl Default for ApiPolicy {
    fn default() -> Self {
        let retry = RetryPolicy { attempts: 3, max_delay_millis: 10_000, refusal_millis: 0, deadline_millis: u32::MAX };
        Self { retry, renew: true }
    }
}

impl ApiPolicy {
    /// Everything is sent once.
    #[must_use]
    pub fn off(self) -> Self {
        Self { retry: RetryPolicy { attempts: 1, ..self.retry }, renew: false }
    }
}

/// What the caller wants done with redirects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// Follow those within the origin, hand back those that leave it.
    Follow,
    /// Follow all, without the token from where they leave the origin.
    FollowUnauthenticated,
    /// Hand them back.
    Manual,
    /// Fail.
    Error,
}

impl Redirects {
    /// What a caller writes, as in `fetch`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "follow" => Some(Self::Follow),
            "follow-unauthenticated" => Some(Self::FollowUnauthenticated),
            "manual" => Some(Self::Manual),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// Never: its body was a stream.
    Never,
    /// If the API has refused to act on it.
    Refused,
    /// Whatever the API has done: it is idempotent, or has a key that makes it so.
    Always,
}

impl Resend {
    /// For a request with this method, whose body is still there or not, with an Idempotency-Key or
    /// not (draft-ietf-httpapi-idempotency-key-header).
    #[must_use]
    pub fn of(method: &str, has_body: bool, has_key: bool) -> Self {
        match (has_body, has_key || is_idempotent(method)) {
            (false, _) => Self::Never,
            (true, false) => Self::Refused,
            (true, true) => Self::Always,
        }
    }
}

/// The token that was sent along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentToken {
    /// None: a redirect has led away from the origin.
    None,
    /// One that was made in this very call: another one would be no better.
    New,
    /// One that was there before.
    Kept,
}

/// A call that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its method, in upper case where `fetch` writes it so.
    pub method: &'a str,
    /// Where it was sent.
    pub origin: &'a str,
    /// What the caller wants done with redirects.
    pub redirects: Redirects,
    /// When it may be sent again.
    pub resend: Resend,
    /// The token it was sent with.
    pub token: SentToken,
    /// Whether a proof of possession can be made with the nonce that came with the answer.
    pub can_prove: bool,
    /// Whether the token can be got from the authorization server that the API names.
    pub can_discover: bool,
    /// Whether it has been got from there before: what the API names is known already.
    pub is_discovered: bool,
    /// The redirects it has followed.
    pub hops: u32,
    /// The times it was sent and had to be repeated for a failure, and this one.
    pub attempts: u32,
    /// Since it began.
    pub elapsed_millis: u32,
}

/// What has come of it.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// Nothing.
    None,
    /// A response.
    Response {
        /// Its status.
        status: u16,
        /// The origin its `Location` leads to, if that is a URL without credentials.
        target: Option<&'a str>,
        /// Its `WWW-Authenticate`.
        challenge: &'a str,
        /// Its `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
}

/// What is done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The response is the caller's.
    Respond,
    /// It is sent on to where the response leads.
    Follow {
        /// As a GET without a body.
        as_get: bool,
        /// With the token.
        with_token: bool,
    },
    /// The token is renewed, if it still is the one in memory, and the call sent again.
    Renew,
    /// It is sent again, with a proof for the nonce that came with the answer (RFC 9449 section 9).
    Prove,
    /// It is sent again, with a token from the server that the API names (RFC 9728 section 5).
    Discover,
    /// It is sent again after so many milliseconds.
    Wait(u32),
    /// It fails.
    Fail(Error),
}

/// Decides what becomes of a call. `chance` is drawn from 0 to 1.
#[must_use]
pub fn next(
    call: &Call<'_>,
    answer: Answer<'_>,
    policy: &ApiPolicy,
    destinations: &DestinationPolicy,
    chance: f64,
) -> Step {
    match answer {
        Answer::None if call.elapsed_millis >= policy.retry.deadline_millis => {
            let limit = policy.retry.deadline_millis;
            fail(Code::Timeout, format!("the API at {} did not answer within {limit} ms", call.origin))
        }
        Answer::None => again(call, policy, None, chance)
            .unwrap_or_else(|| fail(Code::NetworkError, format!("the API at {} could not be reached", call.origin))),
        Answer::Response { status, target, .. } if is_redirect(status) => {
            redirected(call, status, target, destinations)
        }
        Answer::Response { status: 401, challenge, .. } => refused(call, challenge, policy),
        Answer::Response { status: 429 | 503, retry_after: Some(seconds), .. } => {
            again(call, policy, Some(seconds), chance).unwrap_or(Step::Respond)
        }
        Answer::Response { .. } => Step::Respond,
    }
}

fn fail(code: Code, message: String) -> Step {
    Step::Fail(Error::new(code, message))
}

/// After a failure that may pass. The API may have acted on the call.
fn again(call: &Call<'_>, policy: &ApiPolicy, asked: Option<u64>, chance: f64) -> Option<Step> {
    if call.resend != Resend::Always || call.attempts >= policy.retry.attempts {
        return None;
    }
    let millis = policy.retry.pause_millis(asked, call.attempts, chance)?;
    (call.elapsed_millis.saturating_add(millis) < policy.retry.deadline_millis).then_some(Step::Wait(millis))
}

fn redirected(call: &Call<'_>, status: u16, target: Option<&str>, destinations: &DestinationPolicy) -> Step {
    let Some(target) = target else { return Step::Respond };
    let as_get = becomes_get(status, call.method);
    let stays = target == call.origin;
    let with_token = stays && call.token != SentToken::None;
    let follows = match call.redirects {
        Redirects::Manual => false,
        Redirects::Error => {
            let mut error = Error::new(
                Code::UnexpectedRedirect,
                format!("the API at {} redirected, which init.redirect does not allow", call.origin),
            );
            error.status = Some(status);
            return Step::Fail(error);
        }
        Redirects::Follow => stays,
        // What the caller sends is still not for everybody on the network.
        Redirects::FollowUnauthenticated => {
            stays || DestinationPolicy::parse_origin(target, destinations.transport).is_ok()
        }
    };
    if !follows || (call.resend == Resend::Never && !as_get) {
        return Step::Respond;
    }
    if call.hops >= MAX_HOPS {
        let message = format!("the API at {} redirected more than {MAX_HOPS} times", call.origin);
        return Step::Fail(Error::new(Code::UnexpectedRedirect, message).with_status(status));
    }
    Step::Follow { as_get, with_token }
}

/// The API has refused the credentials, and so has not acted on the call.
fn refused(call: &Call<'_>, challenge: &str, policy: &ApiPolicy) -> Step {
    if call.token == SentToken::None || call.resend == Resend::Never {
        return Step::Respond;
    }
    let (mut asks_for_nonce, mut asks_for_more, mut names_server) = (false, false, false);
    for param in Params::of(challenge) {
        let is_error = param.is("error");
        asks_for_nonce |= is_error && param.value == "use_dpop_nonce";
        // Another token would not be another answer: more is asked for than a token that is good
        // (RFC 6750 section 3.1, RFC 9470, the `claims` of Entra).
        asks_for_more |= (is_error && param.value != "invalid_token") || param.is("claims");
        names_server |= param.is("resource_metadata");
    }
    let can_discover = call.can_discover && names_server;
    // A token from the very server would come from memory again.
    let can_renew = policy.renew && call.token == SentToken::Kept && !asks_for_more;
    if call.can_prove && asks_for_nonce {
        Step::Prove
    } else if can_renew && (call.is_discovered || !can_discover) {
        Step::Renew
    } else if can_discover {
        Step::Discover
    } else {
        Step::Respond
    }
}
