//! Options are read strictly: a mistake is a `TypeError` that names the option, and nothing is
//! sent.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{GRANTS, TestClient, assert_complaint, get, js, options, text};
use crate::js::client;

fn requests(options: &JsValue) -> u32 {
    Array::from(&get(options, "fetch.seen")).length()
}

/// Options that are wrong, and the path of the one that is named.
const CLIENT_MISTAKES: &[(&str, &str)] = &[
    ("{ audiance: 'x' }", "options.audiance"),
    ("{ client_id: 'x' }", "options.client_id"),
    ("{ '': 1 }", "options."),
    ("{ tokenEndpoint: undefined }", "options.domain or options.issuer or options.tokenEndpoint"),
    ("{ domain: 'tenant.example' }", "options.tokenEndpoint"),
    ("{ issuer: 'https://tenant.example/' }", "options.tokenEndpoint"),
    ("{ tokenEndpoint: undefined, domain: 'tenant.example', issuer: 'https://tenant.example/' }", "options.issuer"),
    ("{ tokenEndpoint: undefined, domain: 'https://tenant.example' }", "options.domain"),
    ("{ tokenEndpoint: undefined, domain: 'tenant.example/path' }", "options.domain"),
    ("{ tokenEndpoint: undefined, domain: 'u:canary@tenant.example' }", "options.domain"),
    ("{ tokenEndpoint: undefined, issuer: 'tenant.example' }", "options.issuer"),
    ("{ tokenEndpoint: undefined, issuer: 'http://tenant.example/' }", "options.issuer"),
    ("{ tokenEndpoint: undefined, issuer: 'https://tenant.example/?a' }", "options.issuer"),
    ("{ tokenEndpoint: '' }", "options.tokenEndpoint"),
    ("{ tokenEndpoint: '/oauth/token' }", "options.tokenEndpoint"),
    ("{ tokenEndpoint: 'http://tenant.example/token' }", "options.tokenEndpoint"),
    ("{ tokenEndpoint: 'https://u:canary@tenant.example/token' }", "options.tokenEndpoint"),
    ("{ tokenEndpoint: 'https://canary@tenant.example/token' }", "options.tokenEndpoint"),
    ("{ tokenEndpoint: 'https://tenant.example/token#f' }", "options.tokenEndpoint"),
    ("{ tokenEndpoint: new URL('https://tenant.example/token') }", "options.tokenEndpoint"),
    ("{ clientId: undefined }", "options.clientId"),
    ("{ clientId: '' }", "options.clientId"),
    ("{ clientId: null }", "options.clientId"),
    ("{ clientId: 7 }", "options.clientId"),
    ("{ clientId: NaN }", "options.clientId"),
    ("{ clientId: Symbol('x') }", "options.clientId"),
    ("{ clientSecret: undefined }", "options.clientSecret"),
    ("{ clientSecret: '' }", "options.clientSecret"),
    ("{ clientSecret: ['canary'] }", "options.clientSecret"),
    ("{ clientSecret: null }", "options.clientSecret"),
    ("{ refresh: 7 }", "options.refresh"),
    ("{ refresh: null }", "options.refresh"),
    ("{ refresh: { leeway: -1 } }", "options.refresh.leeway"),
    ("{ refresh: { jitter: 1.1 } }", "options.refresh.jitter"),
    ("{ refresh: { jitter: '0' } }", "options.refresh.jitter"),
    ("{ refresh: { early: 1 } }", "options.refresh.early"),
    ("{ retry: [] }", "options.retry"),
    ("{ retry: { attempts: 0 } }", "options.retry.attempts"),
    ("{ retry: { maxDelay: -1 } }", "options.retry.maxDelay"),
    ("{ retry: { hold: 0.5 } }", "options.retry.hold"),
    ("{ retry: { deadline: 0 } }", "options.retry.deadline"),
    ("{ retry: { times: 3 } }", "options.retry.times"),
    ("{ retry: { api: true } }", "options.retry.api"),
    ("{ retry: { api: null } }", "options.retry.api"),
    ("{ retry: { api: { attempts: 11 } } }", "options.retry.api.attempts"),
    ("{ retry: { api: { renew: 'no' } } }", "options.retry.api.renew"),
    ("{ retry: { api: { hold: 1 } } }", "options.retry.api.hold"),
    ("{ onEvent: {} }", "options.onEvent"),
    ("{ waitUntil: true }", "options.waitUntil"),
    ("{ store: new Map().set }", "options.store"),
    ("{ store: { get() {} } }", "options.store"),
    ("{ store: null }", "options.store"),
    ("{ store: { get() {}, set() {}, timeout: '50' } }", "options.store.timeout"),
    ("{ store: { get() {}, set() {}, timeout: 0 } }", "options.store.timeout"),
    ("{ store: new Map(), storeSecret: '' }", "options.storeSecret"),
    ("{ store: new Map(), storeSecret: [] }", "options.storeSecret"),
    ("{ store: new Map(), storeSecret: ['a', 1] }", "options.storeSecret"),
    ("{ storeSecret: 'canary' }", "options.storeSecret"),
    ("{ audience: '' }", "options.audience"),
    ("{ audience: ['a'] }", "options.audience"),
    ("{ scope: '' }", "options.scope"),
    ("{ scope: ' ' }", "options.scope"),
    ("{ scope: [] }", "options.scope"),
    ("{ scope: ['a', ''] }", "options.scope"),
    ("{ scope: ['a', 1] }", "options.scope"),
    ("{ scope: 'a\\tb' }", "options.scope"),
    ("{ scope: 7 }", "options.scope"),
    ("{ organization: '' }", "options.organization"),
    ("{ organization: {} }", "options.organization"),
    ("{ parameters: 'a=b' }", "options.parameters"),
    ("{ parameters: ['a'] }", "options.parameters"),
    ("{ parameters: null }", "options.parameters"),
    ("{ parameters: { a: 1 } }", "options.parameters.a"),
    ("{ parameters: { '': 'a' } }", "options.parameters"),
    ("{ parameters: { grant_type: 'password' } }", "options.parameters.grant_type"),
    ("{ parameters: { client_secret: 'canary' } }", "options.parameters.client_secret"),
    ("{ profile: 'auth1' }", "options.profile"),
    ("{ profile: 7 }", "options.profile"),
    ("{ tokenEndpoint: undefined, domain: 'tenant.example', profile: 'generic' }", "options.profile"),
    ("{ timeout: NaN }", "options.timeout"),
    ("{ timeout: Infinity }", "options.timeout"),
    ("{ timeout: 0 }", "options.timeout"),
    ("{ timeout: -1 }", "options.timeout"),
    ("{ timeout: 1.5 }", "options.timeout"),
    ("{ timeout: 2 ** 31 }", "options.timeout"),
    ("{ timeout: 2 ** 32 + 1 }", "options.timeout"),
    ("{ timeout: '1000' }", "options.timeout"),
    ("{ timeout: null }", "options.timeout"),
    ("{ timeout: 10n }", "options.timeout"),
    ("{ apiOrigins: 'https://api.example' }", "options.apiOrigins"),
    ("{ apiOrigins: [] }", "options.apiOrigins"),
    ("{ apiOrigins: ['https://api.example/path'] }", "options.apiOrigins"),
    ("{ apiOrigins: ['api.example'] }", "options.apiOrigins"),
    ("{ apiOrigins: ['http://api.example'] }", "options.apiOrigins"),
    ("{ dangerouslyAllowHttp: 'yes' }", "options.dangerouslyAllowHttp"),
    ("{ dangerouslyAllowHttp: 1 }", "options.dangerouslyAllowHttp"),
];

