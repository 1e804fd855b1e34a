//! Asking a server what a token is worth, and telling it that a token has ended.

use crate::flow::authorization_server::{Answer, ClientHost, Endpoint, Servers, ask, secret};
use crate::flow::client::{Client, Credential};
use crate::host::Failure;
use crate::protocol::client_auth::Authentication;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Request;
use crate::protocol::introspection::{self, Introspection};
use crate::protocol::secret::Secret;
use crate::protocol::url::HttpUrl;

/// What the server says of a token (RFC 7662).
///
/// # Errors
/// As a token request.
pub async fn introspect<H: ClientHost>(
    host: &H,
    servers: &Servers<H::Key>,
    client: &Client,
    token: &Secret,
) -> Result<Introspection, Failure<H::Cause>> {
    let build = |url: &HttpUrl, proof: &Authentication| introspection::introspect(url, proof, token);
    let read = |answer: &Answer, hidden: &[&Secret]| introspection::read(&answer.response, answer.sent_at, hidden);
    exchange(host, servers, client, (Endpoint::Introspection, &build), token, &read).await
}

/// Ends a token (RFC 7009).
///
/// # Errors
/// As a token request.
pub async fn revoke<H: ClientHost>(
    host: &H,
    servers: &Servers<H::Key>,
    client: &Client,
    token: &Secret,
) -> Result<(), Failure<H::Cause>> {
    let build = |url: &HttpUrl, proof: &Authentication| introspection::revoke(url, proof, token);
    let read = |answer: &Answer, hidden: &[&Secret]| introspection::check(&answer.response, answer.sent_at, hidden);
    exchange(host, servers, client, (Endpoint::Revocation, &build), token, &read).await
}

async fn exchange<H: ClientHost, T>(
    host: &H,
    servers: &Servers<H::Key>,
    client: &Client,
    request: (Endpoint, &dyn Fn(&HttpUrl, &Authentication) -> Request),
    token: &Secret,
    read: &dyn Fn(&Answer, &[&Secret]) -> Result<T, Error>,
) -> Result<T, Failure<H::Cause>> {
    let limit_millis = client.retry.deadline_millis;
    // A source of credentials may have a newer one.
    let mut may_ask_again = matches!(client.credential, Credential::AskedSecret(_) | Credential::AskedAssertion(_));
    loop {
        let secret = secret(host, client, client.timeout_millis).await?;
        let answer = ask(host, servers, client, secret.as_ref(), request, limit_millis).await?;
        let hidden: Vec<&Secret> = secret.iter().chain(&answer.credential).chain([token]).collect();
        match read(&answer, &hidden) {
            Err(error) if may_ask_again && error.code == Code::InvalidClient => may_ask_again = false,
            outcome => return outcome.map_err(Failure::from),
        }
    }
}
