//! API calls: the host's own requests, never looked into.

/// A call a caller has prepared, in the host's own form: its body may be a stream.
pub trait ApiCall {
    /// The origin the call goes to, by the host's own URL parser.
    fn origin(&self) -> String;

    /// Whether the caller has set an Authorization header.
    fn has_authorization(&self) -> bool;
}