const VERIFIER_MISTAKES: &[(&str, &str)] = &[
    ("{ clientId: 'x' }", "options.clientId"),
    ("{ issuer: undefined }", "options.domain or options.issuer"),
    ("{ domain: 'tenant.example' }", "options.issuer"),
    ("{ issuer: undefined, domain: 'tenant.example' }", "options.jwksUri"),
    ("{ issuer: ['https://a.example/', 'https://b.example/'] }", "options.jwksUri"),
    ("{ issuer: 'http://tenant.example/' }", "options.issuer"),
    ("{ jwksUri: 'http://tenant.example/keys' }", "options.jwksUri"),
    ("{ jwksUri: 'https://u:canary@tenant.example/keys' }", "options.jwksUri"),
    ("{ audience: undefined }", "options.audience"),
    ("{ audience: '' }", "options.audience"),
    ("{ audience: [] }", "options.audience"),
    ("{ audience: ['a', null] }", "options.audience"),
    ("{ audience: false }", "options.audience"),
    ("{ algorithms: [] }", "options.algorithms"),
    ("{ algorithms: 'RS256' }", "options.algorithms"),
    ("{ algorithms: ['none'] }", "options.algorithms"),
    ("{ algorithms: ['RS256', 'HS256'] }", "options.algorithms"),
    ("{ typ: 7 }", "options.typ"),
    ("{ typ: [] }", "options.typ"),
    ("{ typ: '' }", "options.typ"),
    ("{ leeway: -1 }", "options.leeway"),
    ("{ leeway: NaN }", "options.leeway"),
    ("{ leeway: 301 }", "options.leeway"),
    ("{ maxAge: 0 }", "options.maxAge"),
    ("{ maxAge: 1e300 }", "options.maxAge"),
    ("{ maxTokenSize: 0 }", "options.maxTokenSize"),
    ("{ maxTokenSize: 2 ** 30 }", "options.maxTokenSize"),
    ("{ timeout: NaN }", "options.timeout"),
];

