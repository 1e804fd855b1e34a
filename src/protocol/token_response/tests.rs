use base64ct::{Base64UrlUnpadded, Encoding};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Asked, Granted, read};
use crate::protocol::access_token::{AccessToken, TokenType};
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Response;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

const NOW: i64 = 1_700_000_000;

fn answer(status: u16, content_type: &str, body: &[u8]) -> Result<AccessToken, Error> {
    let headers =
        if content_type.is_empty() { vec![] } else { vec![("content-type".to_owned(), content_type.to_owned())] };
    let response = Response { status, headers, body: body.to_vec() };
    granted(&response, &[TokenType::Bearer]).map(|granted| granted.token)
}

fn granted(response: &Response, types: &[TokenType]) -> Result<Granted, Error> {
    let (secret, other) = (Secret::new("canary secret+1".to_owned()), Secret::new("canary-other".to_owned()));
    let asked = Asked { at: Timestamp::from_millis(NOW * 1000), hidden: &[&secret, &other], types, lifetime: 300.0 };
    read(response, asked)
}

fn json_answer(status: u16, body: &Value) -> Result<AccessToken, Error> {
    answer(status, "application/json", body.to_string().as_bytes())
}

fn code(status: u16, body: &str) -> Code {
    answer(status, "application/json", body.as_bytes()).unwrap_err().code
}

fn jwt(claims: &Value) -> String {
    format!("e30.{}.AA", Base64UrlUnpadded::encode_string(claims.to_string().as_bytes()))
}

/// Seconds the token lives when the answer says `expires_in`.
fn lives(token: &str, expires_in: Value) -> f64 {
    let mut body = json!({"access_token": token, "token_type": "Bearer"});
    if expires_in != json!("<absent>") {
        body["expires_in"] = expires_in;
    }
    let token = json_answer(200, &body).unwrap();
    token.expires_at.as_seconds() - token.received_at.as_seconds()
}

#[test]
fn the_answer_of_rfc_6749_section_5_1() {
    let body = json!({"access_token": "2YotnFZFEjr1zCsicMWpAA", "token_type": "example", "expires_in": 3600});
    assert_eq!(json_answer(200, &body).unwrap_err().code, Code::UnsupportedTokenType);
    let body =
        json!({"access_token": "2YotnFZFEjr1zCsicMWpAA", "token_type": "bearer", "expires_in": 3600, "scope": "a b"});
    let token = json_answer(200, &body).unwrap();
    assert_eq!(token.authorization(), "Bearer 2YotnFZFEjr1zCsicMWpAA");
    assert_eq!(token.scope.as_deref(), Some("a b"));
    assert_eq!(token.expires_at, Timestamp::from_millis((NOW + 3600) * 1000));
}

#[test]
fn a_token_that_no_header_holds_is_refused() {
    let of = |bytes| json!({"access_token": "x".repeat(bytes), "token_type": "Bearer", "expires_in": 60});
    assert!(json_answer(200, &of(64 * 1024)).is_ok());
    assert_eq!(json_answer(200, &of(64 * 1024 + 1)).unwrap_err().code, Code::UnreadableResponse);
}

#[test]
fn expires_in_is_understood_as_servers_write_it() {
    for (expires_in, seconds) in [
        (json!(3600), 3600.0),
        (json!("3600"), 3600.0),
        (json!(" 60 "), 60.0),
        (json!(59.5), 59.5),
        (json!("59.5"), 59.5),
        (json!(0), 0.0),
        (json!(-1), 0.0),
        (json!("-1"), 0.0),
        (json!(null), 300.0),
        (json!("<absent>"), 300.0),
        (json!("NaN"), 300.0),
        (json!("inf"), 300.0),
        (json!(""), 300.0),
        (json!("soon"), 300.0),
        (json!([]), 300.0),
        (json!(true), 300.0),
        (json!(86_400_000), 2_592_000.0),
        (json!(1e300), 2_592_000.0),
        (json!(u64::MAX), 2_592_000.0),
    ] {
        assert!((lives("opaque", expires_in.clone()) - seconds).abs() < 0.001, "{expires_in}");
    }
}

#[test]
fn a_jwt_says_itself_how_long_it_lives() {
    let own = |claims: Value, expires_in: Value| lives(&jwt(&claims), expires_in);
    assert!((own(json!({"exp": NOW + 60}), json!("<absent>")) - 60.0).abs() < 0.001);
    assert!((own(json!({"exp": NOW - 60}), json!(null))).abs() < 0.001, "an expired token is not kept");
    assert!(
        (own(json!({"exp": NOW + 60, "iat": NOW}), json!(60_000)) - 60.0).abs() < 0.001,
        "milliseconds are found out"
    );
    assert!((own(json!({"exp": NOW + 60, "iat": NOW - 540}), json!(60)) - 60.0).abs() < 0.001);
    let other_clock = json!({"exp": NOW - 3600 + 300, "iat": NOW - 3600});
    assert!((own(other_clock, json!(300)) - 300.0).abs() < 0.001, "clocks an hour apart do not matter");
    assert!((own(json!({"exp": 1e300, "iat": -1e300}), json!(60)) - 60.0).abs() < 0.001);
    assert!((own(json!({"exp": "x"}), json!("<absent>")) - 300.0).abs() < 0.001);
}

