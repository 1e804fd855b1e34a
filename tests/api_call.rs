//! What becomes of an API call: every decision, from plain facts.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use gatepass::flow::api_call::{Answer, ApiPolicy, Call, Redirects, Resend, SentToken, Step, next};
use gatepass::flow::retry::RetryPolicy;
use gatepass::protocol::destination::DestinationPolicy;
use gatepass::protocol::error::Code;
use gatepass::protocol::url::Transport;
use proptest::prelude::*;

const HERE: &str = "https://api.example";
const THERE: &str = "https://other.example";
const INVALID: &str = r#"Bearer error="invalid_token""#;

/// A call that was sent once, with a token from memory.
const fn call(method: &str, resend: Resend) -> Call<'_> {
    Call {
        method,
        origin: HERE,
        redirects: Redirects::Follow,
        resend,
        token: SentToken::Kept,
        can_prove: false,
        can_discover: false,
        is_discovered: false,
        hops: 0,
        attempts: 1,
        elapsed_millis: 0,
    }
}

const GET: Call<'_> = call("GET", Resend::Always);
const POST: Call<'_> = call("POST", Resend::Refused);
const UPLOAD: Call<'_> = call("POST", Resend::Never);

const fn answer(status: u16) -> Answer<'static> {
    Answer::Response { status, target: None, challenge: "", retry_after: None }
}

const fn to(status: u16, target: &str) -> Answer<'_> {
    Answer::Response { status, target: Some(target), challenge: "", retry_after: None }
}

const fn unauthorized(challenge: &str) -> Answer<'_> {
    Answer::Response { status: 401, target: None, challenge, retry_after: None }
}

const fn later(status: u16, seconds: u64) -> Answer<'static> {
    Answer::Response { status, target: None, challenge: "", retry_after: Some(seconds) }
}

fn step(call: &Call<'_>, answer: Answer<'_>) -> Step {
    next(call, answer, &ApiPolicy::default(), &DestinationPolicy::default(), 1.0)
}

fn follow(as_get: bool, with_token: bool) -> Step {
    Step::Follow { as_get, with_token }
}

fn code(step: &Step) -> Option<Code> {
    match step {
        Step::Fail(error) => Some(error.code),
        _ => None,
    }
}

#[test]
fn any_answer_but_a_few_is_the_callers() {
    for status in (1..=999).filter(|status| ![301, 302, 303, 307, 308, 401].contains(status)) {
        assert_eq!(step(&GET, answer(status)), Step::Respond, "{status}");
    }
    for status in [301, 302, 303, 307, 308] {
        assert_eq!(step(&GET, answer(status)), Step::Respond, "{status} without a Location");
    }
}

#[test]
fn a_redirect_within_the_origin_is_followed_by_the_rules_of_http() {
    for (status, get, post, upload) in [
        (301, follow(false, true), follow(true, true), follow(true, true)),
        (302, follow(false, true), follow(true, true), follow(true, true)),
        (303, follow(false, true), follow(true, true), follow(true, true)),
        (307, follow(false, true), follow(false, true), Step::Respond),
        (308, follow(false, true), follow(false, true), Step::Respond),
    ] {
        assert_eq!(step(&GET, to(status, HERE)), get, "{status}");
        assert_eq!(step(&POST, to(status, HERE)), post, "{status}");
        assert_eq!(step(&UPLOAD, to(status, HERE)), upload, "{status}: a stream is not sent again");
    }
}

#[test]
fn a_redirect_to_another_origin_is_handed_back_or_followed_without_the_token() {
    for target in [THERE, "http://api.example", "https://api.example:8443", "https://api.example.evil.example", "null"]
    {
        assert_eq!(step(&GET, to(302, target)), Step::Respond, "{target}");
    }
    let bold = Call { redirects: Redirects::FollowUnauthenticated, ..GET };
    assert_eq!(step(&bold, to(302, HERE)), follow(false, true));
    assert_eq!(step(&bold, to(302, THERE)), follow(false, false));
    assert_eq!(step(&bold, to(302, "http://localhost:8080")), follow(false, false));
    for target in ["http://other.example", "null", "ftp://other.example", ""] {
        assert_eq!(step(&bold, to(302, target)), Step::Respond, "{target}");
    }
    let insecure = DestinationPolicy { transport: Transport::DangerouslyAllowHttp, origins: None };
    let there = next(&bold, to(302, "http://other.example"), &ApiPolicy::default(), &insecure, 0.0);
    assert_eq!(there, follow(false, false));
}

#[test]
fn a_token_that_was_left_behind_does_not_come_back() {
    let away = Call { origin: THERE, token: SentToken::None, redirects: Redirects::FollowUnauthenticated, ..GET };
    assert_eq!(step(&away, to(302, HERE)), follow(false, false));
    assert_eq!(step(&away, to(302, THERE)), follow(false, false));
    assert_eq!(step(&away, unauthorized(INVALID)), Step::Respond);
}

