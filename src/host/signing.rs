//! Signatures, made by the host with the caller's keys.

use crate::host::Host;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::secret::Secret;

/// Which key signs.
#[derive(Debug, Clone, Copy)]
pub enum SigningKey<'a> {
    /// The client's private key.
    Client,
    /// The key that tokens are bound to: the client's for that purpose, or the isolate's own.
    Proof,
    /// A shared secret (HMAC).
    Secret(&'a Secret),
}

/// The host's signatures. Keys are imported when they are needed; the error is the host's own, when it does not take one.
pub trait Signing: Host {
    /// The signature of a text.
    async fn sign(&self, key: SigningKey<'_>, algorithm: Algorithm, input: &str) -> Result<Vec<u8>, Self::Cause>;

    /// The public part of the key that tokens are bound to: a JWK with nothing but what defines the key.
    async fn proof_key(&self, algorithm: Algorithm) -> Result<String, Self::Cause>;
}
