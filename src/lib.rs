//! Machine-to-machine access tokens for server-side JavaScript.
//!
//! Four layers; an arrow may only point left (`tests/layers.rs` checks it):
//!
//! ```text
//! protocol  <-  host  <-  flow  <-  js
//! (pure)       (seams)   (async)   (wasm-bindgen surface)
//! ```

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
#[cfg(target_arch = "wasm32")]
mod js;
pub mod protocol;