#[wasm_bindgen_test]
fn a_mistake_in_a_clients_options_is_named_and_nothing_is_sent() {
    for (overrides, path) in CLIENT_MISTAKES {
        let options = options("client", GRANTS, overrides);
        assert_complaint(&client::open_client(&options).unwrap_err(), path, overrides);
        assert_eq!(requests(&options), 0, "{overrides}");
    }
}

#[wasm_bindgen_test]
fn a_mistake_in_a_verifiers_options_is_named_and_nothing_is_sent() {
    for (overrides, path) in VERIFIER_MISTAKES {
        let options = options("verifier", GRANTS, overrides);
        assert_complaint(&super::open_verifier(&options).unwrap_err(), path, overrides);
        assert_eq!(requests(&options), 0, "{overrides}");
    }
}

#[wasm_bindgen_test]
fn options_that_are_no_object_are_a_mistake() {
    for expression in ["null", "7", "'https://tenant.example/'", "[]", "() => {}", "true", "Symbol('x')"] {
        assert_complaint(&client::open_client(&js(expression)).unwrap_err(), "options", expression);
        assert_complaint(&super::open_verifier(&js(expression)).unwrap_err(), "options", expression);
    }
    assert_complaint(&client::open_client(&JsValue::UNDEFINED).unwrap_err(), "options.domain", "no options");
}

#[wasm_bindgen_test]
fn a_fetch_that_is_no_function_is_a_mistake() {
    for expression in ["null", "{}", "'fetch'"] {
        let overrides = format!("{{ fetch: {expression} }}");
        let client = client::open_client(&options("client", GRANTS, &overrides));
        assert_complaint(&client.unwrap_err(), "options.fetch", expression);
        let verifier = super::open_verifier(&options("verifier", GRANTS, &overrides));
        assert_complaint(&verifier.unwrap_err(), "options.fetch", expression);
    }
}

#[wasm_bindgen_test]
fn a_getter_that_throws_is_named() {
    let throwing = |name: &str| format!("{{ get {name}() {{ throw new Error('canary'); }} }}");
    for name in
        ["tokenEndpoint", "issuer", "clientId", "clientSecret", "audience", "scope", "parameters", "timeout", "fetch"]
    {
        let error = client::open_client(&options("client", GRANTS, &throwing(name))).unwrap_err();
        assert_complaint(&error, &format!("options.{name}"), name);
    }
    let nested = format!("{{ parameters: {} }}", throwing("a"));
    let error = client::open_client(&options("client", GRANTS, &nested)).unwrap_err();
    assert_complaint(&error, "options.parameters.a", "a nested getter");
    for name in ["audience", "algorithms", "leeway", "jwksUri"] {
        let error = super::open_verifier(&options("verifier", GRANTS, &throwing(name))).unwrap_err();
        assert_complaint(&error, &format!("options.{name}"), name);
    }
}

/// Calls through JavaScript, as the classes do: what is thrown through wasm frames, instead of
/// returned, leaves the wasm stack where it was, and after some hundred times there is none left.
fn thrown(action: impl Fn() -> Result<JsValue, JsValue> + 'static) -> JsValue {
    let action = Closure::<dyn Fn() -> Result<JsValue, JsValue>>::new(action);
    js_sys::Function::from(action.as_ref().clone()).call0(&JsValue::NULL).unwrap_err()
}

const BAD_ELEMENT: &str = "Object.defineProperty(['a'], 0, { get() { throw new Error('canary'); } })";
const BAD_KEYS: &str = "new Proxy({}, { ownKeys() { throw new Error('canary'); } })";
const REVOKED: &str = "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()";

