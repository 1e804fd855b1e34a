//! Asking a server what a token is worth, and telling it that a token has ended.

use crate::flow::authorization_server::{ClientHost, Endpoint, Servers, ask, secret};
use crate::flow::client::{Client, Credential};
use crate::host::Failure;
use crate::protocol::client_auth::Authentication;
use crate::protocol::error::Code;
use crate::protocol::introspection::{self, Introspection};
use crate::protocol::secret::Secret;
use crate::protocol::url::HttpUrl;

/// What to do with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Ask what it is worth (RFC 7662).
    Introspect,
    /// End it (RFC 7009).
    Revoke,
}

/// Asks the server about a token: what it says of it, or nothing once it has ended it.
///
/// # Errors
/// As a token request.
pub async fn ask_about<H: ClientHost>(
    host: &H,
    servers: &Servers<H::Key>,
    client: &Client,
    question: Question,
    token: &Secret,
) -> Result<Option<Introspection>, Failure<H::Cause>> {
    let endpoint = match question {
        Question::Introspect => Endpoint::Introspection,
        Question::Revoke => Endpoint::Revocation,
    };
    let build = |url: &HttpUrl, proof: &Authentication| introspection::request(url, proof, token);
    // A source of credentials may have a newer one.
    let mut may_ask_again = matches!(client.credential, Credential::AskedSecret(_) | Credential::AskedAssertion(_));
    loop {
        let secret = secret(host, client, client.timeout_millis).await?;
        let limit = client.retry.deadline_millis;
        let answer = ask(host, servers, client, secret.as_ref(), (endpoint, &build), limit).await?;
        let hidden: Vec<&Secret> = secret.iter().chain(&answer.credential).chain([token]).collect();
        let read = match question {
            Question::Introspect => introspection::read(&answer.response, answer.sent_at, &hidden).map(Some),
            Question::Revoke => introspection::check(&answer.response, answer.sent_at, &hidden).map(|()| None),
        };
        match read {
            Err(error) if may_ask_again && error.code == Code::InvalidClient => may_ask_again = false,
            outcome => return outcome.map_err(Failure::from),
        }
    }
}
