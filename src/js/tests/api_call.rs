//! `callApi`: the caller's own request, with the token added and no redirect followed.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{TestClient, apply, assert_complaint, get, read, text};

/// A token endpoint that grants a token, and an API that answers with what it was sent.
const SERVERS: &str = "async (r) => r.url.startsWith('https://as')
    ? Response.json({ access_token: 'canary', expires_in: 3600 })
    : Response.json({ method: r.method, type: r.headers.get('content-type'), token: r.headers.get('authorization'), body: await r.text() })";
const API: &str = "'https://api.example/orders'";

fn client() -> TestClient {
    TestClient::new(SERVERS, "{}")
}

/// What the API was sent: method, content type and body.
async fn sent(input: &str, init: &str) -> String {
    let client = client();
    let response = client.call_api(input, init).await.unwrap();
    read(
        "async (r) => { const { method, type, body } = await r.json(); return `${method} ${type} ${body}`; }",
        &response,
    )
    .await
}

#[wasm_bindgen_test]
async fn the_api_gets_the_token_and_the_caller_the_hosts_own_response() {
    let client = TestClient::new(
        "(r) => r.url.startsWith('https://as') ? Response.json({ access_token: 'canary' })
            : globalThis.answered = new Response(r.headers.get('authorization'))",
        "{}",
    );
    let response = client.call_api(API, "undefined").await.unwrap();
    assert!(Object::is(&response, &get(&js_sys::global(), "answered")));
    assert_eq!(read("(r) => r.text()", &response).await, "Bearer canary");
}

#[wasm_bindgen_test]
async fn the_second_call_uses_the_same_token() {
    let client = client();
    client.call_api(API, "undefined").await.unwrap();
    client.call_api("new URL('https://api.example/other?a=b')", "{}").await.unwrap();
    let urls: Vec<_> = client.seen().iter().map(|request| text(&request, "url")).collect();
    assert_eq!(urls.len(), 3);
    assert_eq!(urls[1..], ["https://api.example/orders", "https://api.example/other?a=b"]);
}

#[wasm_bindgen_test]
async fn the_content_type_is_json_unless_the_caller_or_the_body_says_otherwise() {
    assert_eq!(sent(API, "undefined").await, "GET application/json ");
    assert_eq!(sent(API, "{ method: 'POST', json: { a: [1, 'é'] } }").await, "POST application/json {\"a\":[1,\"é\"]}");
    assert_eq!(sent(API, "{ method: 'PUT', json: null }").await, "PUT application/json null");
    assert_eq!(sent(API, "{ method: 'POST', json: false }").await, "POST application/json false");
    assert_eq!(sent(API, "{ method: 'POST', body: 'x' }").await, "POST application/json x");
    assert_eq!(sent(API, "{ method: 'POST', body: new Uint8Array([120]) }").await, "POST application/json x");
    let own = "{ method: 'PATCH', json: 1, headers: { 'Content-Type': 'application/merge-patch+json' } }";
    assert_eq!(sent(API, own).await, "PATCH application/merge-patch+json 1");
    let form = "{ method: 'POST', body: new URLSearchParams({ a: 'b c' }) }";
    assert_eq!(sent(API, form).await, "POST application/x-www-form-urlencoded;charset=UTF-8 a=b+c");
    assert_eq!(sent(API, "{ method: 'POST', body: new Blob(['x'], { type: 'image/png' }) }").await, "POST image/png x");
    assert!(
        sent(API, "{ method: 'POST', body: new FormData() }").await.starts_with("POST multipart/form-data; boundary=")
    );
}

#[wasm_bindgen_test]
async fn a_request_object_is_sent_as_it_is() {
    let request =
        "new Request('https://api.example/', { method: 'POST', body: 'x', headers: { 'content-type': 'text/csv' } })";
    assert_eq!(sent(request, "undefined").await, "POST text/csv x");
    assert_eq!(sent(request, "{ method: 'PUT' }").await, "PUT text/csv x");
    assert_eq!(
        sent("new Request('https://api.example/')", "{ method: 'POST', json: 1 }").await,
        "POST application/json 1"
    );
}

/// `fetch(url, request)` is how a Worker passes a request on: the members of a `Request` are not its
/// own properties.
#[wasm_bindgen_test]
async fn a_request_object_can_stand_for_init_as_with_fetch() {
    let request =
        "new Request('https://other.example/', { method: 'POST', body: 'x', headers: { 'content-type': 'text/csv' } })";
    assert_eq!(sent(API, request).await, "POST text/csv x");
}

#[wasm_bindgen_test]
async fn an_upload_is_streamed() {
    let stream = "{ method: 'POST', duplex: 'half', headers: { 'content-type': 'text/plain' },
        body: new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('x')); c.close(); } }) }";
    assert_eq!(sent(API, stream).await, "POST text/plain x");
}