#[test]
fn the_caller_can_have_no_redirect_followed() {
    for target in [HERE, THERE] {
        assert_eq!(step(&Call { redirects: Redirects::Manual, ..GET }, to(302, target)), Step::Respond);
        let refused = step(&Call { redirects: Redirects::Error, ..GET }, to(302, target));
        assert_eq!(code(&refused), Some(Code::UnexpectedRedirect));
    }
}

#[test]
fn after_twenty_redirects_it_is_enough() {
    assert_eq!(step(&Call { hops: 19, ..GET }, to(302, HERE)), follow(false, true));
    assert_eq!(code(&step(&Call { hops: 20, ..GET }, to(302, HERE))), Some(Code::UnexpectedRedirect));
    assert_eq!(step(&Call { hops: 20, ..GET }, to(302, THERE)), Step::Respond);
}

#[test]
fn a_token_that_the_api_refuses_is_renewed_if_that_can_help() {
    for challenge in ["", "Bearer", INVALID, r#"Bearer realm="a", DPoP error="invalid_token""#, "Basic realm=x", "\"?"]
    {
        assert_eq!(step(&GET, unauthorized(challenge)), Step::Renew, "{challenge}");
        assert_eq!(step(&POST, unauthorized(challenge)), Step::Renew, "{challenge}");
    }
    for challenge in [
        r#"Bearer error="insufficient_scope""#,
        r#"Bearer error="insufficient_user_authentication", acr_values="gold""#,
        r#"Bearer error="invalid_request""#,
        r#"Bearer error="invalid_token", claims="eyJ9""#,
        r#"DPoP error="use_dpop_nonce""#,
        r#"Bearer error="invalid_token", DPoP error="use_dpop_nonce""#,
    ] {
        assert_eq!(step(&GET, unauthorized(challenge)), Step::Respond, "{challenge}");
    }
    assert_eq!(step(&UPLOAD, unauthorized(INVALID)), Step::Respond);
    for token in [SentToken::New, SentToken::None] {
        assert_eq!(step(&Call { token, ..GET }, unauthorized(INVALID)), Step::Respond);
    }
    for status in [400, 403, 407] {
        let forbidden = Answer::Response { status, target: None, challenge: INVALID, retry_after: None };
        assert_eq!(step(&GET, forbidden), Step::Respond, "{status}");
    }
}

#[test]
fn a_nonce_or_another_server_is_asked_for_only_where_it_can_be_used() {
    let nonce = unauthorized(r#"DPoP error="use_dpop_nonce""#);
    assert_eq!(step(&Call { can_prove: true, token: SentToken::New, ..POST }, nonce), Step::Prove);
    assert_eq!(step(&Call { can_prove: true, ..UPLOAD }, nonce), Step::Respond);
    assert_eq!(step(&Call { can_prove: true, ..GET }, unauthorized(INVALID)), Step::Renew);
    let server = unauthorized(r#"Bearer resource_metadata="https://api.example/.well-known/oauth-protected-resource""#);
    assert_eq!(step(&Call { can_discover: true, token: SentToken::New, ..POST }, server), Step::Discover);
    assert_eq!(step(&Call { can_discover: true, ..GET }, unauthorized(INVALID)), Step::Renew);
    assert_eq!(step(&GET, server), Step::Renew);
}

#[test]
fn a_token_from_the_server_that_the_api_names_is_renewed_and_then_looked_for_anew() {
    let server = unauthorized(r#"Bearer error="invalid_token", resource_metadata="https://api.example/metadata""#);
    let known = Call { can_discover: true, is_discovered: true, ..GET };
    assert_eq!(step(&known, server), Step::Renew);
    assert_eq!(step(&Call { token: SentToken::New, ..known }, server), Step::Discover);
    assert_eq!(step(&Call { can_discover: false, token: SentToken::New, ..known }, server), Step::Respond);
    let more =
        unauthorized(r#"Bearer error="insufficient_scope", scope="b", resource_metadata="https://api.example/m""#);
    assert_eq!(step(&known, more), Step::Discover, "it says what it wants beside");
}

#[test]
fn what_may_be_repeated_is_repeated_when_the_api_asks_for_it() {
    let put = Call { method: "PUT", ..GET };
    for status in [429, 503] {
        assert_eq!(step(&GET, later(status, 2)), Step::Wait(2000));
        assert_eq!(step(&put, later(status, 0)), Step::Wait(50));
        assert_eq!(step(&POST, later(status, 2)), Step::Respond, "nobody knows what a POST has done");
        assert_eq!(step(&UPLOAD, later(status, 2)), Step::Respond);
        assert_eq!(step(&GET, later(status, 11)), Step::Respond, "longer than a caller waits");
        assert_eq!(step(&Call { attempts: 3, ..GET }, later(status, 2)), Step::Respond);
    }
    for status in [500, 502, 504, 200, 202] {
        assert_eq!(step(&GET, later(status, 2)), Step::Respond, "{status}");
    }
}

#[test]
fn a_call_without_an_answer_is_repeated_only_if_that_cannot_hurt() {
    assert_eq!(step(&GET, Answer::None), Step::Wait(50));
    assert_eq!(step(&Call { attempts: 2, ..GET }, Answer::None), Step::Wait(100));
    for call in [Call { attempts: 3, ..GET }, POST, UPLOAD] {
        assert_eq!(code(&step(&call, Answer::None)), Some(Code::NetworkError));
    }
}

#[test]
fn a_deadline_ends_the_call_and_leaves_no_pause_beyond_it() {
    let retry = RetryPolicy { deadline_millis: 1500, ..ApiPolicy::default().retry };
    let policy = ApiPolicy { retry, ..ApiPolicy::default() };
    let step = |call: &Call<'_>, answer| next(call, answer, &policy, &DestinationPolicy::default(), 0.0);
    assert_eq!(step(&GET, later(503, 1)), Step::Wait(1000));
    assert_eq!(step(&Call { elapsed_millis: 500, ..GET }, later(503, 1)), Step::Respond);
    assert_eq!(code(&step(&Call { elapsed_millis: 1500, ..GET }, Answer::None)), Some(Code::Timeout));
    assert_eq!(step(&Call { elapsed_millis: 1500, ..GET }, answer(200)), Step::Respond);
}

#[test]
fn everything_can_be_switched_off() {
    let policy = ApiPolicy::default().off();
    let step = |call: &Call<'_>, answer| next(call, answer, &policy, &DestinationPolicy::default(), 0.0);
    assert_eq!(step(&GET, later(503, 0)), Step::Respond);
    assert_eq!(step(&GET, unauthorized(INVALID)), Step::Respond);
    assert_eq!(code(&step(&GET, Answer::None)), Some(Code::NetworkError));
}

#[test]
fn a_key_makes_a_post_repeatable_and_a_stream_makes_nothing_so() {
    assert_eq!(Resend::of("POST", true, false), Resend::Refused);
    assert_eq!(Resend::of("POST", true, true), Resend::Always);
    assert_eq!(Resend::of("PUT", true, false), Resend::Always);
    assert_eq!(Resend::of("PATCH", true, false), Resend::Refused);
    assert_eq!(Resend::of("PUT", false, true), Resend::Never);
}

fn resends() -> impl Strategy<Value = Resend> {
    prop_oneof![Just(Resend::Never), Just(Resend::Refused), Just(Resend::Always)]
}

fn redirects() -> impl Strategy<Value = Redirects> {
    let names = vec!["follow", "follow-unauthenticated", "manual", "error"];
    prop::sample::select(names).prop_map(|name| Redirects::from_name(name).unwrap())
}

proptest! {
    #[test]
    fn the_token_never_leaves_its_origin_and_a_stream_is_never_sent_again(
        method in "GET|HEAD|POST|PUT|PATCH|DELETE|[A-Z]{1,6}",
        (redirects, resend) in (redirects(), resends()),
        token in prop_oneof![Just(SentToken::None), Just(SentToken::New), Just(SentToken::Kept)],
        (can_prove, can_discover, is_discovered) in any::<(bool, bool, bool)>(),
        (hops, attempts, elapsed_millis) in (0..40_u32, 1..20_u32, any::<u32>()),
        status in prop_oneof![300..309_u16, Just(401), Just(429), Just(503), any::<u16>()],
        target in prop::option::of(prop_oneof![Just(HERE.to_owned()), Just(THERE.to_owned()), any::<String>()]),
        challenge in prop_oneof![Just(INVALID.to_owned()), any::<String>()],
        retry_after in prop::option::of(any::<u64>()),
        (is_answered, renew, chance) in (any::<bool>(), any::<bool>(), 0.0..1.0),
        deadline_millis in any::<u32>(),
    ) {
        let call = Call { method: &method, origin: HERE, redirects, resend, token, can_prove, can_discover, is_discovered, hops, attempts, elapsed_millis };
        let response = Answer::Response { status, target: target.as_deref(), challenge: &challenge, retry_after };
        let answer = if is_answered { response } else { Answer::None };
        let base = ApiPolicy::default();
        let policy = ApiPolicy { retry: RetryPolicy { deadline_millis, ..base.retry }, renew };
        let step = next(&call, answer, &policy, &DestinationPolicy::default(), chance);
        match step {
            Step::Follow { as_get, with_token } => {
                prop_assert!(!with_token || (target.as_deref() == Some(HERE) && token != SentToken::None));
                prop_assert!(target.as_deref() == Some(HERE) || redirects == Redirects::FollowUnauthenticated);
                prop_assert!(as_get || resend != Resend::Never);
                prop_assert!(hops < 20 && is_answered);
            }
            Step::Wait(millis) => {
                prop_assert_eq!(resend, Resend::Always);
                prop_assert!(attempts < policy.retry.attempts && millis <= policy.retry.max_delay_millis);
                prop_assert!(elapsed_millis.saturating_add(millis) < deadline_millis);
            }
            Step::Renew => prop_assert!(renew && status == 401 && token == SentToken::Kept && resend != Resend::Never),
            Step::Prove => prop_assert!(can_prove && status == 401 && resend != Resend::Never),
            Step::Discover => prop_assert!(can_discover && status == 401 && resend != Resend::Never),
            Step::Respond => prop_assert!(is_answered),
            Step::Fail(error) => prop_assert!(!is_answered || error.code == Code::UnexpectedRedirect),
        }
    }
}
