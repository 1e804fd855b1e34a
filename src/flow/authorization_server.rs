//! What an authorization server is, and requests to it in the client's name.

use crate::flow::client::{AssertionAudience, Client, Credential, PrivateKey};
use crate::flow::discovery::Discovery;
use crate::flow::dpop::{Nonces, Target, proof};
use crate::flow::flight::remaining;
use crate::flow::key_sets::KeySets;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::credential::Credential as CredentialSource;
use crate::host::crypto::Crypto;
use crate::host::fetch::{Fetch, Limits};
use crate::host::random::Random;
use crate::host::signing::{Signing, SigningKey};
use crate::host::sleep::Sleep;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::client_auth::{AuthMethod, Authentication};
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Request, Response};
use crate::protocol::metadata::{Endpoints, Issuer};
use crate::protocol::profile::Profile;
use crate::protocol::secret::Secret;
use crate::protocol::signed_jwt::{ClientAssertion, signed};
use crate::protocol::time::Timestamp;
use crate::protocol::token_response::wants_dpop_nonce;
use crate::protocol::url::{HttpUrl, Transport};

/// An authorization server, as far as options say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationServer {
    /// What it does differently.
    pub profile: Profile,
    /// Who it is. What is not among `endpoints` is looked up in its metadata.
    pub issuer: Option<Issuer>,
    /// The endpoints that are known.
    pub endpoints: Endpoints,
}

/// An endpoint that clients authenticate at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The token endpoint (RFC 6749 section 3.2).
    Token,
    /// The introspection endpoint (RFC 7662 section 2).
    Introspection,
    /// The revocation endpoint (RFC 7009 section 2).
    Revocation,
}

impl Endpoint {
    const fn of(self, endpoints: &Endpoints) -> Option<&HttpUrl> {
        match self {
            Self::Token => endpoints.token.as_ref(),
            Self::Introspection => endpoints.introspection.as_ref(),
            Self::Revocation => endpoints.revocation.as_ref(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Token => "the token endpoint",
            Self::Introspection => "the introspection endpoint",
            Self::Revocation => "the revocation endpoint",
        }
    }

    fn unknown(self) -> Error {
        let message = match self {
            Self::Token => "the issuer's metadata names no token_endpoint",
            Self::Introspection => "the server's introspection_endpoint is not known",
            Self::Revocation => "the server's revocation_endpoint is not known",
        };
        Error::new(Code::DiscoveryFailed, message)
    }
}

impl AuthorizationServer {
    /// The server of an issuer. Endpoints that are where its profile's always are take no look at its metadata.
    #[must_use]
    pub fn new(profile: Profile, issuer: Issuer, transport: Transport) -> Self {
        let endpoints = profile.endpoints(&issuer, transport);
        Self { profile, issuer: Some(issuer), endpoints }
    }

