//! What a client is: who it is, whom it asks, what it asks for.

use crate::flow::api_call::ApiPolicy;
use crate::flow::authorization_server::AuthorizationServer;
use crate::flow::retry::RetryPolicy;
use crate::host::fetch::Limits;
use crate::protocol::access_token::TokenType;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::client_auth::AuthMethod;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::freshness::RenewalPolicy;
use crate::protocol::profile::{self, Validation};
use crate::protocol::secret::Secret;
use crate::protocol::token_request::TokenRequest;
use crate::protocol::token_response::MAX_RESPONSE_BYTES;

/// How long one exchange may take by default, in milliseconds.
const DEFAULT_TIMEOUT_MILLIS: u32 = 10_000;

/// What proves who the client is. What the caller keeps (a function, a key of the host) is known by a number.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A secret.
    Secret(Secret),
    /// A source of secrets, asked before each request.
    AskedSecret(u32),
    /// A private key, as the text it was given as; or one that the host keeps to itself.
    Key(PrivateKey),
    /// A source of signed assertions, asked before each request.
    AskedAssertion(u32),
    /// Nothing that is sent; with a number where the connection itself is the proof.
    Nothing(u32),
}

/// A private key, as far as it is known here.
#[derive(Debug, Clone)]
pub struct PrivateKey {
    /// Its text, where it was given as one.
    pub text: Option<Secret>,
    /// Its number in this isolate, where it was not.
    pub number: u32,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Its id.
    pub key_id: Option<String>,
}

impl PrivateKey {
    /// What tells it from other keys.
    fn identity(&self) -> Vec<u8> {
        match &self.text {
            Some(text) => text.expose().as_bytes().to_vec(),
            None => self.number.to_be_bytes().to_vec(),
        }
    }
}

/// Whom an assertion is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The issuer; where none is known, the token endpoint.
    Issuer,
    /// The token endpoint.
    TokenEndpoint,
    /// This text.
    Text(String),
}

/// How tokens are bound to a key (RFC 9449).
#[derive(Debug, Clone)]
pub struct Dpop {
    /// The key; none for the isolate's own.
    pub key: Option<PrivateKey>,
    /// Whether a token that is not bound will do, too.
    pub allows_bearer: bool,
}

impl Dpop {
    /// What proofs are signed with. The isolate's own key is of P-256.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.key.as_ref().map_or(Algorithm::Es256, |key| key.algorithm)
    }
}

/// A client, from checked options.
#[derive(Debug, Clone)]
pub struct Client {
    /// Whom it asks.
    pub server: AuthorizationServer,
    /// Who it is.
    pub client_id: String,
    /// How it proves that.
    pub method: AuthMethod,
    /// With what.
    pub credential: Credential,
    /// What assertions are signed with where the credential is a secret.
    pub secret_algorithm: Algorithm,
    /// Whom its assertions are for.
    pub assertion_audience: AssertionAudience,
    /// What its tokens are bound to.
    pub dpop: Option<Dpop>,
    /// What is done with the tokens it receives.
    pub validation: Validation,
    /// What it asks for unless a call says otherwise.
    pub request: TokenRequest,
    /// Milliseconds for one exchange with the authorization server.
    pub timeout_millis: u32,
    /// When its tokens are renewed.
    pub renewal: RenewalPolicy,
    /// When it tries again.
    pub retry: RetryPolicy,
    /// What of its calls to APIs may be sent again.
    pub api: ApiPolicy,
    /// What seals its tokens in a shared store, and what opens them; empty for its own secret.
    pub store_secrets: Vec<Secret>,
    /// Where its tokens may be sent.
    pub destinations: DestinationPolicy,
    /// The issuers beside its own server's that it may ask where an API names them.
    pub authorization_servers: Vec<String>,
}

impl Client {
    /// A client with a credential, as it is by default: what a profile says, and nothing else.
    #[must_use]
    pub fn new(server: AuthorizationServer, client_id: String, method: AuthMethod, credential: Credential) -> Self {
        let conventions = server.profile.conventions();
        Self {
            assertion_audience: match conventions.assertion_audience {
                profile::AssertionAudience::Issuer => AssertionAudience::Issuer,
                profile::AssertionAudience::TokenEndpoint => AssertionAudience::TokenEndpoint,
            },
            validation: conventions.validation,
            server,
            client_id,
            method,
            credential,
            secret_algorithm: Algorithm::Hs256,
            dpop: None,
            request: TokenRequest::default(),
            timeout_millis: DEFAULT_TIMEOUT_MILLIS,
            renewal: RenewalPolicy::default(),
            retry: RetryPolicy::default(),
            api: ApiPolicy::default(),
            store_secrets: Vec::new(),
            destinations: DestinationPolicy::default(),
            authorization_servers: Vec::new(),
        }
    }

