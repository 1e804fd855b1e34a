//! API calls: the host's own requests and responses, never looked into.

use crate::host::{Failure, Host};

/// A call a caller has prepared, in the host's own form: its body may be a stream, its response is
/// the host's.
pub trait ApiCall: Host {
    /// The host's response.
    type Response;

    /// The origin the call goes to, by the host's own URL parser.
    fn origin(&self) -> String;

    /// Whether the caller has set an Authorization header.
    fn has_authorization(&self) -> bool;

    /// Sends the call once, with this Authorization header, following no redirect.
    async fn send(self, authorization: &str) -> Result<Self::Response, SendError<Self::Cause>>;
}

/// Why there is no response.
#[derive(Debug, Clone)]
pub enum SendError<C> {
    /// The caller's own signal ended the call: its reason is handed back untouched.
    Aborted(C),
    /// The transport failed.
    Failed(Failure<C>),
}
