use base64ct::{Base64UrlUnpadded, Encoding};
use proptest::prelude::*;

use super::{HeaderPolicy, Proof, TypePolicy, UnverifiedJwt};
use crate::protocol::algorithm::Algorithm;
use crate::protocol::error::Reason;

fn policy() -> HeaderPolicy {
    HeaderPolicy {
        max_token_bytes: 16 * 1024,
        algorithms: vec![Algorithm::Rs256, Algorithm::EdDsa],
        types: TypePolicy::Auto,
    }
}

fn encode(text: &str) -> String {
    Base64UrlUnpadded::encode_string(text.as_bytes())
}

fn token(header: &str, payload: &str) -> String {
    format!("{}.{}.{}", encode(header), encode(payload), encode("signature"))
}

fn reason(token: &str) -> Option<Reason> {
    UnverifiedJwt::read(token, &policy()).err().and_then(|error| error.reason)
}

fn header_reason(header: &str) -> Option<Reason> {
    reason(&token(header, "{}"))
}

#[test]
fn a_strictly_written_token_is_read() {
    let text = token(r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#, r#"{"iss":"a"}"#);
    let jwt = UnverifiedJwt::read(&text, &policy()).ok().unwrap();
    assert_eq!(jwt.jws().key_id(), Some("k"));
    assert_eq!(jwt.jws().algorithm(), Algorithm::Rs256);
    let check = jwt.jws().signature_check();
    assert_eq!(*check.signature, *b"signature");
    assert_eq!(*check.signing_input, *text.rsplit_once('.').unwrap().0.as_bytes());
}

#[test]
fn the_payload_comes_out_only_with_a_proof_for_this_very_token() {
    let read = |text: &str| UnverifiedJwt::read(text, &policy()).ok().unwrap();
    let text = token(r#"{"alg":"RS256"}"#, r#"{"sub":"me"}"#);
    let jwt = read(&text);
    let others = [
        token(r#"{"alg":"RS256"}"#, r#"{"sub":"other"}"#),
        token(r#"{"alg":"Ed25519"}"#, r#"{"sub":"me"}"#),
        text.replace(&encode("signature"), &encode("signaturE")),
        text.clone(),
    ];
    for other in others {
        let proof = Proof::from_host_verdict(read(&other).jws().signature_check());
        assert_eq!(read(&text).verify(&proof).err().unwrap().reason, Some(Reason::Signature));
    }
    let proof = Proof::from_host_verdict(jwt.jws().signature_check());
    assert_eq!(jwt.verify(&proof).ok().unwrap().payload(), r#"{"sub":"me"}"#);
}

#[test]
fn a_header_that_is_known_is_judged_like_any_other() {
    let read = |text: &str, policy: &HeaderPolicy, known| UnverifiedJwt::read_as(text, policy, &policy.types, known);
    let text = token(r#"{"alg":"RS256","kid":"k"}"#, "{}");
    let known = || Some(read(&text, &policy(), None).ok().unwrap().shared_header());
    let next = read(&token(r#"{"alg":"RS256","kid":"k"}"#, r#"{"sub":"me"}"#), &policy(), known()).ok().unwrap();
    assert_eq!(next.jws().key_id(), Some("k"));
    let other = read(&token(r#"{"alg":"EdDSA","kid":"other"}"#, "{}"), &policy(), known()).ok().unwrap();
    assert_eq!((other.jws().algorithm(), other.jws().key_id()), (Algorithm::EdDsa, Some("other")));
    let strict = HeaderPolicy { algorithms: vec![Algorithm::EdDsa], ..policy() };
    assert_eq!(read(&text, &strict, known()).err().unwrap().reason, Some(Reason::Algorithm));
    let strict = HeaderPolicy { types: TypePolicy::OneOf(vec!["at+jwt".to_owned()]), ..policy() };
    assert_eq!(read(&text, &strict, known()).err().unwrap().reason, Some(Reason::Type));
}

#[test]
fn structure_is_exact() {
    let good = token(r#"{"alg":"RS256"}"#, "{}");
    assert_eq!(reason(&good), None);
    for text in ["", ".", "..", "...", "a", "a.b", "a.b.c.d", "a.b.c.d.e.f"] {
        assert_eq!(reason(text), Some(Reason::Malformed), "{text:?}");
    }
    assert_eq!(reason("a.b.c.d.e"), Some(Reason::Encrypted));
    for text in [
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        good.replace('.', ". "),
        good.replace("e30", "e30="),
        good.replace("e30", "e31"),
        good.replace("c2lnbmF0dXJl", "c2lnbmF0dXJlA"),
        good.replace("c2lnbmF0dXJl", "c2lnbmF0dXJlAB"),
        format!("Bearer {good}"),
    ] {
        assert_eq!(reason(&text), Some(Reason::Malformed), "{text:?}");
    }
    let plus = format!("{}.{}.++//", encode(r#"{"alg":"RS256"}"#), encode("{}"));
    assert_eq!(reason(&plus), Some(Reason::Malformed));
}

#[test]
fn sizes_are_limited() {
    assert_eq!(reason(&"a".repeat(16 * 1024 + 1)), Some(Reason::TooLarge));
    let header = |length: usize| format!(r#"{{"alg":"RS256","x":"{}"}}"#, "x".repeat(length - 22));
    assert_eq!(header_reason(&header(4096)), None);
    assert_eq!(header_reason(&header(4097)), Some(Reason::TooLarge));
    let header = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "x".repeat(513));
    assert_eq!(header_reason(&header), Some(Reason::Malformed));
}

#[test]
fn headers_that_change_the_rules_are_refused() {
    for header in
        [r#"{"alg":"RS256","crit":[]}"#, r#"{"alg":"RS256","crit":["exp"]}"#, r#"{"alg":"RS256","b64":false}"#]
    {
        assert_eq!(header_reason(header), Some(Reason::CriticalHeader), "{header}");
    }
    for header in [
        "{}",
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":256}"#,
        r#"{"alg":""}"#,
    ] {
        assert_eq!(header_reason(header), Some(Reason::Algorithm), "{header}");
    }
    for header in [
        r#"{"alg":"RS256","alg":"none"}"#,
        r#"{"alg":"RS256","kid":"a","\u006bid":"b"}"#,
        r#"{"alg":"RS256","kid":1}"#,
        r#"{"alg":"RS256","typ":1}"#,
        "[]",
        "x",
    ] {
        assert_eq!(header_reason(header), Some(Reason::Malformed), "{header}");
    }
}

#[test]
fn headers_that_are_ignored_may_hold_anything() {
    for member in [
        r#""x5t":"0123456789abcdef0123456789ABCDEF01234567""#,
        r#""x5t":"not base64url!""#,
        r#""x5t#S256":7"#,
        r#""cty":"JWT""#,
        r#""cty":null"#,
        r#""jku":1"#,
        r#""x5u":{}"#,
        r#""x5c":"MIIB""#,
        r#""jwk":[]"#,
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
        r#""nonce":true"#,
        r#""":0"#,
    ] {
        assert_eq!(header_reason(&format!(r#"{{"alg":"RS256",{member}}}"#)), None, "{member}");
    }
}

#[test]
fn the_type_is_one_of_the_policy() {
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"] {
        assert_eq!(header_reason(&format!(r#"{{"alg":"RS256","typ":"{typ}"}}"#)), None, "{typ}");
    }
    for typ in ["dpop+jwt", "logout+jwt", "secevent+jwt", "JOSE", "", "application/dpop+jwt"] {
        assert_eq!(header_reason(&format!(r#"{{"alg":"RS256","typ":"{typ}"}}"#)), Some(Reason::Type), "{typ}");
    }
    let policy =
        HeaderPolicy { types: TypePolicy::OneOf(vec!["at+jwt".to_owned(), "dpop+jwt".to_owned()]), ..policy() };
    for (header, accepted) in [
        (r#"{"alg":"RS256","typ":"application/at+jwt"}"#, true),
        (r#"{"alg":"RS256","typ":"JWT"}"#, false),
        (r#"{"alg":"RS256"}"#, false),
        (r#"{"alg":"RS256","typ":"dpop+jwt"}"#, false),
    ] {
        assert_eq!(UnverifiedJwt::read(&token(header, "{}"), &policy).is_ok(), accepted, "{header}");
    }
}

#[test]
fn the_payload_is_one_strict_object_in_utf_8() {
    for payload in ["", "[]", "\"x\"", r#"{"aud":"a","aud":"b"}"#, r#"{"cnf":{"a":1,"a":2}}"#, "{}{}"] {
        assert_eq!(reason(&token(r#"{"alg":"RS256"}"#, payload)), Some(Reason::Malformed), "{payload}");
    }
    let not_utf8 =
        format!("{}.{}.AA", encode(r#"{"alg":"RS256"}"#), Base64UrlUnpadded::encode_string(b"{\"a\":\"\xff\"}"));
    assert_eq!(reason(&not_utf8), Some(Reason::Malformed));
}

/// What the host is asked about is what was transmitted, whole and byte by byte, and what comes
/// out as trusted is that too. So nobody can change a token and have the verdict on it stand.
fn assert_read_exactly(given: &str, changed: &str) {
    let Ok(jwt) = UnverifiedJwt::read(changed, &policy()) else {
        return assert_ne!(changed, given);
    };
    let check = jwt.jws().signature_check();
    let signing_input = std::str::from_utf8(&check.signing_input).unwrap().to_owned();
    assert_eq!(format!("{signing_input}.{}", Base64UrlUnpadded::encode_string(&check.signature)), changed);
    let proof = Proof::from_host_verdict(jwt.jws().signature_check());
    let trusted = jwt.verify(&proof).ok().unwrap();
    assert_eq!(encode(trusted.payload()), signing_input.split_once('.').unwrap().1);
}

#[test]
fn no_single_change_goes_unnoticed() {
    // Of lengths that leave unused bits in the last character of every segment.
    let given = format!("{}.{}.{}", encode(r#"{"alg":"RS256" }"#), encode(r#"{"a":1}"#), encode("sign"));
    assert_read_exactly(&given, &given);
    for place in 0..=given.len() {
        let (before, after) = given.split_at(place);
        assert_read_exactly(&given, &format!("{after}{before}"));
        for character in (0..=0x80).map(char::from) {
            assert_read_exactly(&given, &format!("{before}{character}{after}"));
            if let Some(rest) = after.get(1..) {
                assert_read_exactly(&given, &format!("{before}{rest}"));
                assert_read_exactly(&given, &format!("{before}{character}{rest}"));
            }
        }
    }
}

proptest! {
    #[test]
    fn no_change_goes_unnoticed(
        claim in "[a-z]{1,3}",
        text in "[ !#-Z^-~é€]{0,9}",
        changes in proptest::collection::vec((0..100_usize, 0..20_usize, "[A-Za-z0-9_.=-]{0,4}|\\PC"), 0..4),
    ) {
        let given = token(r#"{"alg":"RS256"}"#, &format!(r#"{{"x{claim}":"{text}"}}"#));
        let mut changed: Vec<char> = given.chars().collect();
        for (start, length, inserted) in changes {
            let start = start.min(changed.len());
            let end = (start + length).min(changed.len());
            changed.splice(start..end, inserted.chars());
        }
        assert_read_exactly(&given, &changed.into_iter().collect::<String>());
    }

    #[test]
    fn any_segments_are_read_or_refused(segments in proptest::collection::vec("[A-Za-z0-9_=-]{0,12}", 0..7)) {
        let _ = UnverifiedJwt::read(&segments.join("."), &policy());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = UnverifiedJwt::read(&text, &policy());
    }

    #[test]
    fn any_header_and_payload_are_read_or_refused(header in "\\PC{0,60}", exp in any::<f64>(), nbf in any::<i64>()) {
        let _ = UnverifiedJwt::read(&token(&header, "{}"), &policy());
        let dates = format!(r#"{{"exp":{exp:e},"nbf":{nbf}}}"#);
        if let Ok(jwt) = UnverifiedJwt::read(&token(r#"{"alg":"RS256"}"#, &dates), &policy()) {
            let proof = Proof::from_host_verdict(jwt.jws().signature_check());
            let _ = jwt.verify(&proof);
        }
    }
}
