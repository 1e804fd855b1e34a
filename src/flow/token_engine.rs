//! Getting a token: from memory while it is good, from the server otherwise.

use std::num::NonZeroUsize;
use std::rc::Rc;

use crate::flow::client::{Client, TokenServer};
use crate::flow::discovery::Discovery;
use crate::flow::memory::Memory;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::fetch::Fetch;
use crate::protocol::access_token::AccessToken;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::error::{Code, Error};
use crate::protocol::time::Timestamp;
use crate::protocol::token_request::TokenRequest;
use crate::protocol::token_response;
use crate::protocol::url::HttpUrl;

/// How many tokens are kept.
const MAX_TOKENS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// The tokens of an isolate.
pub struct TokenEngine {
    tokens: Memory<AccessToken>,
}

impl Default for TokenEngine {
    fn default() -> Self {
        Self { tokens: Memory::new(MAX_TOKENS) }
    }
}

impl TokenEngine {
    /// The token in memory, if it may still be handed out. Never waits.
    pub fn remembered(&self, key: &CacheKey, now: Timestamp) -> Option<Rc<AccessToken>> {
        let token = self.tokens.get(key.as_str())?;
        if token.is_usable(now) {
            return Some(token);
        }
        self.tokens.forget(key.as_str());
        None
    }

    /// Asks the authorization server for a token and keeps it.
    ///
    /// # Errors
    /// What discovery, the transport or the server met. Nothing is kept then.
    pub async fn request<H: Fetch + Clock>(
        &self,
        host: &H,
        discovery: &Discovery,
        client: &Client,
        request: &TokenRequest,
    ) -> Result<Rc<AccessToken>, Failure<H::Cause>> {
        let endpoint = endpoint(host, discovery, client).await?;
        let http_request = request.build(&endpoint, &client.credentials);
        let response = host
            .fetch(http_request, client.limits())
            .await
            .map_err(|error| error.into_failure("the token endpoint", &endpoint, client.limits()))?;
        let mut token = token_response::read(&response, host.now(), &client.credentials.client_secret)?;
        if token.scope.is_none() && !request.scope.is_empty() {
            // RFC 6749 section 5.1: a scope that is not named is the one that was asked for.
            token.scope = Some(request.scope.join(" "));
        }
        let token = Rc::new(token);
        self.tokens.put(client.cache_key(request).as_str(), Rc::clone(&token));
        Ok(token)
    }
}

async fn endpoint<H: Fetch + Clock>(
    host: &H,
    discovery: &Discovery,
    client: &Client,
) -> Result<HttpUrl, Failure<H::Cause>> {
    match &client.server {
        TokenServer::Endpoint(endpoint) => Ok(endpoint.clone()),
        TokenServer::Issuer(issuer) => {
            let metadata =
                discovery.metadata(host, issuer, client.destinations.transport, client.timeout_millis).await?;
            metadata.token_endpoint.ok_or_else(|| {
                Error::new(Code::DiscoveryFailed, "the issuer's metadata names no token_endpoint").into()
            })
        }
    }
}
