use base64ct::{Base64UrlUnpadded, Encoding};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ProofPolicy, UnverifiedProof, VerifiedProof, comparable, lifetime_millis};
use crate::protocol::digest::sha256_base64url;
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::error::{Code, Error};
use crate::protocol::jwt::Proof;
use crate::protocol::time::Timestamp;

/// RFC 9449 section 4.1, figure 1.
const TOKEN_REQUEST_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZ\
    OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIs\
    ImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmV\
    yLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4Pt\
    FLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
/// RFC 9449 section 7.1, figure 13, and the token that came with it.
const RESOURCE_REQUEST_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZ\
    OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIs\
    ImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJ\
    jZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05\
    yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmc\
    w6Fy1dqd-jfxSYoMxhAJpLjA";
const RESOURCE_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const NOW: i64 = 1_562_262_618;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn policy() -> ProofPolicy<'static> {
    ProofPolicy {
        method: "GET",
        url: "https://resource.example.org/protectedresource",
        token: RESOURCE_TOKEN,
        leeway: 5.0,
        nonces: None,
    }
}

fn header() -> Value {
    let key = json!({"kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43)});
    json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key})
}

fn claims() -> Value {
    json!({"jti": "1", "htm": "GET", "htu": policy().url, "iat": NOW, "ath": sha256_base64url(RESOURCE_TOKEN.as_bytes())})
}

fn changed(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    members.remove(name);
    if value != json!("<absent>") {
        members.insert(name.to_owned(), value);
    }
    object
}

fn written(header: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    format!("{}.{}.{}", encoded(header), encoded(claims), "A".repeat(86))
}

/// What becomes of a proof whose signature the host finds good.
fn judged_at(proof: &str, policy: &ProofPolicy<'_>, seconds: i64) -> Result<VerifiedProof, Error> {
    let proof = UnverifiedProof::read(Some(proof))?;
    let verdict = proof.signature_check().map(Proof::from_host_verdict);
    proof.verify(verdict.as_ref(), policy, at(seconds))
}

fn judged(proof: &str, policy: &ProofPolicy<'_>) -> Result<VerifiedProof, Error> {
    judged_at(proof, policy, NOW)
}

/// Whether a good proof asks for a new nonce.
fn needs_nonce(proof: &str, policy: &ProofPolicy<'_>) -> bool {
    judged(proof, policy).unwrap().needs_nonce
}

fn refused(header: &Value, claims: &Value) {
    let error = judged(&written(header, claims), &policy()).unwrap_err();
    assert_eq!((error.code, error.status), (Code::InvalidDpopProof, Some(401)), "{header} {claims}");
}

