//! The JavaScript surface: reads options, calls flow, converts results and errors.
//!
//! The classes people import are in `pkg-template/`; they hold a handle and their options, and call
//! these functions. Nothing here needs to be freed: a handle is a number, and what it stands for
//! is kept in a bounded registry and rebuilt from the options when it has been dropped from there.

mod access_token;
mod api_call;
mod client;
mod client_options;
mod error;
mod explanation;
mod guard;
mod registry;
mod settings;
mod verifier;
mod verifier_options;

#[cfg(all(test, target_arch = "wasm32"))]
mod tests;

/// Smaller than the standard library's.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