    /// The identity of a request by this client: what may share a token within an isolate.
    #[must_use]
    pub fn cache_key(&self, request: &TokenRequest) -> CacheKey {
        let number = |kind, number: u32| self.key((kind, &number.to_be_bytes()), request);
        match &self.credential {
            Credential::Secret(secret) => self.key(("secret", secret.expose().as_bytes()), request),
            // What it will give is not known yet, and may change.
            Credential::AskedSecret(source) => number("source of secrets", *source),
            Credential::AskedAssertion(source) => number("source of assertions", *source),
            Credential::Nothing(connection) => number("connection", *connection),
            Credential::Key(key) => {
                let kind = if key.text.is_some() { "key" } else { "key of the host" };
                self.key((kind, &key.identity()), request)
            }
        }
    }

    /// The identity of a request in a fleet. `secret` is the one at hand; whatever is known by a number only
    /// does not count there, because its number is another one in each isolate.
    #[must_use]
    pub fn fleet_key(&self, secret: Option<&Secret>, request: &TokenRequest) -> CacheKey {
        match (&self.credential, secret) {
            (Credential::Secret(_) | Credential::AskedSecret(_), Some(secret)) => {
                self.key(("secret", secret.expose().as_bytes()), request)
            }
            (Credential::Key(PrivateKey { text: Some(_), .. }), _) => self.cache_key(request),
            (Credential::Key(key), _) => {
                self.key(("key of the host", key.key_id.as_deref().unwrap_or_default().as_bytes()), request)
            }
            _ => self.key((self.method.name(), &[]), request),
        }
    }

    fn key(&self, credential: (&str, &[u8]), request: &TokenRequest) -> CacheKey {
        let place = self.server.identity(self.destinations.transport);
        let place: Vec<&str> = place.iter().map(String::as_str).chain([self.method.name()]).collect();
        // Whoever has tokens verified is served none that somebody else did not look at.
        let mut marks = vec![vec![self.validation as u8]];
        if let Credential::Key(key) = &self.credential {
            marks.push(key.algorithm.name().into());
            marks.push(key.key_id.clone().unwrap_or_default().into_bytes());
        }
        if let Some(dpop) = &self.dpop {
            marks.push(b"DPoP".into());
            marks.push(dpop.key.as_ref().map_or_else(Vec::new, PrivateKey::identity));
            marks.push(dpop.algorithm().name().into());
            marks.push(vec![dpop.allows_bearer.into()]);
        }
        let marks: Vec<&[u8]> = marks.iter().map(Vec::as_slice).collect();
        CacheKey::new(&place, &self.client_id, credential, &marks, request)
    }

    /// What is sealed with in the store, where the client's secret is `secret`.
    #[must_use]
    pub fn sealing_secrets(&self, secret: Option<&Secret>) -> Vec<Secret> {
        if !self.store_secrets.is_empty() {
            return self.store_secrets.clone();
        }
        let own = match &self.credential {
            Credential::Key(key) => key.text.as_ref(),
            _ => secret,
        };
        own.cloned().into_iter().collect()
    }

    /// The types of tokens that will do.
    #[must_use]
    pub fn token_types(&self) -> &'static [TokenType] {
        match &self.dpop {
            None => &[TokenType::Bearer],
            Some(Dpop { allows_bearer: false, .. }) => &[TokenType::Dpop],
            Some(_) => &[TokenType::Dpop, TokenType::Bearer],
        }
    }

    /// What a server counts together: the requests of a client id.
    #[must_use]
    pub fn quota_key(&self, organization: Option<&str>) -> String {
        let place = self.server.identity(self.destinations.transport).join(" ");
        // With a length, so that no two lists of fields have the same text.
        format!("{place} {} {}{}", self.client_id.len(), self.client_id, organization.unwrap_or_default())
    }

    /// The limits of one exchange.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits { timeout_millis: self.timeout_millis, max_body_bytes: MAX_RESPONSE_BYTES }
    }
}
