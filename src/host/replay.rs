//! Proofs of possession that were seen before.

use crate::host::{Failure, Host};
use crate::protocol::dpop_proof::VerifiedProof;

/// The caller's memory of proofs, or the host's own.
pub trait Replays: Host {
    /// Remembers a good proof for so many milliseconds; false when it is remembered already.
    ///
    /// # Errors
    /// `replay_store_unavailable` when nobody can tell.
    async fn is_new(&self, proof: &VerifiedProof, millis: u32) -> Result<bool, Failure<Self::Cause>>;
}
