//! The protocol, pure: values in, values out.
//!
//! Nothing here knows JavaScript, awaits, reads a clock or draws randomness: the time is an
//! argument. Every step is a pair of functions, one that builds the request and one that reads
//! the response, so each can be tested, fuzzed and reused without a host.

pub mod access_token;
pub mod algorithm;
pub mod base64url;
pub mod cache_key;
pub mod challenge;
pub mod claims;
pub mod client_auth;
pub mod confirmation;
pub mod credentials;
pub mod destination;
pub mod digest;
pub mod dpop_nonce;
pub mod dpop_proof;
pub mod error;
pub mod fingerprint;
pub mod freshness;
pub mod hint;
pub mod http;
pub mod id_token;
pub mod introspection;
pub mod json;
pub mod jwk;
pub mod jwt;
pub mod key_snapshot;
pub mod metadata;
pub mod option;
pub mod private_key;
pub mod profile;
pub mod protected_resource;
pub mod quota;
pub mod redirect;
pub mod refusal;
pub mod requirements;
pub mod retry_after;
pub mod scrub;
pub mod secret;
pub mod signed_jwt;
pub mod stored_token;
pub mod time;
pub mod token_request;
pub mod token_response;
pub mod url;
