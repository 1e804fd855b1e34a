//! `GatepassError`: one for each thing that can go wrong, with the cause itself, and no secret.

use js_sys::{JSON, Object};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{GRANTS, TestClient, apply, get, renderings, text};

async fn failure(answer: &str) -> (TestClient, JsValue) {
    let client = TestClient::new(answer, "{ timeout: 200 }");
    let error = client.get_token("undefined").await.unwrap_err();
    (client, error)
}

fn has_cause(error: &JsValue) -> bool {
    apply("(error) => Object.hasOwn(error, 'cause')", error).is_truthy()
}

/// Node does not stay alive for the timer of a signal alone.
const HANGS: &str = "() => new Promise((resolve) => { setTimeout(() => resolve(Response.error()), 2000); })";
const BREAKS: &str = "() => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); },
    pull(c) { c.error(new Error('reset')); } }))";

/// Answers, and what the error's code, status and retryable are then.
const FAILURES: &[(&str, &str, Option<u16>, bool)] = &[
    ("() => { throw new TypeError('fetch failed'); }", "network_error", None, true),
    ("() => { throw undefined; }", "network_error", None, true),
    ("() => undefined", "network_error", None, true),
    (HANGS, "timeout", None, true),
    (BREAKS, "network_error", None, true),
    ("() => new Response(null, { status: 307, headers: { location: '/x' } })", "unexpected_redirect", Some(307), false),
    ("() => new Response('<html>canary-secret</html>')", "unreadable_response", Some(200), false),
    ("() => new Response('{\"access_token\":\"a\"')", "unreadable_response", Some(200), false),
    ("() => new Response(new Uint8Array(300_000))", "unreadable_response", Some(200), false),
    ("() => Response.json({ access_token: 'canary', token_type: 'mac' })", "unsupported_token_type", Some(200), false),
    ("() => Response.json({ error: 'invalid_client' }, { status: 400 })", "invalid_client", Some(400), false),
    ("() => new Response(null, { status: 401 })", "invalid_client", Some(401), false),
    ("() => Response.json({ error: 'access_denied' }, { status: 403 })", "request_refused", Some(403), false),
    ("() => new Response('slow down', { status: 429 })", "rate_limited", Some(429), true),
    ("() => new Response('<html>', { status: 502 })", "server_error", Some(502), true),
];

#[wasm_bindgen_test]
async fn each_failure_is_a_gatepass_error_with_its_code() {
    for (answer, code, status, retryable) in FAILURES {
        let (_, error) = failure(answer).await;
        assert!(error.is_instance_of::<js_sys::Error>(), "{answer}");
        assert_eq!(
            (text(&error, "name").as_str(), text(&error, "code").as_str()),
            ("GatepassError", *code),
            "{answer}"
        );
        assert_eq!(get(&error, "status").as_f64(), status.map(f64::from), "{answer}");
        assert_eq!(get(&error, "retryable").as_bool(), Some(*retryable), "{answer}");
        assert!(text(&error, "stack").starts_with("GatepassError: "), "{answer}: {}", text(&error, "stack"));
    }
}

#[wasm_bindgen_test]
async fn no_error_shows_the_secret_or_a_token() {
    for (answer, ..) in FAILURES {
        let (_, error) = failure(answer).await;
        let shown = renderings(&error);
        assert!(!shown.contains("canary"), "{answer}: {shown}");
    }
    let echo =
        "async (r) => Response.json({ error: 'invalid_client', error_description: await r.text() }, { status: 401 })";
    let (_, error) = failure(echo).await;
    assert!(!renderings(&error).contains("canary"));
    assert!(text(&error, "message").contains("[hidden]"));
}

#[wasm_bindgen_test]
async fn the_next_call_after_a_failure_works() {
    for (answer, ..) in FAILURES {
        let once = format!("(r, number) => number === 1 ? ({answer})(r) : ({GRANTS})(r, number)");
        let client = TestClient::new(&once, "{ timeout: 200, retry: { attempts: 1, hold: 0 } }");
        client.get_token("undefined").await.unwrap_err();
        assert_eq!(text(&client.get_token("undefined").await.unwrap(), "accessToken"), "canary-2", "{answer}");
    }
}

#[wasm_bindgen_test]
async fn the_cause_is_the_very_value_that_was_thrown() {
    for thrown in ["new TypeError('fetch failed')", "{ own: 1 }", "'text'", "Symbol.for('x')", "null"] {
        let (client, error) = failure(&format!("() => {{ throw {thrown}; }}")).await;
        assert!(Object::is(&get(&error, "cause"), &client.thrown()), "{thrown}");
        assert!(has_cause(&error), "{thrown}");
    }
    let (_, error) = failure("() => new Response(null, { status: 500 })").await;
    assert!(!has_cause(&error), "nobody threw");
}

#[wasm_bindgen_test]
async fn a_timeout_has_the_hosts_timeout_error_as_its_cause() {
    let (_, error) = failure(HANGS).await;
    assert_eq!((text(&error, "code"), text(&error, "cause.name")), ("timeout".to_owned(), "TimeoutError".to_owned()));
}

#[wasm_bindgen_test]
async fn what_the_server_said_is_told() {
    let answer = "() => Response.json({ error: 'access_denied', error_description: 'no\\ngrant', error_uri: 'https://e.example/' },
        { status: 403 })";
    let (_, error) = failure(answer).await;
    let json = JSON::stringify(&error).unwrap().as_string().unwrap();
    assert_eq!(
        json,
        r#"{"name":"GatepassError","message":"the authorization server refused the request: access_denied: no?grant","code":"request_refused","retryable":false,"status":403,"oauth":{"error":"access_denied","error_description":"no?grant","error_uri":"https://e.example/"}}"#
    );
    let (_, error) = failure("() => Response.json({ error: 'x' }, { status: 400 })").await;
    assert_eq!(apply("(error) => JSON.stringify(error.oauth)", &error), r#"{"error":"x"}"#);
}

#[wasm_bindgen_test]
async fn seconds_to_wait_are_told() {
    let (_, error) = failure("() => new Response('', { status: 429, headers: { 'Retry-After': '7' } })").await;
    assert_eq!(get(&error, "retryAfter").as_f64(), Some(7.0));
    let (_, error) = failure("() => new Response('', { status: 503 })").await;
    assert!(get(&error, "retryAfter").is_undefined());
}

#[wasm_bindgen_test]
async fn each_caller_gets_an_error_object_of_its_own() {
    let client = TestClient::new("() => new Response(null, { status: 500 })", "{}");
    let (one, other) =
        (client.get_token("undefined").await.unwrap_err(), client.get_token("undefined").await.unwrap_err());
    assert!(!Object::is(&one, &other));
}