#[wasm_bindgen_test]
async fn the_callers_headers_and_objects_are_left_alone() {
    let client = client();
    let init = "globalThis.given = { headers: { 'x-a': '1' } }";
    client.call_api(API, init).await.unwrap();
    assert_eq!(apply("(r) => r.headers.get('x-a')", &client.seen().get(1)), "1");
    assert_eq!(js_sys::JSON::stringify(&get(&js_sys::global(), "given")).unwrap(), r#"{"headers":{"x-a":"1"}}"#);
    client.call_api("globalThis.given = new Request('https://api.example/')", "undefined").await.unwrap();
    assert!(get(&get(&js_sys::global(), "given"), "headers").is_object());
    assert_eq!(apply("(r) => r.headers.has('authorization')", &get(&js_sys::global(), "given")), JsValue::FALSE);
}

#[wasm_bindgen_test]
async fn no_redirect_is_followed() {
    let client = TestClient::new(
        "(r) => r.url.startsWith('https://as') ? Response.json({ access_token: 'canary' })
            : new Response(null, { status: 302, headers: { location: 'https://evil.example/' } })",
        "{}",
    );
    let response = client.call_api(API, "{ redirect: 'follow' }").await.unwrap();
    assert_eq!(get(&response, "status").as_f64(), Some(302.0));
    assert!(client.seen().iter().all(|request| text(&request, "redirect") == "manual"));
}

#[wasm_bindgen_test]
async fn a_mistake_is_a_type_error_and_nothing_is_sent_nor_asked_for() {
    let client = client();
    for (input, init, path) in [
        ("'/orders'", "undefined", "input"),
        ("''", "undefined", "input"),
        ("undefined", "undefined", "input"),
        ("'https://u:canary@api.example/'", "undefined", "input"),
        ("'http://api.example/'", "undefined", "input"),
        ("'ftp://api.example/'", "undefined", "input"),
        ("'data:text/plain,x'", "undefined", "input"),
        ("new Request('http://api.example/')", "undefined", "input"),
        (API, "{ headers: { Authorization: 'Bearer x' } }", "init.headers"),
        (API, "{ headers: [['AUTHORIZATION', 'x']] }", "init.headers"),
        ("new Request('https://api.example/', { headers: { authorization: 'x' } })", "undefined", "init.headers"),
        (API, "{ method: 'POST', json: 1, body: 'x' }", "init.json"),
        (API, "{ method: 'POST', json: () => {} }", "init.json"),
        (API, "{ method: 'POST', json: 10n }", "init.json"),
        (API, "{ method: 'POST', json: (() => { const a = []; a.push(a); return a; })() }", "init.json"),
        (API, "{ method: 'GET', body: 'x' }", "init"),
        (API, "{ method: 'NOT A METHOD' }", "init"),
        (API, "{ headers: { 'a b': 'c' } }", "init"),
    ] {
        let context = format!("{input} {init}");
        assert_complaint(&client.call_api(input, init).await.unwrap_err(), path, &context);
    }
    assert_eq!(client.seen().length(), 0);
}

#[wasm_bindgen_test]
async fn arguments_that_cannot_be_read_are_named_and_nothing_is_sent() {
    let client = client();
    let mut unnamed = Vec::new();
    for (input, init, path) in [
        (API, "{ get json() { throw new Error('canary'); } }", "init.json"),
        (API, "{ get method() { throw new Error('canary'); } }", "init.method"),
        (API, "7", "init"),
        (API, "'POST'", "init"),
        ("{ toString() { throw new Error('canary'); } }", "undefined", "input"),
    ] {
        let message =
            client.call_api(input, init).await.map_or_else(|error| text(&error, "message"), |_| "sent".to_owned());
        if !message.starts_with(&format!("gatepass: {path}")) {
            unnamed.push(format!("{input} {init}: {message}"));
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
    assert_eq!(client.seen().length(), 0);
}

#[wasm_bindgen_test]
async fn with_api_origins_the_token_goes_nowhere_else() {
    let client = TestClient::new(SERVERS, "{ apiOrigins: ['https://api.example', 'https://API2.example:443'] }");
    client.call_api(API, "undefined").await.unwrap();
    client.call_api("'https://api2.example/x'", "undefined").await.unwrap();
    let before = client.seen().length();
    for input in [
        "'https://evil.example/'",
        "'https://api.example:8443/'",
        "'https://api.example.evil.example/'",
        "'https:\\\\\\\\evil.example/'",
    ] {
        assert_complaint(&client.call_api(input, "undefined").await.unwrap_err(), "options.apiOrigins", input);
    }
    assert_eq!(client.seen().length(), before);
}

#[wasm_bindgen_test]
async fn without_a_token_the_api_is_not_called() {
    let client = TestClient::new("() => Response.json({ error: 'invalid_client' }, { status: 401 })", "{}");
    let error = client.call_api(API, "undefined").await.unwrap_err();
    assert_eq!(text(&error, "code"), "invalid_client");
    assert_eq!(client.seen().length(), 1);
}

#[wasm_bindgen_test]
async fn an_api_that_cannot_be_reached_is_a_network_error_with_its_cause() {
    let client = TestClient::new(
        "(r) => { if (r.url.startsWith('https://as')) return Response.json({ access_token: 'canary' }); throw new TypeError('no'); }",
        "{}",
    );
    let error = client.call_api(API, "undefined").await.unwrap_err();
    assert_eq!(text(&error, "code"), "network_error");
    assert!(Object::is(&get(&error, "cause"), &client.thrown()));
    assert!(!super::renderings(&error).contains("canary"));
}

#[wasm_bindgen_test]
async fn a_call_the_caller_aborts_rejects_with_the_callers_own_reason() {
    let client = TestClient::new(
        "(r) => r.url.startsWith('https://as') ? Response.json({ access_token: 'canary' })
            : new Promise((_, reject) => r.signal.addEventListener('abort', () => reject(r.signal.reason)))",
        "{}",
    );
    let init =
        "(() => { const c = new AbortController(); setTimeout(() => c.abort(globalThis.reason = { mine: 1 }), 20);
        return { signal: c.signal }; })()";
    let reason = client.call_api(API, init).await.unwrap_err();
    assert!(Object::is(&reason, &get(&js_sys::global(), "reason")));
}
