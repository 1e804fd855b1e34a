//! Whom a client asks where an API names its authorization server (RFC 9728), and where it lets itself be led to.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "the helpers run within tests only")]

mod support;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::future::{join, join_all};
use gatepass::flow::client::{AssertionAudience, Client};
use gatepass::flow::resource_discovery::{Asker, Resources, discover};
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
        if number == 1 { 300 } else { 2000 }
    });
    host.serve(move |_: &Seen| {
        answered += 1;
        let good = json!({"resource": API, "authorization_servers": [AS]}).to_string();
        Ok(json_response(if answered == 1 { 404 } else { 200 }, &good))
    });
    let (resources, client) = (Resources::default(), discovering());
    let key = client.cache_key(&client.request);
    let asker = Asker { client: &client, key: &key };
    let mut late = Box::pin(resources.discover(&host, asker, &challenge, API));
    let mut new = Box::pin(resources.discover(&host, asker, &challenge, API));
    let mut context = Context::from_waker(Waker::noop());
    assert!(late.as_mut().poll(&mut context).is_pending());
    // The late one is not polled while the new one waits for it, gives it up and asks.
    while host.seen().len() < 2 {
        assert!(new.as_mut().poll(&mut context).is_pending());
        host.fire_next_timer();
    }
    let mut others: Vec<_> = (0..20).map(|_| Box::pin(resources.discover(&host, asker, &challenge, API))).collect();
    assert!(others.iter_mut().all(|other| other.as_mut().poll(&mut context).is_pending()));
    let answer = loop {
        match late.as_mut().poll(&mut context) {
            Poll::Ready(found) => break found,
            Poll::Pending => assert!(host.fire_next_timer()),
        }
    };
    assert!(answer.is_none());
    let (new, others) = host.run(join(new, join_all(others)));
    assert!(new.is_some() && others.iter().all(Option::is_some), "its failure is not the others'");
    assert_eq!(host.seen().len(), 2, "and nobody asks beside the new one");
}
