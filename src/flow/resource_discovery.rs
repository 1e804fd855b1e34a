//! Finding the authorization server of an API that refuses a token (RFC 9728): what a machine client of the
//! Model Context Protocol does. The client's credential goes to servers that the caller has named, and to no other.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::rc::Rc;

use crate::flow::client::{AssertionAudience, Client};
use crate::flow::flight::{Flight, Waited, beating, remaining, wait};
use crate::flow::memory::Memory;
use crate::host::clock::Clock;
use crate::host::fetch::{Fetch, Limits};
use crate::host::random::Random;
use crate::host::sleep::Sleep;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::digest::sha256_base64url;
use crate::protocol::http::{Method, Request};
use crate::protocol::metadata::{Endpoints, Issuer};
use crate::protocol::profile::Profile;
use crate::protocol::protected_resource::{MAX_RESOURCE_METADATA_BYTES, Pointer, above, identity, read};
use crate::protocol::token_request::scope_values;
use crate::protocol::url::{HttpUrl, Transport};

/// Of how many APIs it is remembered what they have said of themselves.
const MAX_RESOURCES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);

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

/// Who asks: a client with its identity. One that may ask other servers has nothing of what was found.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The client.
    pub client: &'a Client,
    /// Its identity.
    pub key: &'a CacheKey,
}

impl Asker<'_> {
    /// Under which name it knows an API.
    fn place(self, api: &str) -> String {
        format!("{} {} {api}", self.key.as_str(), self.client.authorization_servers.join(" "))
    }

    /// Under which name it knows what the metadata have said that a challenge leads to: that of no API.
    fn pointed_to(self, challenge: &str) -> String {
        self.place(&format!(" {}", Pointer::of(challenge).metadata.unwrap_or_default()))
    }

    /// What tells a search from others: who has the same has the same answer. As a digest, because others choose the texts.
    fn search(self, challenge: &str, url: &str) -> String {
        let scope = Pointer::of(challenge).scope.unwrap_or_default();
        let text = format!("{}\n{scope}\n{url}\n{}", self.client.timeout_millis, self.pointed_to(challenge));
        sha256_base64url(text.as_bytes())
    }
}

/// The APIs that have said of themselves which server they trust, as far as an isolate has met them.
pub struct Resources {
    found: Memory<Discovered>,
    searches: Memory<RefCell<Search>>,
}

#[derive(Default)]
struct Search {
    flight: Flight,
    /// The claim that has ended, and what it has found: for those who waited for it.
    ended: Option<(u32, Option<Rc<Discovered>>)>,
}

impl Default for Resources {
    fn default() -> Self {
        Self { found: Memory::new(MAX_RESOURCES), searches: Memory::new(MAX_RESOURCES) }
    }
}

impl Resources {
    /// What the API of a URL has said, if it was asked: the nearest one's.
    #[must_use]
    pub fn of(&self, asker: Asker<'_>, url: &str) -> Option<Rc<Discovered>> {
        above(url).find_map(|api| self.found.get(&asker.place(api)))
    }

    /// Whether a challenge leads to metadata that the client has followed.
    #[must_use]
    pub fn has_followed(&self, asker: Asker<'_>, challenge: &str) -> bool {
        self.found.get(&asker.pointed_to(challenge)).is_some()
    }

    /// Which server an API trusts, of those that the client may ask; it is remembered. `None` where it names none of them, or that
    /// cannot be learnt in the client's timeout: then the API's refusal stands, and nobody is told why. Of the callers whom a URL
    /// refuses alike at once, one asks for all.
    pub async fn discover<H: Fetch + Clock + Sleep + Random>(
        &self,
        host: &H,
        asker: Asker<'_>,
        challenge: &str,
        url: &str,
    ) -> Option<Rc<Discovered>> {
        let start = host.now();
        let search = self.searches.get_or_insert(&asker.search(challenge, url), RefCell::default);
        let mut has_seen_a_failure = false;
        loop {
            let left = remaining(asker.client.timeout_millis, start, host.now());
            if left == 0 {
                return None;
            }
            let claimed = search.borrow().flight.claimed(host.now());
            let Some(claim) = claimed else {
                let claim = search.borrow_mut().flight.claim(host.now());
                let beat = || search.borrow_mut().flight.beat(claim, host.now());
                let found = beating(host, beat, discover(host, asker.client, challenge, url, left)).await.map(Rc::new);
                if let Some(found) = &found {
                    self.found.put(&asker.pointed_to(challenge), Rc::clone(found));
                    self.found.put(&asker.place(identity(&found.resource)), Rc::clone(found));
                }
                let mut search = search.borrow_mut();
                // Who comes late, after another has taken over, tells those who wait for that one nothing.
                if search.flight.is_held_by(claim) {
                    search.flight.end(claim);
                    search.ended = Some((claim, found.clone()));
                }
                return found;
            };
            let before = search.borrow_mut().flight.join();
            let look = |_| search.borrow().flight.look(claim);
            match wait(host, left, before, &look).await {
                Waited::Over => {
                    let search = search.borrow();
                    // Of another claim, it is that of somebody who has taken over.
                    if let Some((_, found)) = search.ended.as_ref().filter(|(ended, _)| *ended == claim) {
                        // One failure may have been the asking request's own.
                        if found.is_some() || has_seen_a_failure {
                            return found.clone();
                        }
                        has_seen_a_failure = true;
                    }
                }
                Waited::Dead => search.borrow_mut().flight.end(claim),
                Waited::Late => return None,
            }
        }
    }
}

/// The same for one caller, asked for now.
async fn discover<H: Fetch>(
    host: &H,
    client: &Client,
    challenge: &str,
    url: &str,
    timeout_millis: u32,
) -> Option<Discovered> {
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
    let limits = Limits { timeout_millis, max_body_bytes: MAX_RESOURCE_METADATA_BYTES };
    let resource = read(&host.fetch(request, limits).await.ok()?, url)?;
    let configured = client.server.issuer.as_ref().map(Issuer::as_str);
    let is_own = |server: &String| configured.is_some_and(|issuer| issuer == server);
    let is_allowed = |server: &&String| client.authorization_servers.contains(*server) || is_own(server);
    let server = resource.authorization_servers.iter().find(is_allowed)?;
    let issuer = if is_own(server) { None } else { Some(Issuer::parse(server, transport).ok()?) };
    let scope = pointer.scope.and_then(|scope| scope_values(&scope, "scope").ok());
    Some(Discovered { issuer, resource: resource.resource, scope })
}
