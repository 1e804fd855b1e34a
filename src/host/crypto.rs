//! Signatures, checked by the host.

use std::rc::Rc;

use crate::host::Host;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::{Proof, SignatureCheck};

/// The host's cryptography.
pub trait Crypto: Host {
    /// A key the host has imported. It may be shared between requests.
    type Key: Clone;

    /// Imports a key for verifying signatures of one algorithm.
    async fn import_key(&self, key: &Jwk, algorithm: Algorithm) -> Result<Self::Key, Self::Cause>;

    /// Whether the signature is good.
    async fn verify(&self, key: &Self::Key, check: &SignatureCheck) -> Result<bool, Self::Cause>;
}

/// Asks the host for its verdict: a proof if the signature is good, none if it is not.
///
/// The one place where a [`Proof`] is made (`tests/layers.rs` checks it).
///
/// # Errors
/// The host's error when it could not tell.
pub async fn prove<C: Crypto>(crypto: &C, key: &C::Key, check: &Rc<SignatureCheck>) -> Result<Option<Proof>, C::Cause> {
    Ok(crypto.verify(key, check).await?.then(|| Proof::from_host_verdict(check)))
}
