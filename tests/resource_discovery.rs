//! Whom a client asks where an API names its authorization server (RFC 9728), and where it lets itself be led to.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "the helpers run within tests only")]

mod support;

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use futures_util::future::join_all;
use gatepass::flow::client::{AssertionAudience, Client};
use gatepass::flow::resource_discovery::{Asker, Discovered, Resources};
use gatepass::host::clock::Clock;
use gatepass::host::fake::{FakeHost, Seen, json_response};
use gatepass::host::fetch::FetchError;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::url::Transport;
use serde_json::json;

use crate::support::{NOW, client, issuer, server_of};

const AS: &str = "https://as.example";

fn discovering() -> Client {
    Client { authorization_servers: vec![AS.to_owned()], ..client() }
}

/// What is found for a client that has found nothing before.
fn discovered(host: &FakeHost, client: &Client, challenge: &str, url: &str) -> Option<Rc<Discovered>> {
    let (resources, key) = (Resources::default(), client.cache_key(&client.request));
    host.run(resources.discover(host, Asker { client, key: &key }, challenge, url))
}

/// What comes of a call to `api` that was answered with a challenge that leads to `metadata`, and what was asked for.
fn led_to(client: &Client, api: &str, metadata: &str) -> (Option<Client>, Vec<String>) {
    let resource = api.to_owned();
    let host = FakeHost::new(NOW, move |_: &Seen| {
        Ok(json_response(200, &json!({"resource": resource, "authorization_servers": [AS]}).to_string()))
    });
    let challenge = format!("Bearer resource_metadata=\"{metadata}\"");
    let found = discovered(&host, client, &challenge, api);
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
    let found = discovered(&host, &discovering(), challenge, "https://api.example/mcp").unwrap();
    let store_secrets = vec![Secret::new("another".to_owned())];
    let other = Client { timeout_millis: 7, store_secrets, ..discovering() };
    let led = found.client(&other);
    assert_eq!((led.timeout_millis, led.store_secrets.len()), (7, 1));
    assert_eq!(led.server.issuer.unwrap().as_str(), AS);
}

const API: &str = "https://api.example/mcp";

/// A challenge that leads to the API's metadata, and says what the call takes.
fn challenge(scope: &str) -> String {
    format!("Bearer resource_metadata=\"https://api.example/m\", scope=\"{scope}\"")
}

/// Metadata of the API, which take so many milliseconds.
fn api_after(millis: u32) -> FakeHost {
    let host = FakeHost::new(NOW, move |_: &Seen| {
        Ok(json_response(200, &json!({"resource": API, "authorization_servers": [AS]}).to_string()))
    });
    host.delay(move |_| millis);
    host
}

/// The scopes that calls at once are led to, each to a URL with the scope that it takes and the client's timeout; "" where
/// nothing is found.
fn burst(host: &FakeHost, calls: &[(&str, &str, u32)]) -> Vec<String> {
    let resources = Resources::default();
    let clients: Vec<_> = calls.iter().map(|call| Client { timeout_millis: call.2, ..discovering() }).collect();
    let key = discovering().cache_key(&discovering().request);
    let search = async |(url, scope, _): &(&str, &str, u32), client: &Client| {
        let found = resources.discover(host, Asker { client, key: &key }, &challenge(scope), url).await;
        found.map_or_else(String::new, |found| found.client(client).request.scope.join(" "))
    };
    host.run(join_all(calls.iter().zip(&clients).map(|(call, client)| search(call, client))))
}

#[test]
fn of_callers_whom_a_url_refuses_alike_at_once_one_asks() {
    let host = api_after(100);
    assert_eq!(burst(&host, &[(API, "read", 10_000); 50]), ["read"; 50]);
    assert_eq!(host.seen().len(), 1);
    assert!(host.now().as_seconds() < 1_700_000_000.25);
}

#[test]
fn each_caller_is_led_as_it_was_challenged() {
    let host = api_after(100);
    let other = "https://api.example/other";
    let calls = [(API, "read", 10_000), (API, "write", 10_000), (other, "read", 10_000), (API, "read", 10_000)];
    assert_eq!(burst(&host, &calls), ["read", "write", "", "read"]);
    assert_eq!(host.seen().len(), 3);
}

#[test]
fn who_has_more_time_than_another_takes_it() {
    let host = api_after(500);
    assert_eq!(burst(&host, &[(API, "read", 50), (API, "read", 10_000)]), ["", "read"]);
}

#[test]
fn metadata_that_do_not_come_hold_nobody_up_for_longer_than_one_alone() {
    let host = api_after(u32::MAX);
    assert_eq!(burst(&host, &[(API, "read", 1000); 50]), [""; 50]);
    assert_eq!(host.seen().len(), 1);
    let waited = host.now().as_seconds() - 1_700_000_000.0;
    assert!(waited < 1.1, "{waited} s");
}