#[test]
fn the_label_of_the_body_does_not_matter() {
    for content_type in
        ["", "text/plain", "text/javascript", "application/xml", "text/html", "application/json; charset=utf-8"]
    {
        assert!(answer(200, content_type, br#"{"access_token":"a"}"#).is_ok(), "{content_type}");
    }
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let token = answer(200, form, b"access_token=a&expires_in=60&token_type=bearer&scope=r+w").unwrap();
    assert_eq!((token.scope.as_deref(), token.expires_at.as_millis()), (Some("r w"), (NOW + 60) * 1000));
    assert!(answer(200, form, b"access_token=a&access_token=b").is_err());
    assert!(answer(200, "text/plain", b"access_token=a").is_err());
}

#[test]
fn what_is_not_a_token_answer_is_unreadable() {
    for body in [
        "",
        "<html>502</html>",
        "{\"access_token\":\"a\"",
        "[]",
        "null",
        "{}",
        r#"{"access_token":null}"#,
        r#"{"access_token":1}"#,
        r#"{"access_token":""}"#,
        r#"{"access_token":"a b"}"#,
        r#"{"access_token":"a\r\nb"}"#,
        r#"{"access_token":"é"}"#,
        r#"{"access_token":"a","access_token":"b"}"#,
        r#"{"error":7}"#,
    ] {
        assert_eq!(code(200, body), Code::UnreadableResponse, "{body}");
    }
    assert_eq!(answer(200, "", b"{\"access_token\":\"\xff\"}").unwrap_err().code, Code::UnreadableResponse);
}

#[test]
fn token_types_are_compared_without_case_and_unknown_ones_refused() {
    let with = |token_type: Value| json_answer(200, &json!({"access_token": "a", "token_type": token_type}));
    for good in [json!("Bearer"), json!("bearer"), json!("BEARER"), json!(null)] {
        assert_eq!(with(good).unwrap().authorization(), "Bearer a");
    }
    for bad in [json!("MAC"), json!("DPoP"), json!(""), json!("Bearer "), json!(1)] {
        assert_eq!(with(bad.clone()).unwrap_err().code, Code::UnsupportedTokenType, "{bad}");
    }
}

#[test]
fn refusals_are_classed_by_error_first_and_by_status_then() {
    for (status, body, expected) in [
        (400, r#"{"error":"invalid_client"}"#, Code::InvalidClient),
        (401, r#"{"error":"invalid_client"}"#, Code::InvalidClient),
        (403, r#"{"error":"invalid_client"}"#, Code::InvalidClient),
        (401, "", Code::InvalidClient),
        (401, r#"{"error":"access_denied","error_description":"Unauthorized"}"#, Code::InvalidClient),
        (401, r#"{"error":"Unauthorized"}"#, Code::InvalidClient),
        (401, r#"{"error":""}"#, Code::InvalidClient),
        (403, r#"{"error":"access_denied"}"#, Code::RequestRefused),
        (401, r#"{"error":"invalid_scope"}"#, Code::RequestRefused),
        (403, "", Code::RequestRefused),
        (400, r#"{"error":"invalid_scope"}"#, Code::RequestRefused),
        (200, r#"{"error":"invalid_grant"}"#, Code::RequestRefused),
        (200, r#"{"error":"invalid_client","access_token":"a"}"#, Code::InvalidClient),
        (400, "<html>", Code::RequestRefused),
        (400, r#"{"error":{"a":1}}"#, Code::RequestRefused),
        (400, r#"{"error":"a","error":"b"}"#, Code::RequestRefused),
        (429, r#"{"error":"access_denied"}"#, Code::RateLimited),
        (500, "<html>", Code::ServerError),
        (502, "", Code::ServerError),
        (503, r#"{"error":"temporarily_unavailable"}"#, Code::ServerError),
        (400, r#"{"error":"temporarily_unavailable"}"#, Code::ServerError),
        (301, "", Code::UnexpectedRedirect),
        (307, r#"{"access_token":"a"}"#, Code::UnexpectedRedirect),
        (0, "", Code::UnexpectedRedirect),
    ] {
        assert_eq!(code(status, body), expected, "{status} {body}");
    }
}

#[test]
fn an_error_that_says_nothing_is_none() {
    let granted = json_answer(200, &json!({"access_token": "a", "error": "", "error_description": ""}));
    assert_eq!(granted.unwrap().value.expose(), "a");
    let error = json_answer(400, &json!({"error": ""})).unwrap_err();
    assert_eq!((error.oauth.clone(), error.message.ends_with("(status 400)")), (None, true), "{error}");
}

/// A secret of a development server may be a word that errors are made of.
#[test]
fn a_refusal_is_classed_by_what_the_server_wrote_and_not_by_what_is_left_of_it() {
    let hidden = Secret::new("client".to_owned());
    let response = Response { status: 400, headers: vec![], body: br#"{"error":"invalid_client"}"#.to_vec() };
    let asked = Asked { at: Timestamp::from_millis(0), hidden: &[&hidden], types: &[], lifetime: 0.0 };
    let error = read(&response, asked).err().unwrap();
    assert_eq!(error.code, Code::InvalidClient);
    assert!(!error.message.contains("invalid_client"), "{error}");
}

#[test]
fn what_the_server_said_is_kept_without_our_secret_or_a_token() {
    let body = json!({
        "error": "invalid_scope",
        "error_description": "no canary secret+1 or x=eyJhbGciOi.J9 \u{1b}[31m here",
        "error_uri": "https://docs.example/?s=canary secret+1",
    });
    let error = json_answer(400, &body).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("canary") && !shown.contains("eyJ") && !shown.contains('\u{1b}'), "{shown}");
    let oauth = error.oauth.clone().unwrap();
    assert_eq!(oauth.error, "invalid_scope");
    assert_eq!(oauth.description.unwrap(), "no [hidden] or [hidden] ?[31m here");
    assert_eq!(oauth.uri.unwrap(), "https://docs.example/?s=[hidden]");
}

#[test]
fn our_secret_is_found_in_every_spelling() {
    let secret = "pa!ss/wo~rd(1)\"&'+ \\";
    let said = |text: &str| {
        let response = Response { status: 400, headers: vec![], body: json!({"error": text}).to_string().into_bytes() };
        let hidden = Secret::new(secret.to_owned());
        let asked = Asked { at: Timestamp::from_millis(0), hidden: &[&hidden], types: &[], lifetime: 0.0 };
        read(&response, asked).err().unwrap().oauth.clone().unwrap().error
    };
    for spelling in [
        "pa%21ss%2Fwo%7Erd%281%29%22%26%27%2B+%5C",
        "pa!ss%2Fwo~rd(1)%22%26'%2B%20%5C",
        "pa!ss%2fwo~rd(1)%22%26'%2b%20%5c",
        "pa!ss/wo~rd(1)&quot;&amp;&#39;+ \\",
    ] {
        assert_eq!(said(&format!("bad {spelling}")), "[hidden]", "{spelling}");
    }
    assert_eq!(said(&format!("bad {secret}!")), "bad [hidden]!");
    assert_eq!(said("nothing of the kind: 100%, a+b"), "nothing of the kind: 100%, a+b");
}

#[test]
fn long_texts_are_cut() {
    let error = json_answer(400, &json!({"error": "x".repeat(100_000)})).unwrap_err();
    assert!(error.message.len() < 700);
}

#[test]
fn the_wait_a_server_asks_for_is_passed_on() {
    let headers = vec![("retry-after".to_owned(), "30".to_owned())];
    let response = Response { status: 429, headers, body: vec![] };
    let asked = Asked { at: Timestamp::from_millis(0), hidden: &[], types: &[], lifetime: 0.0 };
    let error = read(&response, asked).err().unwrap();
    assert_eq!((error.retry_after, error.is_retryable()), (Some(30), true));
}

#[test]
fn a_refusal_that_says_how_long_to_wait_is_no_less_one() {
    let wait = |name: &str| {
        let headers = vec![(name.to_owned(), "30".to_owned())];
        let response = Response { status: 403, headers, body: br#"{"error":"access_denied"}"#.to_vec() };
        let asked = Asked { at: Timestamp::from_millis(0), hidden: &[], types: &[], lifetime: 0.0 };
        let error = read(&response, asked).err().unwrap();
        assert_eq!((error.code, error.is_retryable()), (Code::RequestRefused, false));
        error.retry_after
    };
    assert_eq!(wait("retry-after"), Some(30));
    assert_eq!(wait("x-ratelimit-reset"), None, "a quota is told with any answer");
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(status in any::<u16>(), body in proptest::collection::vec(any::<u8>(), 0..200), form in any::<bool>()) {
        let content_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let _ = answer(status, content_type, &body);
    }

    #[test]
    fn no_secret_survives_any_error_text(around in "\\PC{0,30}") {
        let error = json_answer(400, &json!({"error": "e", "error_description": format!("{around}canary secret+1{around}")})).unwrap_err();
        let shown = format!("{error:?}");
        prop_assert!(!shown.contains("canary"));
    }
}
