//! A store that a fleet shares, behind a seal.

use crate::host::Host;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;
use crate::protocol::token_request::TokenRequest;

/// Why a store was of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFailure {
    /// What was wrong, as events name it: `threw`, `timeout`, `not_text`, `not_boolean`, `too_large`,
    /// `unreadable`.
    pub problem: String,
    /// The name or code of the error it threw.
    pub error: Option<String>,
}

/// What is sealed with which secrets for which place.
pub struct Place<'a> {
    /// The key of the record. The seal holds for this key alone.
    pub key: &'a str,
    /// The secrets that the seals are made with: the first seals, all open.
    pub secrets: &'a [Secret],
    /// What the token is for, told to stores that renew by themselves.
    pub request: &'a TokenRequest,
}

/// The caller's store, with whatever it does brought into bounds: it may throw, hang, or answer
/// with anything. Records are sealed with AES-256-GCM; the host holds the cryptography, and does
/// reading and opening in one go.
///
/// A host without a store implements nothing: `impl Store for MyHost {}`.
pub trait Store: Host {
    /// Whether there is one.
    fn has_store(&self) -> bool {
        false
    }

    /// Whether it can give one member of the fleet the right to ask.
    fn can_acquire(&self) -> bool {
        false
    }

    /// The record, opened; `None` when there is none.
    async fn load(&self, _place: &Place<'_>) -> Result<Option<Secret>, StoreFailure> {
        Ok(None)
    }

    /// Seals and keeps a record until a token expires, which is to be renewed at `renew_at`.
    async fn save(
        &self,
        _place: &Place<'_>,
        _record: &str,
        _expires_at: Timestamp,
        _renew_at: Timestamp,
    ) -> Result<(), StoreFailure> {
        Ok(())
    }

    /// A text that is kept unsealed; `None` when there is none.
    async fn load_text(&self, _key: &str) -> Result<Option<String>, StoreFailure> {
        Ok(None)
    }

    /// Keeps a text as it is until a moment.
    async fn save_text(&self, _key: &str, _text: &str, _expires_at: Timestamp) -> Result<(), StoreFailure> {
        Ok(())
    }

    /// Forgets a record or a lock. A store that cannot does nothing.
    async fn delete(&self, _key: &str) -> Result<(), StoreFailure> {
        Ok(())
    }

    /// Takes a lock for some time, unless another member of the fleet has it.
    async fn acquire(&self, _key: &str, _millis: u32) -> Result<bool, StoreFailure> {
        Ok(false)
    }
}
