//! The adapters against a real JavaScript host: its `Response`s, its streams, its cryptography.

#![allow(clippy::panic, reason = "a test that panics has failed")]

use std::rc::Rc;

use js_sys::{Error as JsError, Function, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::host::clock::Clock;
use crate::host::crypto::{Crypto, prove};
use crate::host::fetch::{Fetch, FetchError, Limits};
use crate::host::web::WebHost;
use crate::host::web::task::driven;
use crate::protocol::algorithm::Algorithm;
use crate::protocol::http::{Method, Request, Response};
use crate::protocol::json::{Value, object};
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::SignatureCheck;
use crate::protocol::url::{HttpUrl, Transport};

#[wasm_bindgen(module = "/src/host/web/tests/keys.js")]
extern "C" {
    /// A key pair of the host's.
    pub type SigningKey;

    /// A new one for an algorithm.
    #[wasm_bindgen(static_method_of = SigningKey)]
    pub async fn generate(alg: &str) -> SigningKey;
    /// Its public half.
    #[wasm_bindgen(method, getter)]
    pub fn json(this: &SigningKey) -> String;
    #[wasm_bindgen(method)]
    async fn sign(this: &SigningKey, text: &str) -> Uint8Array;
    /// A token with these claims, given as JSON.
    #[wasm_bindgen(method)]
    pub async fn token(this: &SigningKey, claims: &str) -> String;
}

/// A host whose `fetch` has this body; `url`, `init` and `seen`, an object of its own, are in scope.
fn host(body: &str) -> WebHost {
    let make =
        format!("const seen = {{}}; const fetch = async (url, init) => {{ {body} }}; fetch.seen = seen; return fetch;");
    WebHost { fetch: Function::new_no_args(&make).call0(&JsValue::NULL).unwrap(), ..WebHost::default() }
}

fn get() -> Request {
    let url = HttpUrl::parse("https://as.example/a?b=c", Transport::Secure).unwrap();
    Request { method: Method::Get, url, headers: vec![("accept", "application/json".to_owned().into())], body: None }
}

async fn fetched(host: &WebHost) -> Result<Response, FetchError<JsValue>> {
    driven(host.fetch(get(), Limits { timeout_millis: 10_000, max_body_bytes: 10 })).await
}

async fn broken(body: &str) -> JsValue {
    match fetched(&host(body)).await {
        Err(FetchError::Broken(cause)) => cause,
        Ok(response) => panic!("{body}: status {}", response.status),
        Err(error) => panic!("{body}: {error:?}"),
    }
}

fn seen(host: &WebHost, name: &str) -> JsValue {
    let seen = js_sys::Reflect::get(&host.fetch, &"seen".into()).unwrap();
    js_sys::Reflect::get(&seen, &name.into()).unwrap()
}

fn message(error: &JsValue) -> String {
    error.dyn_ref::<JsError>().unwrap().message().into()
}

#[wasm_bindgen_test]
async fn a_response_is_received_whole_with_its_status_and_headers() {
    let host = host(
        "const parts = ['ab', '', 'cde'].map((part) => new TextEncoder().encode(part));
         const body = new ReadableStream({ pull(c) { parts.length ? c.enqueue(parts.shift()) : c.close(); } });
         return new Response(body, { status: 418, headers: { 'Retry-After': '7', 'X-A': 'b' } });",
    );
    let response = fetched(&host).await.ok().unwrap();
    assert_eq!((response.status, response.body.as_slice()), (418, b"abcde".as_slice()));
    assert_eq!(
        (response.header("retry-after"), response.header("x-a"), response.header("x-b")),
        (Some("7"), Some("b"), None)
    );
}

#[wasm_bindgen_test]
async fn an_answer_without_a_body_is_received_as_empty() {
    for body in ["return new Response(null, { status: 204 });", "return new Response('');", "return Response.json(1);"]
    {
        let response = fetched(&host(body)).await.ok().unwrap();
        assert!(response.body.len() <= 1, "{body}");
    }
}

#[wasm_bindgen_test]
async fn the_request_says_what_was_meant_and_follows_no_redirect() {
    let host = host(
        "seen.url = url; seen.keys = Object.keys(init).sort().join(); seen.redirect = init.redirect;
         seen.sent = new Request(url, init); return new Response();",
    );
    let request = Request {
        method: Method::Post,
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned().into())],
        body: Some("a=b%20é".to_owned().into()),
        ..get()
    };
    driven(host.fetch(request, Limits { timeout_millis: 10_000, max_body_bytes: 10 })).await.ok().unwrap();
    assert_eq!(seen(&host, "url"), "https://as.example/a?b=c");
    assert_eq!(seen(&host, "keys"), "body,headers,method,redirect,signal", "other members are errors on some hosts");
    assert_eq!(seen(&host, "redirect"), "manual");
    let sent = Function::new_with_args("r", "return `${r.method} ${r.headers.get('content-type')}`");
    assert_eq!(sent.call1(&JsValue::NULL, &seen(&host, "sent")).unwrap(), "POST application/x-www-form-urlencoded");
    let text = Function::new_with_args("r", "return r.text()").call1(&JsValue::NULL, &seen(&host, "sent")).unwrap();
    assert_eq!(wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(text)).await.unwrap(), "a=b%20é");
}