/// Not dropped, and never polled again: this is what workerd does to a request whose client leaves.
#[test]
fn when_the_one_who_asks_is_gone_another_takes_over() {
    let (host, challenge) = (api_after(100), challenge("read"));
    let (resources, client) = (Resources::default(), discovering());
    let key = client.cache_key(&client.request);
    let asker = Asker { client: &client, key: &key };
    let mut gone = pin!(resources.discover(&host, asker, &challenge, API));
    assert!(gone.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let calls = (0..20).map(|_| resources.discover(&host, asker, &challenge, API));
    assert!(host.run(join_all(calls)).iter().all(Option::is_some));
    assert_eq!(host.seen().len(), 2);
    assert!(resources.has_followed(asker, &challenge) && resources.of(asker, API).is_some());
}

/// A request that workerd has put aside goes on after another has taken over.
#[test]
fn one_who_comes_back_late_takes_nobody_elses_answer_away() {
    let (host, challenge) = (api_after(0), challenge("read"));
    let (mut number, mut answered) = (0, 0);
    host.delay(move |_| {
        number += 1;
        if number == 1 { 2000 } else { 10 }
    });
    host.serve(move |_: &Seen| {
        answered += 1;
        let document = json!({"resource": API, "authorization_servers": [AS]}).to_string();
        // The late one's is the last.
        Ok(json_response(if answered == 1 { 200 } else { 404 }, &document))
    });
    let (resources, client) = (Resources::default(), discovering());
    let key = client.cache_key(&client.request);
    let call = || Box::pin(resources.discover(&host, Asker { client: &client, key: &key }, &challenge, API));
    let mut context = Context::from_waker(Waker::noop());
    let mut late = call();
    assert!(late.as_mut().poll(&mut context).is_pending());
    let mut new = call();
    let mut others: Vec<_> = (0..20).map(|_| call()).collect();
    // The late one is not polled while the new one waits for it, gives it up and asks.
    while host.seen().len() < 2 {
        assert!(new.as_mut().poll(&mut context).is_pending());
        assert!(host.fire_next_timer());
    }
    // These wait for the new one, which ends, and then the late one does, before they look again.
    assert!(others.iter_mut().all(|other| other.as_mut().poll(&mut context).is_pending()));
    assert!(host.run(new).is_some());
    assert!(host.run(late).is_none());
    assert!(host.run(join_all(others)).iter().all(Option::is_some));
    assert_eq!(host.seen().len(), 2, "nobody asked again");
}

/// What has broken one request need not be there for the next.
#[test]
fn one_failure_costs_one_more_request_and_nobody_the_answer() {
    let (host, challenge) = (api_after(0), challenge("read"));
    host.delay(|_| 100);
    let mut answered = 0;
    host.serve(move |_: &Seen| {
        answered += 1;
        let document = json!({"resource": API, "authorization_servers": [AS]}).to_string();
        if answered == 1 { Err(FetchError::Broken("reset".to_owned())) } else { Ok(json_response(200, &document)) }
    });
    let (resources, client) = (Resources::default(), discovering());
    let key = client.cache_key(&client.request);
    let asker = Asker { client: &client, key: &key };
    let found = host.run(join_all((0..50).map(|_| resources.discover(&host, asker, &challenge, API))));
    assert_eq!(found.iter().filter(|found| found.is_none()).count(), 1, "but the one whose request it was");
    assert_eq!(host.seen().len(), 2);
}

#[test]
fn metadata_of_no_use_cost_a_burst_two_requests() {
    let host = api_after(100);
    assert_eq!(burst(&host, &[("https://api.example/other", "read", 10_000); 50]), [""; 50]);
    assert_eq!(host.seen().len(), 2);
}

/// The one who asks is gone, and nobody answers.
#[test]
fn whoever_takes_over_waits_for_no_longer_than_one_alone() {
    let (host, challenge) = (api_after(u32::MAX), challenge("read"));
    let (resources, client) = (Resources::default(), Client { timeout_millis: 1000, ..discovering() });
    let key = client.cache_key(&client.request);
    let asker = Asker { client: &client, key: &key };
    let mut gone = pin!(resources.discover(&host, asker, &challenge, API));
    assert!(gone.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let start = host.now();
    let found = host.run(join_all((0..20).map(|_| resources.discover(&host, asker, &challenge, API))));
    assert!(found.iter().all(Option::is_none));
    let waited = host.now().millis_since(start);
    assert!((1000..1100).contains(&waited), "{waited} ms");
    assert_eq!(host.seen().len(), 2);
}
