//! Judging the tokens that a client receives, with keys that are fetched beside the token request: that
//! costs no round trip more.
//!
//! What an access token looks like is between server and API (RFC 6749 section 1.4). So by default a token
//! is refused where it is certainly wrong: signed by somebody else, in another issuer's name, for another
//! audience than the one asked for, or over. What nobody can tell is used, and told.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::flow::authorization_server::Servers;
use crate::flow::client::Client;
use crate::flow::key_sets::{KeyRequest, KeySource};
use crate::flow::token_engine::EngineHost;
use crate::flow::verifier::{KeyContext, Verifier};
use crate::host::Failure;
use crate::protocol::claims::ClaimsPolicy;
use crate::protocol::error::{Code, Error, Reason};
use crate::protocol::json;
use crate::protocol::jwt::{HeaderPolicy, TypePolicy, UnverifiedJwt};
use crate::protocol::profile::{AudienceForm, Validation};
use crate::protocol::token_request::TokenRequest;
use crate::protocol::token_response::{Granted, MAX_TOKEN_BYTES};

/// The longest a token that has come waits for the keys, where it will be used without them as well, in
/// milliseconds.
const PATIENCE_MILLIS: u32 = 1000;
/// Seconds that the clocks of server and client may differ.
const LEEWAY: f64 = 60.0;

/// How the tokens of one request are judged.
pub struct Judge<'a, K> {
    servers: &'a Servers<K>,
    client: &'a Client,
    verifier: Verifier,
    has_keys: Cell<bool>,
}

impl<'a, K: Clone> Judge<'a, K> {
    /// A judge, unless tokens are passed on as they come, or nobody knows where the keys are.
    pub fn new(servers: &'a Servers<K>, client: &'a Client, request: &TokenRequest) -> Option<Self> {
        let (server, transport) = (&client.server, client.destinations.transport);
        let source = match (&server.endpoints.keys, &server.issuer) {
            _ if client.validation == Validation::Off => return None,
            (Some(keys), _) => KeySource::Url(keys.clone()),
            (None, Some(issuer)) => KeySource::Issuer(issuer.clone()),
            (None, None) => return None,
        };
        let header = HeaderPolicy {
            max_token_bytes: MAX_TOKEN_BYTES,
            algorithms: server.profile.algorithms(),
            types: TypePolicy::Auto,
        };
        let is_strict = client.validation == Validation::Strict;
        let names_audience = is_strict || server.profile.conventions().audience == AudienceForm::Parameter;
        let resources = request.resource.iter().filter(|_| is_strict);
        let wanted: Vec<String> = request.audience.iter().chain(resources).cloned().collect();
        let claims = ClaimsPolicy {
            issuers: server.issuer.iter().map(|issuer| issuer.as_str().to_owned()).collect(),
            audience: Some(wanted).filter(|wanted| names_audience && !wanted.is_empty()),
            required: &[],
            leeway: LEEWAY,
            max_age: None,
        };
        let keys = vec![KeyRequest::new(source, transport, client.timeout_millis)];
        let verifier = Verifier::with(header, claims, keys);
        Some(Self { servers, client, verifier, has_keys: Cell::new(false) })
    }

