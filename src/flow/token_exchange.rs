//! One token request: sent, answered, read, judged.

use crate::flow::authorization_server::{Endpoint, Servers, ask};
use crate::flow::received::{Judge, beside};
use crate::flow::token_engine::{EngineHost, Wish};
use crate::host::Failure;
use crate::protocol::client_auth::Authentication;
use crate::protocol::http::Response;
use crate::protocol::secret::Secret;
use crate::protocol::token_response::{self, Asked, Granted};
use crate::protocol::url::HttpUrl;

/// What has come of a token request.
pub struct Exchanged {
    /// What was granted.
    pub granted: Granted,
    /// Why nobody could tell whether that is good, if so.
    pub unverified: Option<&'static str>,
    /// The whole answer.
    pub response: Response,
}

/// Sends one token request, reads its answer and judges the token in it. `is_answered` is set once the token endpoint itself
/// has answered.
///
/// # Errors
/// What discovery, the client's own credential, the transport, the server or the judge met.
pub async fn exchange<H: EngineHost>(
    host: &H,
    servers: &Servers<H::Key>,
    wish: &Wish<'_>,
    secret: Option<&Secret>,
    limit_millis: u32,
    is_answered: &mut bool,
) -> Result<Exchanged, Failure<H::Cause>> {
    let Wish { client, request, .. } = wish;
    let profile = client.server.profile;
    let build = |endpoint: &HttpUrl, authentication: &Authentication| request.build(endpoint, authentication, profile);
    // Boxed: whoever does not come to it has no use for its room.
    let mut asking = Box::pin(ask(host, servers, client, secret, (Endpoint::Token, &build), limit_millis));
    let judge = Judge::new(servers, client, request);
    let mut keys = Box::pin(async {
        if let Some(judge) = &judge {
            judge.fetch_keys(host).await;
        }
    });
    let answer = beside(asking.as_mut(), keys.as_mut()).await?;
    *is_answered = true;
    let hidden: Vec<&Secret> = secret.into_iter().chain(&answer.credential).collect();
    // A token ages from when it was asked for: nobody knows when within the exchange it was made.
    let asked = Asked {
        at: answer.sent_at,
        hidden: &hidden,
        types: client.token_types(),
        lifetime: profile.conventions().lifetime,
    };
    let mut granted = token_response::read(&answer.response, asked)?;
    let unverified = match &judge {
        Some(judge) => judge.check(host, &granted, keys.as_mut()).await?,
        None => None,
    };
    if granted.token.scope.is_none() && !request.scope.is_empty() {
        // RFC 6749 section 5.1: a scope that is not named is the one that was asked for.
        granted.token.scope = Some(request.scope.join(" "));
    }
    Ok(Exchanged { granted, unverified, response: answer.response })
}
