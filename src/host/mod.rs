//! What the host gives: one small trait each, so that everything above runs without JavaScript.
//!
//! `web` (wasm32 only) adapts the JavaScript host: `fetch`, Web Cryptography, `Date`. `fake` (native
//! only) is a scripted host with a manual clock, for native tests of code that is written against these traits.
//!
//! Which traits a host needs depends on what is done with it:
//!
//! | | [`Fetch`](fetch::Fetch), [`Clock`](clock::Clock), [`Sleep`](sleep::Sleep), [`Random`](random::Random), [`Crypto`](crypto::Crypto), [`Events`](events::Events), [`Store`](store::Store) | [`Credential`](credential::Credential), [`Signing`](signing::Signing) | [`Replays`](replay::Replays) |
//! |---|---|---|---|
//! | get tokens: [`TokenEngine`](crate::flow::token_engine::TokenEngine) | yes | yes | |
//! | verify tokens: [`Verifier`](crate::flow::verifier::Verifier) | yes | | |
//! | admit requests: [`admit`](crate::flow::guard::admit) | `Clock` and `Crypto` | | yes |
//!
//! A host that blocks is fine: its futures are ready when they are polled first, and whatever is built on them is, too.
//! Each wait is driven after the work that it limits, so nothing sleeps that need not.

pub mod clock;
pub mod credential;
pub mod crypto;
pub mod events;
#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
pub mod fetch;
pub mod random;
pub mod replay;
pub mod signing;
pub mod sleep;
pub mod store;
#[cfg(target_arch = "wasm32")]
pub mod web;

use std::fmt;

use crate::protocol::error::Error;

/// What all parts of one host have in common.
pub trait Host {
    /// The host's own error value, kept with its identity as the `cause` of ours.
    type Cause: Clone;
}

/// An error together with the host's error that caused it.
#[derive(Debug, Clone)]
pub struct Failure<C> {
    /// What went wrong, safe to print.
    pub error: Error,
    /// The host's own error value.
    pub cause: Option<C>,
}

impl<C> fmt::Display for Failure<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl<C: fmt::Debug> std::error::Error for Failure<C> {}

impl<C> From<Error> for Failure<C> {
    fn from(error: Error) -> Self {
        Self { error, cause: None }
    }
}
