//! Whom a client asks where an API names its authorization server (RFC 9728), and where it lets itself be led to.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use futures_util::future::join_all;
use gatepass::flow::client::{AssertionAudience, Client};
use gatepass::flow::resource_discovery::{Asker, Discovered, Resources, discover};
use gatepass::host::clock::Clock;
use gatepass::host::fake::{FakeHost, Seen, json_response};
use gatepass::protocol::secret::Secret;
use gatepass::protocol::url::Transport;
use serde_json::json;

use crate::support::{NOW, client, issuer, server_of};

const AS: &str = "https://as.example";

fn discovering() -> Client {
    Client { authorization_servers: vec![AS.to_owned()], ..client() }
}

/// What comes of a call to `api` that was answered with a challenge that leads to `metadata`, and what was asked for.
fn led_to(client: &Client, api: &str, metadata: &str) -> (Option<Client>, Vec<String>) {
    let resource = api.to_owned();
    let host = FakeHost::new(NOW, move |_: &Seen| {
        Ok(json_response(200, &json!({"resource": resource, "authorization_servers": [AS]}).to_string()))
    });
    let challenge = format!("Bearer resource_metadata=\"{metadata}\"");
    let found = host.run(discover(&host, client, &challenge, api));
    (found.map(|found| found.client(client)), host.seen().into_iter().map(|seen| seen.url).collect())
}

#[test]
fn the_server_that_an_api_names_is_asked_for_a_token_for_that_api() {
    for (api, metadata) in [
        ("https://api.example/mcp", "https://api.example/.well-known/oauth-protected-resource/mcp"),
        ("http://127.0.0.1:8/mcp", "http://127.0.0.1:8/metadata"),
    ] {
        let (found, asked) = led_to(&discovering(), api, metadata);
        let found = found.unwrap();
        assert_eq!(found.server.issuer.unwrap().as_str(), AS);
        assert_eq!((found.request.resource, found.request.audience), (vec![api.to_owned()], None));
        assert_eq!(asked, [metadata]);
    }
}

/// What is on this machine is nothing that an API on the network may lead to.
#[test]
fn an_api_on_the_network_leads_to_https_only() {
    for metadata in ["http://127.0.0.1:9200/_all", "http://localhost/", "http://[::1]/", "http://api.example/", "/m"] {
        let (found, asked) = led_to(&discovering(), "https://api.example/mcp", metadata);
        assert!(found.is_none() && asked.is_empty(), "{metadata}");
    }
    let mut careless = discovering();
    careless.destinations.transport = Transport::DangerouslyAllowHttp;
    assert!(led_to(&careless, "https://api.example/mcp", "http://api.example/m").0.is_some());
}

#[test]
fn a_server_that_is_not_listed_is_not_asked() {
    for authorization_servers in [vec![], vec![format!("{AS}/")], vec!["https://as.example.evil".to_owned()]] {
        let client = Client { authorization_servers, ..client() };
        let (found, _) = led_to(&client, "https://api.example/mcp", "https://api.example/m");
        assert!(found.is_none());
    }
}

/// RFC 7523 section 3: an assertion that names another server is one that a third could show there.
#[test]
fn an_assertion_for_the_server_of_an_api_names_that_server() {
    let text = AssertionAudience::Text("https://tenant.example/".to_owned());
    let named = Client { assertion_audience: text.clone(), ..discovering() };
    let audience = |client: &Client| led_to(client, "https://api.example/mcp", "https://api.example/m").0.unwrap();
    assert_eq!(audience(&named).assertion_audience, AssertionAudience::Issuer);
    let own = Client { assertion_audience: text.clone(), server: server_of(issuer(AS)), ..client() };
    assert_eq!(audience(&own).assertion_audience, text, "its own server is called as before");
}

#[test]
fn what_was_found_for_one_client_leaves_another_its_own_settings() {
    let host = FakeHost::new(NOW, |_: &Seen| {
        Ok(json_response(
            200,
            &json!({"resource": "https://api.example/mcp", "authorization_servers": [AS]}).to_string(),
        ))
    });
    let challenge = "Bearer resource_metadata=\"https://api.example/m\"";
    let found = host.run(discover(&host, &discovering(), challenge, "https://api.example/mcp")).unwrap();
    let store_secrets = vec![Secret::new("another".to_owned())];
    let other = Client { timeout_millis: 7, store_secrets, ..discovering() };
    let led = found.client(&other);
    assert_eq!((led.timeout_millis, led.store_secrets.len()), (7, 1));
    assert_eq!(led.server.issuer.unwrap().as_str(), AS);
}

const CHALLENGE: &str = "Bearer resource_metadata=\"https://api.example/m\"";

/// An API whose metadata, which take 100 ms, speak for `resource`; and a burst of calls to these URLs.
fn burst(resource: &'static str, urls: &[&str]) -> (FakeHost, Vec<Option<Rc<Discovered>>>) {
    let host = FakeHost::new(NOW, move |_: &Seen| {
        Ok(json_response(200, &json!({"resource": resource, "authorization_servers": [AS]}).to_string()))
    });
    host.delay(|_| 100);
    let (resources, client) = (Resources::default(), discovering());
    let key = client.cache_key(&client.request);
    let asker = Asker { client: &client, key: &key };
    let calls = urls.iter().map(|url| resources.discover(&host, asker, CHALLENGE, url));
    let found = host.run(join_all(calls));
    (host, found)
}

#[test]
fn of_callers_that_are_led_to_the_same_metadata_one_asks() {
    for url in ["https://api.example/mcp", "https://api.example/mcp/tools?page=2"] {
        let (host, found) = burst("https://api.example/mcp", &[url; 50]);
        assert!(found.iter().all(Option::is_some));
        assert_eq!(host.seen().len(), 1, "{url}");
        assert!(host.now().as_seconds() < 1_700_000_000.25);
    }
}

#[test]
fn callers_whose_api_the_metadata_do_not_speak_for_do_not_ask_again() {
    let urls = ["https://api.example/mcp", "https://api.example/other", "https://api.example/other"];
    let (host, found) = burst("https://api.example/mcp", &urls);
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(host.seen().len(), 1);
}

#[test]
fn metadata_of_no_use_cost_the_callers_of_one_url_one_request_and_do_not_hide_those_of_another() {
    let urls = ["https://api.example/other", "https://api.example/other", "https://api.example/mcp"];
    let (host, found) = burst("https://api.example/mcp", &urls);
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(host.seen().len(), 2);
}

/// Not dropped, and never polled again: this is what workerd does to a request whose client leaves.
#[test]
fn when_the_one_who_asks_is_gone_another_takes_over() {
    let resource = "https://api.example/mcp";
    let host = FakeHost::new(NOW, move |_: &Seen| {
        Ok(json_response(200, &json!({"resource": resource, "authorization_servers": [AS]}).to_string()))
    });
    host.delay(|_| 100);
    let (resources, client) = (Resources::default(), discovering());
    let key = client.cache_key(&client.request);
    let asker = Asker { client: &client, key: &key };
    let mut gone = pin!(resources.discover(&host, asker, CHALLENGE, resource));
    assert!(gone.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let calls = (0..20).map(|_| resources.discover(&host, asker, CHALLENGE, resource));
    assert!(host.run(join_all(calls)).iter().all(Option::is_some));
    assert_eq!(host.seen().len(), 2);
    assert!(resources.has_followed(asker, CHALLENGE) && resources.of(asker, resource).is_some());
}