#[test]
fn the_proofs_of_rfc_9449_are_read_and_their_key_has_the_thumbprint_of_section_6_1() {
    for proof in [TOKEN_REQUEST_PROOF, RESOURCE_REQUEST_PROOF] {
        let proof = UnverifiedProof::read(Some(proof)).unwrap();
        assert_eq!(proof.key().thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert!(proof.signature_check().is_some());
    }
    assert!(!needs_nonce(RESOURCE_REQUEST_PROOF, &policy()));
    assert!(!needs_nonce(&written(&header(), &claims()), &policy()));
    let error = judged(
        TOKEN_REQUEST_PROOF,
        &ProofPolicy { method: "POST", url: "https://server.example.com/token", ..policy() },
    );
    assert!(error.unwrap_err().message.contains("access token"), "a proof for the token endpoint is none for an API");
}

#[test]
fn there_is_exactly_one_proof() {
    assert_eq!(UnverifiedProof::read(None).err().unwrap().code, Code::InvalidDpopProof);
    for proof in [
        "",
        "a",
        "a.b.c",
        &format!("{RESOURCE_REQUEST_PROOF}, {RESOURCE_REQUEST_PROOF}"),
        &format!("{RESOURCE_REQUEST_PROOF}="),
    ] {
        assert_eq!(judged(proof, &policy()).unwrap_err().code, Code::InvalidDpopProof, "{proof}");
    }
    refused(&header(), &changed(claims(), "jti", json!("j".repeat(8 * 1024))));
}

#[test]
fn a_header_that_is_not_that_of_a_proof_is_refused() {
    for typ in [json!("<absent>"), json!("JWT"), json!("at+jwt"), json!("dpop+jwt2"), json!(1)] {
        refused(&changed(header(), "typ", typ), &claims());
    }
    for alg in
        [json!("<absent>"), json!("none"), json!("HS256"), json!("RS256"), json!("ES384"), json!("es256"), json!(7)]
    {
        refused(&changed(header(), "alg", alg), &claims());
    }
    for name in ["crit", "b64"] {
        refused(&changed(header(), name, json!([])), &claims());
    }
    judged(&written(&changed(header(), "typ", json!("application/DPoP+JWT")), &claims()), &policy()).unwrap();
    // No key in the header says who made it: the one that is used is the one that is written out.
    for name in ["kid", "jku", "x5u", "x5c"] {
        judged(&written(&changed(header(), name, json!("https://evil.example/")), &claims()), &policy()).unwrap();
    }
}

#[test]
fn the_key_is_a_public_one_that_may_sign_this() {
    for jwk in [json!("<absent>"), json!("text"), json!({}), json!({"kty": "oct", "k": "AAAA"})] {
        refused(&changed(header(), "jwk", jwk), &claims());
    }
    for (name, value) in [
        ("d", json!("AA")),
        ("use", json!("enc")),
        ("alg", json!("ES384")),
        ("crv", json!("P-384")),
        ("x", json!("AA")),
        ("key_ops", json!(["sign"])),
    ] {
        let key = changed(header()["jwk"].clone(), name, value);
        refused(&changed(header(), "jwk", key), &claims());
    }
    let weak = json!({"kty": "RSA", "e": "AQAB", "n": Base64UrlUnpadded::encode_string(&[0xff; 128])});
    refused(&changed(changed(header(), "jwk", weak), "alg", json!("PS256")), &claims());
}

#[test]
fn a_proof_for_something_else_is_refused() {
    for (name, values) in [
        ("jti", [json!("<absent>"), json!(""), json!(1)]),
        ("htm", [json!("<absent>"), json!("POST"), json!("get")]),
        (
            "htu",
            [
                json!("<absent>"),
                json!("https://resource.example.org/"),
                json!(["https://resource.example.org/protectedresource"]),
            ],
        ),
        ("iat", [json!("<absent>"), json!("1562262618"), json!(1e300)]),
        ("ath", [json!("<absent>"), json!(""), json!(sha256_base64url(b"other"))]),
    ] {
        for value in values {
            refused(&header(), &changed(claims(), name, value));
        }
    }
}

#[test]
fn a_proof_is_good_for_a_minute_around_its_time_and_the_leeway() {
    let is_good = |seconds| judged_at(RESOURCE_REQUEST_PROOF, &policy(), NOW + seconds).is_ok();
    assert!([-65, 0, 64].into_iter().all(is_good));
    assert!(![-66, 65, 100_000, -100_000].into_iter().any(is_good));
    assert_eq!(lifetime_millis(5.0), 130_000, "as long as it can be presented again");
}

#[test]
fn a_nonce_is_asked_for_where_there_are_some() {
    let nonces = Nonces::new("secret");
    let policy = ProofPolicy { nonces: Some(&nonces), ..policy() };
    let with = |nonce: &str| written(&header(), &changed(claims(), "nonce", json!(nonce)));
    assert!(!needs_nonce(&with(&nonces.issue(at(NOW))), &policy));
    assert!(needs_nonce(&with(&nonces.issue(at(NOW - 200))), &policy));
    for proof in [RESOURCE_REQUEST_PROOF, &with("other"), &with(&nonces.issue(at(NOW - 300)))] {
        let error = judged(proof, &policy).unwrap_err();
        assert_eq!((error.code, error.status), (Code::UseDpopNonce, Some(401)));
    }
    let elsewhere = changed(changed(claims(), "nonce", json!("other")), "htm", json!("PUT"));
    assert_eq!(judged(&written(&header(), &elsewhere), &policy).unwrap_err().code, Code::InvalidDpopProof);
}

#[test]
fn a_signature_of_another_length_never_reaches_the_host() {
    let proof = written(&header(), &claims());
    assert!(UnverifiedProof::read(Some(&proof)).unwrap().signature_check().is_some());
    let proof = UnverifiedProof::read(proof.get(..proof.len() - 4)).unwrap();
    assert!(proof.signature_check().is_none());
    assert_eq!(proof.verify(None, &policy(), at(NOW)).unwrap_err().code, Code::InvalidDpopProof);
}

#[test]
fn urls_that_mean_the_same_are_the_same() {
    let url = "https://api.example/a/~b%2F";
    for same in [
        "HTTPS://API.example:443/a/%7Eb%2f",
        "https://api.example:/a/~b%2F?query=1#fragment",
        "https://api.example/a/%7eb%2F#",
    ] {
        assert_eq!(comparable(same), comparable(url), "{same}");
    }
    assert_eq!(comparable("http://h:80"), comparable("http://h/?a"));
    for other in [
        "http://api.example/a/~b%2F",
        "https://api.example:80/a/~b%2F",
        "https://api.example/A/~b%2F",
        "https://api.example/a/~b/",
        "https://api.example/a//~b%2F",
        "https://api.example/a/~b%2F/",
    ] {
        assert!(comparable(other).is_some() && comparable(other) != comparable(url), "{other}");
    }
    for none in [
        "",
        "/a",
        "api.example/a",
        "ftp://h/",
        "https://",
        "https:///a",
        "https://u@h/",
        "https://h\\@evil/",
        "https://h/%",
        "https://h/%zz",
        "https://é/",
        "https://h/ ",
    ] {
        assert_eq!(comparable(none), None, "{none}");
    }
}

proptest! {
    #[test]
    fn whatever_arrives_is_refused_or_says_what_was_asked_for(proof in "[A-Za-z0-9_.=-]{0,120}|\\PC{0,60}") {
        prop_assert!(judged(&proof, &policy()).is_err());
    }

    #[test]
    fn nothing_but_its_own_request_fits_a_proof(method in "(GET|POST|[A-Za-z]{0,5})", url in "https?://resource.example.org(:443)?/[a-z%./]{0,20}", token in "[a-z]{0,3}") {
        let policy = ProofPolicy { method: &method, url: &url, token: &token, ..policy() };
        prop_assert!(judged(RESOURCE_REQUEST_PROOF, &policy).is_err());
    }

    #[test]
    fn a_changed_claim_or_header_never_panics(name in "(typ|alg|jwk|jti|htm|htu|iat|ath|nonce)", value in "\\PC{0,20}", number in any::<f64>()) {
        for value in [json!(value), json!(number), json!(null), json!([value]), json!({ "kty": value })] {
            let _ = judged(&written(&changed(header(), &name, value.clone()), &changed(claims(), &name, value)), &policy());
        }
    }

    #[test]
    fn a_url_in_its_comparable_form_stays_as_it_is(url in "https?://[A-Za-z.:0-9]{1,12}(/[A-Za-z%0-9./~-]{0,20})?") {
        if let Some(once) = comparable(&url) {
            prop_assert_eq!(comparable(&once), Some(once.clone()));
        }
    }
}
