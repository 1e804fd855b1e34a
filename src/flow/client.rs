//! What a client is: who it is, whom it asks, what it asks for.

use crate::flow::api_call::ApiPolicy;
use crate::flow::retry::RetryPolicy;
use crate::host::fetch::Limits;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::freshness::RenewalPolicy;
use crate::protocol::metadata::Issuer;
use crate::protocol::secret::Secret;
use crate::protocol::token_request::TokenRequest;
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

/// What proves who the client is.
#[derive(Debug, Clone)]
pub enum ClientSecret {
    /// A secret.
    Fixed(Secret),
    /// A source of secrets, asked before each request and known by a number.
    Asked(u32),
}

/// A client, from checked options.
#[derive(Debug, Clone)]
pub struct Client {
    /// Whom it asks.
    pub server: TokenServer,
    /// Who it is.
    pub client_id: String,
    /// How it proves that.
    pub secret: ClientSecret,
    /// What it asks for unless a call says otherwise.
    pub request: TokenRequest,
    /// Milliseconds for one exchange with the authorization server.
    pub timeout_millis: u32,
    /// When its tokens are renewed.
    pub renewal: RenewalPolicy,
    /// When it tries again.
    pub retry: RetryPolicy,
    /// When its API calls are sent again.
    pub api: ApiPolicy,
    /// What seals its tokens in a shared store, and what opens them; empty for its own secret.
    pub store_secrets: Vec<Secret>,
    /// Where its tokens may be sent.
    pub destinations: DestinationPolicy,
}

impl Client {
    /// The identity of a request by this client: what may share a token within an isolate.
    #[must_use]
    pub fn cache_key(&self, request: &TokenRequest) -> CacheKey {
        match &self.secret {
            ClientSecret::Fixed(secret) => self.key_with(secret, request),
            // What it will give is not known yet, and may change.
            ClientSecret::Asked(source) => self.key(("source of client_secret_post", &source.to_be_bytes()), request),
        }
    }

    /// The identity of a request made with a secret: what may share a token within a fleet.
    #[must_use]
    pub fn key_with(&self, secret: &Secret, request: &TokenRequest) -> CacheKey {
        self.key(("client_secret_post", secret.expose().as_bytes()), request)
    }

    fn key(&self, credential: (&str, &[u8]), request: &TokenRequest) -> CacheKey {
        let (kind, url) = self.place();
        CacheKey::new((kind, &self.destinations.transport.mark(url)), &self.client_id, credential, request)
    }

    fn place(&self) -> (&'static str, &str) {
        match &self.server {
            TokenServer::Endpoint(endpoint) => ("endpoint", endpoint.as_str()),
            TokenServer::Issuer(issuer) => ("issuer", issuer.as_str()),
        }
    }

    /// What seals this client's tokens, where its own secret is `own`.
    #[must_use]
    pub fn store_secrets<'a>(&'a self, own: &'a [Secret]) -> &'a [Secret] {
        if self.store_secrets.is_empty() { own } else { &self.store_secrets }
    }

    /// What a server counts together: the requests of a client id.
    #[must_use]
    pub fn quota_key(&self, organization: Option<&str>) -> String {
        let (kind, url) = self.place();
        // With a length, so that no two lists of fields have the same text.
        format!("{kind} {url} {} {}{}", self.client_id.len(), self.client_id, organization.unwrap_or_default())
    }

    /// The limits of one exchange.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits { timeout_millis: self.timeout_millis, max_body_bytes: MAX_RESPONSE_BYTES }
    }
}