#[wasm_bindgen_test]
async fn a_redirect_is_handed_back() {
    let response = fetched(&host("return new Response(null, { status: 307, headers: { location: '/b' } });")).await;
    assert!(response.ok().unwrap().is_redirect());
}

#[wasm_bindgen_test]
async fn a_fetch_that_ignores_its_signal_is_timed_out_all_the_same() {
    let limits = Limits { timeout_millis: 20, max_body_bytes: 10 };
    for body in [
        "return new Promise(() => {});",
        "return new Response(new ReadableStream({}));",
        "return new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); } }));",
        "return new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(new Error('mine'))));",
    ] {
        // Node does not stay alive for the timer of a signal alone: it would exit, and not fail.
        let awake = format!("setTimeout(() => {{}}, 1000); {body}");
        let Err(FetchError::Timeout(cause)) = driven(host(&awake).fetch(get(), limits)).await else { panic!("{body}") };
        assert!(!cause.is_undefined(), "{body}");
    }
}

#[wasm_bindgen_test]
async fn a_body_over_the_limit_is_given_up_and_its_stream_is_cancelled() {
    let host = host(
        "const body = new ReadableStream({
           pull(c) { seen.pulled = (seen.pulled ?? 0) + 1; c.enqueue(new Uint8Array(6)); },
           cancel() { seen.cancelled = true; },
         });
         return new Response(body, { status: 502 });",
    );
    assert!(matches!(fetched(&host).await, Err(FetchError::TooLarge(502))));
    assert!(seen(&host, "cancelled").is_truthy());
    assert!(seen(&host, "pulled").as_f64().unwrap() < 5.0, "an endless body is not read to its end");
}

#[wasm_bindgen_test]
async fn a_body_of_exactly_the_limit_is_received() {
    let response = fetched(&host("return new Response('0123456789');")).await;
    assert_eq!(response.ok().unwrap().body, b"0123456789");
    assert!(matches!(fetched(&host("return new Response('0123456789a');")).await, Err(FetchError::TooLarge(200))));
}

#[wasm_bindgen_test]
async fn a_body_that_breaks_half_way_is_an_error_with_the_hosts_own_cause() {
    let body = "let first = true;
        const pull = (c) => { if (first) c.enqueue(new Uint8Array(1)); else c.error(new Error('mine')); first = false; };
        return new Response(new ReadableStream({ pull }));";
    assert_eq!(message(&broken(body).await), "mine");
}

#[wasm_bindgen_test]
async fn a_fetch_that_throws_is_an_error_with_the_thrown_value_itself() {
    let cause = broken("seen.mine = new Error('mine'); throw seen.mine;").await;
    assert_eq!(message(&cause), "mine");
    assert_eq!(broken("throw 'text';").await, "text");
    assert_eq!(broken("throw undefined;").await, JsValue::UNDEFINED);
    let throws_at_once = Function::new_with_args("url", "throw new Error('at once')");
    let host = WebHost { fetch: throws_at_once.into(), ..WebHost::default() };
    let Err(FetchError::Broken(cause)) = fetched(&host).await else { panic!("it throws") };
    assert_eq!(message(&cause), "at once");
}

