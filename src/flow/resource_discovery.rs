//! Finding the authorization server of an API that refuses a token (RFC 9728): what a machine client of the
//! Model Context Protocol does. The client's credential goes to servers that the caller has named, and to no other.

use crate::flow::client::{AssertionAudience, Client};
use crate::host::fetch::{Fetch, Limits};
use crate::protocol::http::{Method, Request};
use crate::protocol::metadata::{Endpoints, Issuer};
use crate::protocol::profile::Profile;
use crate::protocol::protected_resource::{MAX_RESOURCE_METADATA_BYTES, Pointer, read};
use crate::protocol::token_request::scope_values;
use crate::protocol::url::{HttpUrl, Transport};

/// What an API has said of itself, as far as it matters to a client that may ask its server.
pub struct Discovered {
    /// The issuer it trusts, where that is another one than the client's own.
    issuer: Option<Issuer>,
    /// What tokens for it are asked for with.
    pub resource: String,
    scope: Option<Vec<String>>,
}

impl Discovered {
    /// The client as it is for the API: asking the server that the API trusts for a token for that API.
    #[must_use]
    pub fn client(&self, client: &Client) -> Client {
        let mut found = client.clone();
        if let Some(issuer) = &self.issuer {
            found.server.profile = Profile::Generic;
            found.server.issuer = Some(issuer.clone());
            found.server.endpoints = Endpoints::default();
            // A text is the name of the client's own.
            found.assertion_audience = AssertionAudience::Issuer;
        }
        found.request.audience = None;
        found.request.resource = vec![self.resource.clone()];
        if let Some(scope) = &self.scope {
            found.request.scope.clone_from(scope);
        }
        found
    }
}

/// Which server an API trusts, of those that the client may ask; `None` where it names none of them, or that cannot be
/// learnt: then the API's refusal stands, and nobody is told why.
pub async fn discover<H: Fetch>(host: &H, client: &Client, challenge: &str, url: &str) -> Option<Discovered> {
    let transport = client.destinations.transport;
    let pointer = Pointer::of(challenge);
    // What is on this machine is for APIs on it: nobody on the network leads there.
    let may_lead = |place: &HttpUrl| {
        place.origin().starts_with("https:") || url.starts_with("http:") || transport != Transport::Secure
    };
    let request = Request {
        method: Method::Get,
        url: HttpUrl::parse(&pointer.metadata?, transport).ok().filter(may_lead)?,
        headers: vec![("accept", "application/json".to_owned().into())],
        body: None,
    };
    let limits = Limits { timeout_millis: client.timeout_millis, max_body_bytes: MAX_RESOURCE_METADATA_BYTES };
    let resource = read(&host.fetch(request, limits).await.ok()?, url)?;
    let configured = client.server.issuer.as_ref().map(Issuer::as_str);
    let is_own = |server: &String| configured.is_some_and(|issuer| issuer == server);
    let is_allowed = |server: &&String| client.authorization_servers.contains(*server) || is_own(server);
    let server = resource.authorization_servers.iter().find(is_allowed)?;
    let issuer = if is_own(server) { None } else { Some(Issuer::parse(server, transport).ok()?) };
    let scope = pointer.scope.and_then(|scope| scope_values(&scope, "scope").ok());
    Some(Discovered { issuer, resource: resource.resource, scope })
}
