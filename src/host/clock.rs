//! The time.

use crate::protocol::time::Timestamp;

/// The host's clock, read at use and never at import: on Workers it stands at 0 until then.
pub trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;
}