    fn context(&self) -> KeyContext<'a, K> {
        KeyContext { discovery: &self.servers.discovery, key_sets: &self.servers.key_sets, refreshes_ahead: false }
    }

    /// Sees to it that the keys are there.
    pub async fn fetch_keys<H: EngineHost<Key = K>>(&self, host: &H) {
        if let Some(keys) = self.verifier.keys.first() {
            // What comes of it is asked for again, when there is something to verify.
            let _ = self.servers.key_sets.get(host, &self.servers.discovery, keys, None).await;
        }
        self.has_keys.set(true);
    }

    /// Judges what has come, while `keys` are still on their way: why it could not be verified, if that
    /// is so.
    ///
    /// # Errors
    /// `invalid_token` for what must not be used; when the client is strict, also what nobody can tell.
    pub async fn check<H: EngineHost<Key = K>>(
        &self,
        host: &H,
        granted: &Granted,
        keys: Pin<&mut dyn Future<Output = ()>>,
    ) -> Result<Option<&'static str>, Failure<H::Cause>> {
        let is_strict = self.client.validation == Validation::Strict;
        let token = granted.token.value.expose();
        let is_opaque = token.split('.').count() < 3;
        if !is_opaque || granted.id_token.is_some() {
            let patience = if is_strict { self.client.timeout_millis } else { PATIENCE_MILLIS };
            self.wait(host, keys, patience).await;
        }
        let mut unverified = None;
        if is_strict || !is_opaque {
            unverified = self.judge(self.access_token(host, token).await)?;
        }
        if let Some(id_token) = &granted.id_token {
            unverified = self.judge(self.id_token(host, id_token.expose()).await)?.or(unverified);
        }
        Ok(unverified)
    }

    async fn wait<H: EngineHost<Key = K>>(&self, host: &H, mut keys: Pin<&mut dyn Future<Output = ()>>, millis: u32) {
        if self.has_keys.get() {
            return;
        }
        let mut late = std::pin::pin!(host.sleep(millis));
        poll_fn(|context| match keys.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => late.as_mut().poll(context),
        })
        .await;
    }

    async fn access_token<H: EngineHost<Key = K>>(&self, host: &H, token: &str) -> Result<(), Failure<H::Cause>> {
        let mut verifier = self.verifier.clone();
        if verifier.claims.issuers.is_empty() {
            // Nobody has said who the issuer is: whoever has these keys.
            let jwt = UnverifiedJwt::read(token, &verifier.header)?;
            verifier.claims.issuers.extend(jwt.unverified_claims().text("iss").map(str::to_owned));
        }
        let unproven = verifier.read(token, host.now())?;
        self.ready()?;
        Box::pin(verifier.verify(host, &self.context(), unproven)).await.map(drop)
    }

    async fn id_token<H: EngineHost<Key = K>>(&self, host: &H, token: &str) -> Result<(), Failure<H::Cause>> {
        self.ready()?;
        let wish =
            json::object([r#"{"clientId":"#, &json::quoted(&self.client.client_id), "}"].concat()).unwrap_or_default();
        let unproven = self.verifier.read_id_token(token, wish.root(), host.now())?;
        Box::pin(self.verifier.verify(host, &self.context(), unproven)).await.map(drop)
    }

    fn ready(&self) -> Result<(), Error> {
        if self.has_keys.get() { Ok(()) } else { Err(Error::new(Code::KeysUnavailable, "the issuer's keys are late")) }
    }

    /// Whether a verdict is final.
    fn judge<C>(&self, verdict: Result<(), Failure<C>>) -> Result<Option<&'static str>, Failure<C>> {
        let Err(mut failure) = verdict else { return Ok(None) };
        let error = &mut failure.error;
        let is_wrong = match error.reason {
            Some(Reason::Signature | Reason::ClaimMismatch | Reason::Expired) => true,
            _ => self.client.validation == Validation::Strict,
        };
        if !is_wrong {
            return Ok(Some(error.reason.map_or(error.code.as_str(), Reason::as_str)));
        }
        error.message = format!("the authorization server's token is not acceptable: {}", error.message).into();
        if error.code == Code::InvalidToken {
            error.status = None;
        }
        Err(failure)
    }
}

/// Drives `work`, and another future beside it while that lasts.
pub async fn beside<T>(work: Pin<&mut dyn Future<Output = T>>, mut other: Pin<&mut dyn Future<Output = ()>>) -> T {
    let (mut work, mut is_done) = (work, false);
    poll_fn(|context| {
        // The work first: what both need (the issuer's metadata) is asked for by the one that fails without it.
        let done = work.as_mut().poll(context);
        is_done = is_done || done.is_ready() || other.as_mut().poll(context).is_ready();
        done
    })
    .await
}
