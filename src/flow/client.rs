//! What a client is: who it is, whom it asks, what it asks for.

use crate::host::fetch::Limits;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::metadata::Issuer;
use crate::protocol::token_request::{ClientCredentials, TokenRequest};
use crate::protocol::token_response::MAX_RESPONSE_BYTES;
use crate::protocol::url::HttpUrl;

/// Where tokens are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenServer {
    /// At a known token endpoint.
    Endpoint(HttpUrl),
    /// At the token endpoint that the issuer's metadata names.
    Issuer(Issuer),
}

/// A client, from checked options.
#[derive(Debug, Clone)]
pub struct Client {
    /// Whom it asks.
    pub server: TokenServer,
    /// Who it is.
    pub credentials: ClientCredentials,
    /// What it asks for unless a call says otherwise.
    pub request: TokenRequest,
    /// Milliseconds for one exchange with the authorization server.
    pub timeout_millis: u32,
    /// Where its tokens may be sent.
    pub destinations: DestinationPolicy,
}

impl Client {
    /// The identity of a request by this client: what may share a token.
    #[must_use]
    pub fn cache_key(&self, request: &TokenRequest) -> CacheKey {
        let (kind, url) = match &self.server {
            TokenServer::Endpoint(endpoint) => ("endpoint", endpoint.as_str()),
            TokenServer::Issuer(issuer) => ("issuer", issuer.as_str()),
        };
        CacheKey::new((kind, &self.destinations.transport.mark(url)), &self.credentials, request)
    }

    /// The limits of one exchange.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits { timeout_millis: self.timeout_millis, max_body_bytes: MAX_RESPONSE_BYTES }
    }
}
