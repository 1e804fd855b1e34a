//! Machine-to-machine access tokens: get them (OAuth 2.0 Client Credentials, RFC 6749 section 4.4), keep them, and verify
//! those that arrive.
//!
//! This crate is what the npm package `gatepass` is compiled from. It does no I/O of its own, so it serves in Rust just as
//! well: natively with any HTTP client, blocking or not, and in a Rust Worker.
//!
//! # Layers
//!
//! Four of them; an arrow may only point left (`tests/layers.rs` checks it):
//!
//! ```text
//! protocol  <-  host  <-  flow  <-  js
//! (pure)       (seams)   (async)   (wasm-bindgen surface)
//! ```
//!
//! - [`protocol`] is what the RFCs say, as pure functions: build the request, read the response, judge the token.
//! - [`host`] is what the outside gives, one small trait for each thing: [`Fetch`](host::fetch::Fetch),
//!   [`Clock`](host::clock::Clock), [`Crypto`](host::crypto::Crypto) and so on. You implement them for one type of yours.
//!   On `wasm32-unknown-unknown`, `host::web::WebHost` does it with the JavaScript host's `fetch` and Web Cryptography.
//! - [`flow`] is the order of things, generic over those traits:
//!   [`TokenEngine`](flow::token_engine::TokenEngine) hands out tokens,
//!   [`Verifier`](flow::verifier::Verifier) verifies them.
//! - `js` is the surface of the npm package. In a Rust Worker leave it out: `default-features = false`.
//!
//! # A token
//!
//! A client of a Login 3.0 domain. The host here is `host::fake::FakeHost`, whose server answers from a
//! script; a real one differs in nothing but its type.
//!
//! ```ignore-wasm32
//! use gatepass::flow::authorization_server::{AuthorizationServer, Servers};
//! use gatepass::flow::client::{Client, Credential};
//! use gatepass::flow::token_engine::TokenEngine;
//! use gatepass::host::events::Source;
//! use gatepass::host::fake::{FakeHost, json_response};
//! use gatepass::protocol::client_auth::AuthMethod;
//! use gatepass::protocol::profile::{Profile, issuer_of_domain};
//! use gatepass::protocol::secret::Secret;
//! use gatepass::protocol::token_request::TokenRequest;
//! use gatepass::protocol::url::Transport;
//!
//! let host = FakeHost::new(1_700_000_000, |request| {
//!     assert_eq!(request.url, "https://tenant.login3.example/oauth/token");
//!     Ok(json_response(200, r#"{"access_token":"opaque","token_type":"Bearer","expires_in":86400}"#))
//! });
//!
//! let issuer = issuer_of_domain("tenant.login3.example")?;
//! let server = AuthorizationServer::new(Profile::Login3, issuer, Transport::Secure);
//! let secret = Credential::Secret(Secret::new("my-secret".to_owned()));
//! let client = Client::new(server, "my-client".to_owned(), AuthMethod::SecretPost, secret);
//! let request = TokenRequest { audience: Some("https://api.example".to_owned()), ..TokenRequest::default() };
//!
//! // What is remembered. Keep one of each for as long as the process, or the isolate, lives.
//! let (tokens, servers) = (TokenEngine::default(), Servers::default());
//!
//! let (token, source) = host.run(tokens.token(&host, &servers, &client, &request))?;
//! assert_eq!(token.authorization(), "Bearer opaque");
//! assert_eq!(source, Source::Network);
//!
//! let (_, source) = host.run(tokens.token(&host, &servers, &client, &request))?;
//! assert_eq!(source, Source::Memory);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The repository's `examples/` hold the same with a real host: `native`, a program with a blocking HTTP client that gets
//! a token, calls an API and verifies what it was given; and `rust-worker`, a Cloudflare Worker.
//!
//! # What to know
//!
//! - The futures are not `Send`: state is shared within one thread, as in an isolate. A server with several threads
//!   keeps an engine in each, or one thread for tokens.
//! - Nothing that one caller made is ever awaited by another, so a caller who is cancelled takes nobody along.
//! - Errors are a [`Failure`](host::Failure): an [`Error`](protocol::error::Error) that is safe to print, with a
//!   [`Code`](protocol::error::Code) to match on, beside the host's own error.
//! - A [`Secret`](protocol::secret::Secret) prints as nothing and is overwritten when it is dropped.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_precision_loss,
        clippy::large_stack_arrays,
        clippy::needless_pass_by_value,
        reason = "a test that panics is a test that fails"
    )
)]

pub mod flow;
pub mod host;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
mod js;
pub mod protocol;