#[wasm_bindgen_test]
fn an_array_or_proxy_that_throws_is_named_too_and_harms_nobody() {
    for (overrides, path) in [
        (format!("{{ scope: {BAD_ELEMENT} }}"), "options.scope"),
        (format!("{{ apiOrigins: {BAD_ELEMENT} }}"), "options.apiOrigins"),
        (format!("{{ parameters: {BAD_KEYS} }}"), "options.parameters"),
        (format!("{{ parameters: {REVOKED} }}"), "options.parameters"),
        (format!("{{ scope: {REVOKED} }}"), "options.scope"),
    ] {
        let options = options("client", GRANTS, &overrides);
        let open = move || client::open_client(&options).map(JsValue::from);
        assert_complaint(&thrown(open.clone()), path, &overrides);
        for _ in 0..2_000 {
            thrown(open.clone());
        }
        client::open_client(&super::options("client", GRANTS, "{}")).unwrap();
    }
}

#[wasm_bindgen_test]
async fn a_token_request_that_throws_when_read_is_a_rejection_as_well() {
    let client = TestClient::new(GRANTS, "{}");
    for request in [BAD_KEYS, REVOKED, &format!("{{ scope: {BAD_ELEMENT} }}")] {
        let (handle, options, value) = (client.handle, client.options.clone(), js(request));
        let get_token = Closure::<dyn Fn() -> JsValue>::new(move || {
            client::get_token(handle, &options, &value, &JsValue::UNDEFINED)
        });
        let promise = js_sys::Function::from(get_token.as_ref().clone()).call0(&JsValue::NULL);
        assert!(promise.is_ok(), "{request}: thrown, not rejected");
        let error = JsFuture::from(js_sys::Promise::resolve(&promise.unwrap())).await.unwrap_err();
        assert_complaint(&error, "request", request);
    }
    assert_eq!(client.seen().length(), 0);
}

#[wasm_bindgen_test]
async fn a_mistake_in_a_token_request_is_a_rejection_and_nothing_is_sent() {
    let client = TestClient::new(GRANTS, "{}");
    for (request, path) in [
        ("null", "request"),
        ("'https://api.example'", "request"),
        ("{ audiance: 'x' }", "request.audiance"),
        ("{ clientId: 'x' }", "request.clientId"),
        ("{ audience: '' }", "request.audience"),
        ("{ scope: NaN }", "request.scope"),
        ("{ parameters: { audience: 'x' } }", "request.parameters.audience"),
        ("{ get organization() { throw new Error('canary'); } }", "request.organization"),
    ] {
        assert_complaint(&client.get_token(request).await.unwrap_err(), path, request);
    }
    assert_eq!(client.seen().length(), 0);
}

#[wasm_bindgen_test]
async fn every_documented_option_is_taken() {
    let client = TestClient::new(
        GRANTS,
        "{ audience: 'a', scope: ['read', 'write'], organization: 'org_1', parameters: { tenant: 't' }, profile: 'generic',
           timeout: 2 ** 31 - 1, apiOrigins: ['https://api.example'], dangerouslyAllowHttp: false }",
    );
    client.get_token("undefined").await.unwrap();
    let verifier = options(
        "verifier",
        GRANTS,
        "{ audience: null, algorithms: ['RS256', 'EdDSA', 'Ed25519'], typ: 'auto', profile: 'generic', leeway: 0, maxAge: 60,
           maxTokenSize: 1000, timeout: 1, dangerouslyAllowHttp: true }",
    );
    super::open_verifier(&verifier).unwrap();
    for domain in ["tenant.example", "tenant.example:8443", "localhost:4000", "[::1]:4000"] {
        let at = format!("{{ tokenEndpoint: undefined, domain: '{domain}', profile: 'login3' }}");
        client::open_client(&options("client", GRANTS, &at)).unwrap();
    }
}

#[wasm_bindgen_test]
async fn undefined_is_the_same_as_absent() {
    let client =
        TestClient::new(GRANTS, "{ domain: undefined, issuer: undefined, scope: undefined, timeout: undefined }");
    client.get_token("{ audience: undefined }").await.unwrap();
}

#[wasm_bindgen_test]
async fn a_client_outlives_its_place_among_the_kept_ones() {
    let first = TestClient::new(GRANTS, "{}");
    first.get_token("undefined").await.unwrap();
    for _ in 0..2_000 {
        client::open_client(&options("client", GRANTS, "{}")).unwrap();
    }
    let token = first.get_token("undefined").await.unwrap();
    assert_eq!(text(&token, "source"), "memory", "its token is still there as well");
}
