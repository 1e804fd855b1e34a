//! Waiting, on a timer of one's own.

/// The host's timers.
pub trait Sleep {
    /// Waits some milliseconds. The timer belongs to the request that runs now.
    async fn sleep(&self, millis: u32);
}