#[wasm_bindgen_test]
async fn a_fetch_that_returns_no_response_is_an_error() {
    for body in ["", "return null;", "return 7;", "return {};", "return { status: 200, headers: 7, body: null };"] {
        broken(body).await;
    }
    let used = "const r = new Response('a'); await r.text(); return r;";
    broken(used).await;
}

/// A replaced `fetch` can hand out anything: it must not get past the limit, nor into wasm as it is.
#[wasm_bindgen_test]
async fn a_response_that_is_not_made_of_what_responses_are_made_of_is_an_error() {
    for chunk in ["'text'", "7", "{}", "new DataView(new ArrayBuffer(1))"] {
        let stream = format!("new ReadableStream({{ start(c) {{ c.enqueue({chunk}); c.close(); }} }})");
        broken(&format!("return new Response({stream});")).await;
    }
    broken("return { status: 200n, headers: [], body: null };").await;
}

fn read_key(json: &str) -> Jwk {
    Jwk::read(Value::Object(object(json).unwrap().root())).unwrap()
}

async fn key(alg: &str) -> (SigningKey, Jwk, Algorithm) {
    let key = SigningKey::generate(alg).await;
    let jwk = read_key(&key.json());
    (key, jwk, Algorithm::from_name(alg).unwrap())
}

#[wasm_bindgen_test]
async fn signatures_of_every_kind_are_told_from_wrong_ones() {
    let host = WebHost::default();
    for alg in ["RS256", "PS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"] {
        let (signer, jwk, algorithm) = key(alg).await;
        let imported = driven(host.import_key(&jwk, algorithm)).await.unwrap();
        let good = signer.sign("text").await.to_vec();
        assert_eq!(jwk.signature_length(algorithm), Some(good.len()), "{alg}");
        let is_good = async |text: &str, signature: &[u8]| {
            let check = Rc::new(SignatureCheck {
                algorithm,
                signing_input: text.as_bytes().into(),
                signature: signature.to_vec(),
            });
            driven(prove(&host, &imported, &check)).await.unwrap().is_some()
        };
        assert!(is_good("text", &good).await, "{alg}");
        assert!(!is_good("Text", &good).await, "{alg}: another text");
        let mut changed = good.clone();
        changed[10] ^= 1;
        assert!(!is_good("text", &changed).await, "{alg}: a changed signature");
        assert!(!is_good("text", &vec![0; good.len()]).await, "{alg}: zeros");
        let (other, ..) = key(alg).await;
        assert!(!is_good("text", &other.sign("text").await.to_vec()).await, "{alg}: another key");
    }
}

#[wasm_bindgen_test]
async fn a_point_that_is_not_on_its_curve_is_not_imported() {
    let host = WebHost::default();
    for (alg, crv, length) in [("ES256", "P-256", 43), ("ES384", "P-384", 64), ("ES512", "P-521", 88)] {
        let coordinate = "A".repeat(length);
        let jwk = read_key(&format!(r#"{{"kty":"EC","crv":"{crv}","x":"{coordinate}","y":"{coordinate}"}}"#));
        assert!(driven(host.import_key(&jwk, Algorithm::from_name(alg).unwrap())).await.is_err(), "{alg}");
    }
}

#[wasm_bindgen_test]
async fn an_imported_secret_verifies_and_cannot_be_read_back() {
    let secret = Jwk::shared_secret(&"canary".repeat(10)).unwrap();
    let imported = driven(WebHost::default().import_key(&secret, Algorithm::Hs256)).await.unwrap();
    let facts = Function::new_with_args("key", "return `${typeof key} ${Reflect.ownKeys(key)} ${key}`");
    let facts = facts.call1(&JsValue::NULL, &imported).unwrap().as_string().unwrap();
    assert!(facts.starts_with("function length,name ") && !facts.contains("canary"), "{facts}");
}

#[wasm_bindgen_test]
fn the_clock_is_the_hosts() {
    let before = js_sys::Date::now();
    let now = WebHost::default().now().as_seconds() * 1000.0;
    assert!(before <= now && now <= js_sys::Date::now());
}