    /// What tells it from others.
    #[must_use]
    pub fn identity(&self, transport: Transport) -> Vec<String> {
        let issuer = self.issuer.as_ref().map_or("", Issuer::as_str);
        let endpoint = self.endpoints.token.as_ref().map_or("", HttpUrl::as_str);
        vec![transport.mark(issuer), endpoint.to_owned(), self.profile.conventions().name.to_owned()]
    }
}

/// What an isolate remembers of authorization servers.
pub struct Servers<K> {
    /// Their metadata.
    pub discovery: Discovery,
    /// Their keys.
    pub key_sets: KeySets<K>,
    /// The nonces they want in DPoP proofs; those of APIs, too.
    pub nonces: Nonces,
}

impl<K> Default for Servers<K> {
    fn default() -> Self {
        Self { discovery: Discovery::default(), key_sets: KeySets::default(), nonces: Nonces::default() }
    }
}

/// Makes a request to an endpoint, with the client's proof in it.
pub type BuildRequest<'a> = &'a dyn Fn(&HttpUrl, &Authentication) -> Request;

/// What came back from an endpoint.
pub struct Answer {
    /// The response.
    pub response: Response,
    /// When its request was sent.
    pub sent_at: Timestamp,
    /// What proved who the client is, which the server may have echoed.
    pub credential: Option<Secret>,
}

/// All that a request in a client's name needs of the host.
pub trait ClientHost: Fetch + Clock + Sleep + Random + CredentialSource + Signing + Crypto {}

impl<H: Fetch + Clock + Sleep + Random + CredentialSource + Signing + Crypto> ClientHost for H {}

/// The client's secret: asked for anew each time where the client has a source of them; none where it
/// proves itself otherwise.
///
/// # Errors
/// `credential_unavailable`.
pub async fn secret<H: CredentialSource>(
    host: &H,
    client: &Client,
    timeout_millis: u32,
) -> Result<Option<Secret>, Failure<H::Cause>> {
    match &client.credential {
        Credential::Secret(secret) => Ok(Some(secret.clone())),
        Credential::AskedSecret(_) => match host.client_secret(timeout_millis).await {
            Ok(secret) => Ok(Some(secret)),
            Err(cause) => Err(unavailable("the function options.clientSecret gave no secret", cause)),
        },
        _ => Ok(None),
    }
}

/// Asks an endpoint in the client's name. The proofs are made anew for each try; there is a second one where
/// the server wants its nonce in the DPoP proof.
///
/// # Errors
/// What discovery, the client's own credential, or the transport met.
pub async fn ask<H: ClientHost>(
    host: &H,
    servers: &Servers<H::Key>,
    client: &Client,
    secret: Option<&Secret>,
    (endpoint, build): (Endpoint, BuildRequest<'_>),
    limit_millis: u32,
) -> Result<Answer, Failure<H::Cause>> {
    let start = host.now();
    let left = || remaining(limit_millis, start, host.now());
    let endpoints = locate(host, servers, client, endpoint, limit_millis).await?;
    let url = endpoint.of(&endpoints).ok_or_else(|| endpoint.unknown())?;
    let token_endpoint = endpoints.token.as_ref().filter(|token| token.origin() == url.origin()).unwrap_or(url);
    let mut is_second = false;
    loop {
        let limit = client.timeout_millis.min(left());
        let authentication = authenticate(host, client, secret, token_endpoint, limit).await?;
        let mut request = build(url, &authentication);
        if let Some(dpop) = client.dpop.as_ref().filter(|_| endpoint == Endpoint::Token) {
            let target = Target {
                method: request.method.as_str(),
                origin: url.origin(),
                url: &url.without_query(),
                access_token: None,
            };
            let proof = proof(host, &servers.nonces, dpop, &target).await?;
            request.headers.push(("dpop", proof.expose().to_owned().into()));
        }
        let (sent_at, limit) = (host.now(), left());
        if limit == 0 {
            return Err(Error::new(Code::Timeout, format!("{} was not asked in time", endpoint.name())).into());
        }
        let limits = client.limits();
        let limits = Limits { timeout_millis: limits.timeout_millis.min(limit), ..limits };
        let sent = host.fetch(request, limits).await;
        let response = sent.map_err(|error| error.into_failure(endpoint.name(), url, limits))?;
        servers.nonces.note(url.origin(), response.header("dpop-nonce"));
        if client.dpop.is_some() && !is_second && wants_dpop_nonce(&response) {
            is_second = true;
            continue;
        }
        return Ok(Answer { response, sent_at, credential: authentication.credential });
    }
}

/// The endpoints of the client's server, from its metadata where one is not known.
async fn locate<H: ClientHost>(
    host: &H,
    servers: &Servers<H::Key>,
    client: &Client,
    endpoint: Endpoint,
    limit_millis: u32,
) -> Result<Endpoints, Failure<H::Cause>> {
    let known = client.server.endpoints.clone();
    if endpoint.of(&known).is_some() {
        return Ok(known);
    }
    let issuer = client.server.issuer.as_ref().ok_or_else(|| endpoint.unknown())?;
    let timeout = client.timeout_millis.min(limit_millis);
    let metadata = servers.discovery.metadata(host, issuer, client.destinations.transport, timeout);
    let metadata = Box::pin(metadata).await?;
    let endpoints = if client.method == AuthMethod::Tls {
        metadata.mtls_endpoints.or(metadata.endpoints)
    } else {
        metadata.endpoints
    };
    Ok(known.or(endpoints))
}

async fn authenticate<H: ClientHost>(
    host: &H,
    client: &Client,
    secret: Option<&Secret>,
    token_endpoint: &HttpUrl,
    timeout_millis: u32,
) -> Result<Authentication, Failure<H::Cause>> {
    let signer = match (&client.credential, secret) {
        (Credential::Key(key), _) => Some((SigningKey::Client, key.algorithm, key_id(client, key))),
        (_, Some(secret)) if client.method == AuthMethod::SecretJwt => {
            Some((SigningKey::Secret(secret), client.secret_algorithm, None))
        }
        _ => None,
    };
    let credential = match signer {
        Some(signer) => Some(assertion(host, client, signer, token_endpoint).await?),
        None if matches!(client.credential, Credential::AskedAssertion(_)) => {
            let given = host.client_assertion(timeout_millis).await;
            Some(given.map_err(|cause| unavailable("the function options.clientAssertion gave no assertion", cause))?)
        }
        None => secret.cloned(),
    };
    Ok(Authentication { client_id: client.client_id.clone(), method: client.method, credential })
}

/// The length of a SHA-1 thumbprint in base64url.
const SHA1_THUMBPRINT_LENGTH: usize = 27;

/// The id of a key, with the header that servers look for it in.
fn key_id<'a>(client: &Client, key: &'a PrivateKey) -> Option<(&'static str, &'a str)> {
    let id = key.key_id.as_deref()?;
    let name = match client.server.profile.conventions().key_id_is_thumbprint {
        false => "kid",
        true if id.len() > SHA1_THUMBPRINT_LENGTH => "x5t#S256",
        true => "x5t",
    };
    Some((name, id))
}

async fn assertion<H: ClientHost>(
    host: &H,
    client: &Client,
    (key, algorithm, key_id): (SigningKey<'_>, Algorithm, Option<(&'static str, &str)>),
    token_endpoint: &HttpUrl,
) -> Result<Secret, Failure<H::Cause>> {
    let audience = match (&client.assertion_audience, &client.server.issuer) {
        (AssertionAudience::Text(text), _) => text,
        (AssertionAudience::Issuer, Some(issuer)) => issuer.as_str(),
        (AssertionAudience::Issuer, None) | (AssertionAudience::TokenEndpoint, _) => token_endpoint.as_str(),
    };
    let id = host.unique();
    let assertion = ClientAssertion { algorithm, key_id, client_id: &client.client_id, audience, id: &id };
    let input = assertion.signing_input(host.now());
    match host.sign(key, algorithm, &input).await {
        Ok(signature) => Ok(signed(input, &signature)),
        Err(cause) => Err(unusable(algorithm, "private key", cause)),
    }
}

fn unavailable<C>(message: &'static str, cause: C) -> Failure<C> {
    Failure { error: Error::new(Code::CredentialUnavailable, message), cause: Some(cause) }
}

/// A key that the host knows nothing to do with, or not with this algorithm.
pub fn unusable<C>(algorithm: Algorithm, key: &'static str, cause: C) -> Failure<C> {
    let message = format!("this runtime cannot sign {} with the {key}", algorithm.name());
    Failure { error: Error::new(Code::CredentialUnavailable, message), cause: Some(cause) }
}
