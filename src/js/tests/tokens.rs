//! `getToken`: what is sent, what comes back, and that it does not show itself.

use wasm_bindgen_test::wasm_bindgen_test;

use super::{GRANTS, TestClient, apply, get, read, renderings, text};

#[wasm_bindgen_test]
async fn a_token_comes_from_the_network_once_and_from_memory_then() {
    let client = TestClient::new(GRANTS, "{}");
    let first = client.get_token("undefined").await.unwrap();
    let second = client.get_token("undefined").await.unwrap();
    assert_eq!((text(&first, "source"), text(&second, "source")), ("network".to_owned(), "memory".to_owned()));
    assert_eq!(text(&second, "accessToken"), "canary-1");
    assert_eq!(client.seen().length(), 1);
    let other = client.get_token("{ audience: 'b' }").await.unwrap();
    assert_eq!((text(&other, "source"), text(&other, "accessToken")), ("network".to_owned(), "canary-2".to_owned()));
}

#[wasm_bindgen_test]
async fn a_token_has_the_documented_properties() {
    let client = TestClient::new(GRANTS, "{ scope: 'read write' }");
    let before = js_sys::Date::now();
    let token = client.get_token("undefined").await.unwrap();
    assert_eq!(text(&token, "accessToken"), "canary-1");
    assert_eq!(text(&token, "authorization"), "Bearer canary-1");
    assert_eq!(text(&token, "tokenType"), "Bearer");
    assert_eq!(text(&token, "scope"), "read write", "not named by the server: as asked (RFC 6749 section 5.1)");
    let expires =
        apply("(token) => token.expiresAt instanceof Date ? +token.expiresAt : NaN", &token).as_f64().unwrap();
    assert!(before + 3_600_000.0 <= expires && expires <= js_sys::Date::now() + 3_600_000.0);
    let unscoped = TestClient::new(GRANTS, "{}").get_token("undefined").await.unwrap();
    assert!(get(&unscoped, "scope").is_undefined());
}

#[wasm_bindgen_test]
async fn the_scope_the_server_grants_is_reported() {
    let answer = "() => Response.json({ access_token: 'a', expires_in: '60', scope: 'read' })";
    let token = TestClient::new(answer, "{ scope: ['read', 'write'] }").get_token("undefined").await.unwrap();
    assert_eq!(text(&token, "scope"), "read");
}

#[wasm_bindgen_test]
async fn a_token_is_shown_by_nothing() {
    let client = TestClient::new(GRANTS, "{}");
    let token = client.get_token("undefined").await.unwrap();
    let shown = renderings(&token);
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("AccessToken") && shown.contains("network"), "{shown}");
    let names = apply("(token) => [Object.keys(token), Reflect.ownKeys(token)].join()", &token).as_string().unwrap();
    assert!(!names.contains("accessToken") && !names.contains("authorization"), "{names}");
}

#[wasm_bindgen_test]
async fn a_token_object_cannot_be_changed() {
    let token = TestClient::new(GRANTS, "{}").get_token("undefined").await.unwrap();
    let attempt = "(token) => { try { token.tokenType = 'x'; } catch {} try { token.accessToken = 'x'; } catch {}
        token.expiresAt.setTime(0); return `${token.authorization} ${+token.expiresAt > 0}`; }";
    assert_eq!(apply(attempt, &token), "Bearer canary-1 true");
}

#[wasm_bindgen_test]
async fn the_request_is_the_one_of_the_tutorial() {
    let client = TestClient::new(GRANTS, "{ audience: 'https://api.example', organization: 'org_1' }");
    client.get_token("{ parameters: { x: '1' } }").await.unwrap();
    let request = client.seen().get(0);
    let facts = "(r) => [r.method, r.redirect, r.headers.get('content-type'), r.headers.get('accept')].join(' ')";
    assert_eq!(apply(facts, &request), "POST manual application/x-www-form-urlencoded application/json");
    assert_eq!(
        read("(r) => r.text()", &request).await,
        "grant_type=client_credentials&client_id=my-client&client_secret=canary-secret\
         &audience=https%3A%2F%2Fapi.example&organization=org_1&x=1"
    );
}

#[wasm_bindgen_test]
async fn a_call_overrides_what_it_states() {
    let client = TestClient::new(GRANTS, "{ audience: 'a', scope: 'read', parameters: { x: '1', y: '2' } }");
    client.get_token("{ audience: 'b', parameters: { y: '3' } }").await.unwrap();
    let body = read("(r) => r.text()", &client.seen().get(0)).await;
    assert!(body.ends_with("&audience=b&scope=read&x=1&y=3"), "{body}");
}

#[wasm_bindgen_test]
async fn an_issuers_token_endpoint_is_discovered_once() {
    let answer = "(r) => Response.json(r.method === 'GET'
        ? { issuer: globalThis.discovered, token_endpoint: `${globalThis.discovered}token` }
        : { access_token: 'a', expires_in: 60 })";
    let client = TestClient::new(
        answer,
        "{ tokenEndpoint: undefined, issuer: globalThis.discovered = 'https://discovered.example/' }",
    );
    client.get_token("{ audience: 'a' }").await.unwrap();
    client.get_token("{ audience: 'b' }").await.unwrap();
    let urls: Vec<_> = client.seen().iter().map(|request| text(&request, "url")).collect();
    assert_eq!(
        urls,
        [
            "https://discovered.example/.well-known/openid-configuration",
            "https://discovered.example/token",
            "https://discovered.example/token"
        ]
    );
}
