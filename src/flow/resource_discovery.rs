//! Finding the authorization server of an API that refuses a token (RFC 9728): what a machine client of the
//! Model Context Protocol does. The client's credential goes to servers that the caller has named, and to no other.

use crate::flow::client::Client;
use crate::host::Failure;
use crate::host::fetch::{Fetch, Limits};
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Method, Request};
use crate::protocol::metadata::{Endpoints, Issuer};
use crate::protocol::profile::Profile;
use crate::protocol::protected_resource::{MAX_RESOURCE_METADATA_BYTES, Pointer, read};
use crate::protocol::token_request::{TokenRequest, scope_values};
use crate::protocol::url::{HttpUrl, Transport};

/// The client as it is for an API: asking the server that the API trusts for a token for that API.
///
/// # Errors
/// `discovery_failed` when the API names no server that the client may ask, or what the transport met.
pub async fn client_for<H: Fetch>(
    host: &H,
    client: &Client,
    challenge: &str,
    url: &str,
) -> Result<Client, Failure<H::Cause>> {
    let transport = client.destinations.transport;
    let fail = |message: &'static str| Error::new(Code::DiscoveryFailed, message);
    let pointer = Pointer::of(challenge);
    let place = pointer.metadata.ok_or_else(|| fail("the API's challenge names no resource_metadata"))?;
    // What is on this machine is for APIs on it: nobody on the network leads there.
    let may_lead = |place: &HttpUrl| {
        place.origin().starts_with("https:") || url.starts_with("http:") || transport != Transport::Secure
    };
    let place = HttpUrl::parse(&place, transport).ok().filter(may_lead);
    let place = place.ok_or_else(|| fail("the API's resource_metadata is no https URL"))?;
    let request = Request {
        method: Method::Get,
        url: place.clone(),
        headers: vec![("accept", "application/json".to_owned().into())],
        body: None,
    };
    let limits = Limits { timeout_millis: client.timeout_millis, max_body_bytes: MAX_RESOURCE_METADATA_BYTES };
    let sent = host.fetch(request, limits).await;
    let response = sent.map_err(|error| error.into_failure("the resource metadata", &place, limits))?;
    let resource = read(&response, url)?;
    let configured = client.server.issuer.as_ref().map(Issuer::as_str);
    let is_allowed = |server: &&String| {
        client.authorization_servers.contains(*server) || configured.is_some_and(|issuer| issuer == *server)
    };
    let server = resource
        .authorization_servers
        .iter()
        .find(is_allowed)
        .ok_or_else(|| fail("the API trusts none of the authorization servers that this client may ask"))?;
    let mut found = client.clone();
    if configured != Some(server) {
        let issuer =
            Issuer::parse(server, transport).map_err(|_| fail("the API's authorization server is no issuer"))?;
        found.server.profile = Profile::Generic;
        found.server.issuer = Some(issuer);
        found.server.endpoints = Endpoints::default();
    }
    let scope = pointer.scope.and_then(|scope| scope_values(&scope, "scope").ok());
    found.request = TokenRequest {
        audience: None,
        resource: vec![resource.resource],
        scope: scope.unwrap_or_else(|| client.request.scope.clone()),
        ..client.request.clone()
    };
    Ok(found)
}
