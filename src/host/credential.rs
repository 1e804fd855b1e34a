//! Secrets and assertions that are asked for when they are needed.

use crate::host::Host;
use crate::protocol::secret::Secret;

/// The caller's own source of its client secret, or of assertions.
pub trait Credential: Host {
    /// The secret as it is now, within a time. The error is whatever the source threw, or that it
    /// took too long or gave something else than a string that is not empty.
    async fn client_secret(&self, timeout_millis: u32) -> Result<Secret, Self::Cause>;

    /// An assertion that somebody else has signed, in the same way.
    async fn client_assertion(&self, timeout_millis: u32) -> Result<Secret, Self::Cause>;
}
