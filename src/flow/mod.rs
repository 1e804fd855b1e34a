//! What gatepass does, step by step: async, generic over the host traits, free of JavaScript.
//!
//! One invariant heads this layer: **nothing that one request made is ever awaited by another.**
//! State that outlives a request is plain data, borrowed for the length of a statement and never
//! across an await. On workerd a future, lock or promise of another request kills the request that
//! waits for it.
//!
//! Where to start: a [`Client`](client::Client) says who asks whom for what, and
//! [`TokenEngine::token`](token_engine::TokenEngine::token) gets it a token. A [`Verifier`](verifier::Verifier) judges
//! tokens that arrive, and [`admit`](guard::admit) whether their sender may use them. What is remembered between calls is
//! in the [`TokenEngine`](token_engine::TokenEngine) and in [`Servers`](authorization_server::Servers): keep one of each.

pub mod api_call;
pub mod authorization_server;
pub mod client;
pub mod discovery;
pub mod dpop;
pub mod flight;
pub mod guard;
pub mod introspection;
pub mod key_sets;
pub mod memory;
pub mod received;
pub mod resource_discovery;
pub mod retry;
pub mod shared_store;
pub mod token_engine;
pub mod token_exchange;
pub mod token_slot;
pub mod verifier;
