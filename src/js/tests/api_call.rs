//! What the driver of API calls asks for. The calls themselves are tested where they are made: on
//! real runtimes, in `tests/runtimes/suite/call-api.mjs` and `tests/api-calls/`.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{GRANTS, TestClient, assert_complaint, get, js, text};
use crate::js::api_call;

const CALL: &str = "{ retry: undefined, redirect: 'follow', origin: 'https://api.example', method: 'GET',
    canResend: true, hasKey: false, isReused: true, canProve: false, canDiscover: false, hops: 0, attempts: 1, elapsed: 5";

impl TestClient {
    fn check(&self, facts: &str) -> Result<Option<u32>, JsValue> {
        api_call::check(self.handle, &self.options, &js(facts))
    }

    /// What becomes of a call with these facts in place of the usual ones.
    fn next(&self, facts: &str) -> Result<JsValue, JsValue> {
        api_call::next_step(self.handle, &self.options, &js(&format!("{CALL}, {facts} }}")))
    }
}

#[wasm_bindgen_test]
fn a_step_is_a_word_or_a_number_of_milliseconds() {
    let client = TestClient::new(GRANTS, "{}");
    for (facts, step) in [
        ("status: 200", "respond"),
        ("status: 401", "renew"),
        ("status: 401, isReused: false", "respond"),
        ("status: 401, isReused: undefined", "respond"),
        ("status: 401, challenge: 'DPoP error=\"use_dpop_nonce\"', canProve: true", "prove"),
        ("status: 401, challenge: 'Bearer resource_metadata=\"x\"', canDiscover: true", "discover"),
        ("status: 307, target: 'https://api.example'", "follow"),
        ("status: 303, method: 'POST', target: 'https://api.example'", "follow as GET"),
        ("status: 307, target: 'https://b.example', redirect: 'follow-unauthenticated'", "leave"),
        (
            "status: 302, method: 'POST', target: 'https://b.example', redirect: 'follow-unauthenticated'",
            "leave as GET",
        ),
        ("status: 503, retryAfter: 'soon'", "respond"),
        ("status: 503, retryAfter: '1', retry: false", "respond"),
    ] {
        let found = client.next(facts).unwrap();
        let found = found.as_string().unwrap_or_else(|| found.as_f64().unwrap().to_string());
        assert_eq!(found, step, "{facts}");
    }
    assert_eq!(client.next("status: 429, retryAfter: '2'").unwrap().as_f64(), Some(2000.0));
    let date = "status: 429, retryAfter: new Date(Date.now() + 5000).toUTCString()";
    assert!((4000.0..=6000.0).contains(&client.next(date).unwrap().as_f64().unwrap()));
}

#[wasm_bindgen_test]
fn a_call_that_fails_has_the_hosts_error_as_its_cause() {
    let client = TestClient::new(GRANTS, "{}");
    let error = client.next("method: 'POST', cause: globalThis.thrown = new TypeError('no')").unwrap_err();
    assert_eq!(text(&error, "code"), "network_error");
    assert!(js_sys::Object::is(&get(&error, "cause"), &get(&js_sys::global(), "thrown")));
    let error = client.next("retry: { deadline: 5 }").unwrap_err();
    assert_eq!((text(&error, "code"), get(&error, "cause")), ("timeout".to_owned(), JsValue::UNDEFINED));
    let error = client.next("status: 302, target: 'https://b.example', redirect: 'error'").unwrap_err();
    assert_eq!((text(&error, "code"), get(&error, "status").as_f64()), ("unexpected_redirect".to_owned(), Some(302.0)));
}

#[wasm_bindgen_test]
fn the_clients_own_choice_counts_where_the_call_makes_none() {
    let client = TestClient::new(GRANTS, "{ retry: { api: { attempts: 1, renew: false, deadline: 700 } } }");
    assert_eq!(client.check(&format!("{CALL} }}")).unwrap(), Some(700));
    assert_eq!(client.next("status: 503, retryAfter: '1'").unwrap(), "respond");
    assert_eq!(client.next("status: 401").unwrap(), "respond");
    assert_eq!(client.next("status: 401, retry: { renew: true }").unwrap(), "renew");
    assert_eq!(
        client.next("status: 503, retryAfter: '0', retry: { attempts: 2 }").unwrap().as_f64().map(|_| ()),
        Some(())
    );
    let off = TestClient::new(GRANTS, "{ retry: { api: false } }");
    assert_eq!(off.check(&format!("{CALL} }}")).unwrap(), None);
    assert_eq!(off.next("status: 401").unwrap(), "respond");
}

#[wasm_bindgen_test]
fn a_mistake_is_named_before_anything_is_sent() {
    let client = TestClient::new(GRANTS, "{ apiOrigins: ['https://api.example'] }");
    for (facts, path) in [
        ("origin: 'http://api.example'", "input"),
        ("origin: 'null'", "input"),
        ("origin: 'https://evil.example'", "options.apiOrigins"),
        ("redirect: 'folow'", "init.redirect"),
        ("redirect: ''", "init.redirect"),
        ("retry: true", "init.retry"),
        ("retry: null", "init.retry"),
        ("retry: 3", "init.retry"),
        ("retry: { hold: 1 }", "init.retry.hold"),
        ("retry: { attempts: 0 }", "init.retry.attempts"),
        ("retry: { maxDelay: -1 }", "init.retry.maxDelay"),
        ("retry: { deadline: 0 }", "init.retry.deadline"),
        ("retry: { renew: 1 }", "init.retry.renew"),
    ] {
        assert_complaint(&client.check(&format!("{CALL}, {facts} }}")).unwrap_err(), path, facts);
    }
    assert_eq!(client.seen().length(), 0);
}
