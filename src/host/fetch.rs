//! HTTP exchanges of the protocol: small, whole, bounded.

use crate::host::{Failure, Host};
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Request, Response};
use crate::protocol::url::HttpUrl;

/// How long and how large an exchange may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds from the call to the last byte of the body.
    pub timeout_millis: u32,
    /// The most bytes of the body.
    pub max_body_bytes: usize,
}

/// Why there is no response.
#[derive(Debug, Clone)]
pub enum FetchError<C> {
    /// It took too long.
    Timeout(C),
    /// It broke: no connection, a reset, a body that ended early, a `fetch` that threw.
    Broken(C),
    /// The body of a response with this status is larger than the limit.
    TooLarge(u16),
}

impl<C> FetchError<C> {
    /// The failure to report, where `endpoint` says what did not answer: "the token endpoint". Its
    /// address is configuration and helps whoever is on call.
    pub fn into_failure(self, endpoint: &str, url: &HttpUrl, limits: Limits) -> Failure<C> {
        let subject = format!("{endpoint} {}", url.shown());
        let (error, cause) = match self {
            Self::Timeout(cause) => (
                Error::new(Code::Timeout, format!("{subject} did not answer within {} ms", limits.timeout_millis)),
                Some(cause),
            ),
            Self::Broken(cause) => {
                (Error::new(Code::NetworkError, format!("{subject} could not be reached")), Some(cause))
            }
            Self::TooLarge(status) => {
                let message = format!("{subject} sent an answer that is too large");
                (Error::new(Code::UnreadableResponse, message).with_status(status), None)
            }
        };
        Failure { error, cause }
    }
}

/// The host's `fetch` for the protocol's own requests.
pub trait Fetch: Host {
    /// Sends a request and receives the response whole. Redirects are not followed.
    async fn fetch(&self, request: Request, limits: Limits) -> Result<Response, FetchError<Self::Cause>>;
}
