//! Letting requests in: what they must bring with their token, and what whoever is refused is told.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use gatepass::flow::guard::{Admitted, Incoming, Refused};
use gatepass::host::fake::FakeStore;
use gatepass::protocol::credentials::Scheme;
use gatepass::protocol::digest::sha256_base64url;
use gatepass::protocol::dpop_nonce::Nonces;
use gatepass::protocol::error::{Code, Reason};
use gatepass::protocol::refusal::ChallengePolicy;
use gatepass::protocol::requirements::Requirements;
use serde_json::{Value, json};

use crate::support::{Api, KeyServer, NOW, SigningKey, claims, header};

const URL: &str = "https://api.example/orders";

fn issuer() -> SigningKey {
    SigningKey::new(1, Some("k"))
}

/// The key of the client.
fn client() -> SigningKey {
    SigningKey::new(7, None)
}

fn api() -> Api {
    let api = Api::new(&KeyServer::publishing(&[&issuer()]));
    api.host.share(&FakeStore::new(true));
    api
}

/// A good token, bound to something or to nothing.
fn token(cnf: Option<Value>) -> String {
    let mut claims = claims(3600);
    if let Some(cnf) = cnf {
        claims.as_object_mut().unwrap().insert("cnf".to_owned(), cnf);
    }
    issuer().sign(&header(Some("k")), &claims)
}

fn bound() -> String {
    token(Some(json!({"jkt": client().thumbprint()})))
}

/// The claims of a good proof for that token.
fn proof_claims(token: &str) -> Value {
    json!({"jti": "1", "htm": "GET", "htu": URL, "iat": NOW, "ath": sha256_base64url(token.as_bytes())})
}

fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object.as_object_mut().unwrap().insert(name.to_owned(), value.into());
    object
}

fn request(authorization: &str, dpop: &[&str]) -> Incoming {
    Incoming {
        method: "GET".to_owned(),
        url: URL.to_owned(),
        authorization: Some(authorization.to_owned()),
        dpop: (!dpop.is_empty()).then(|| dpop.join(", ")),
        certificate: None,
    }
}

fn with_proof(token: &str, proof: &str) -> Incoming {
    request(&format!("DPoP {token}"), &[proof])
}

fn authorize(api: &Api, request: &Incoming) -> Result<Admitted, Refused<String>> {
    api.authorize(request, &Requirements::default())
}

fn refused(api: &Api, request: &Incoming) -> (Code, Option<Reason>, Option<u16>) {
    let refused = authorize(api, request).err().unwrap();
    let error = refused.failure.error;
    assert_eq!(refused.challenge.is_some(), error.status != Some(503));
    (error.code, error.reason, error.status)
}

const NOT_BOUND: (Code, Option<Reason>, Option<u16>) = (Code::InvalidToken, Some(Reason::SenderConstraint), Some(401));
const BAD_PROOF: (Code, Option<Reason>, Option<u16>) = (Code::InvalidDpopProof, None, Some(401));

#[test]
fn a_bearer_token_lets_a_request_in() {
    let admitted = authorize(&api(), &request(&format!("bearer {}", token(None)), &[])).ok().unwrap();
    assert_eq!((admitted.scheme, admitted.nonce), (Scheme::Bearer, None));
    assert_eq!(serde_json::from_str::<Value>(&admitted.claims).unwrap(), claims(3600));
}

#[test]
fn a_bound_token_lets_a_request_in_with_a_proof_of_its_key() {
    let token = bound();
    let admitted = authorize(&api(), &with_proof(&token, &client().prove(&proof_claims(&token)))).ok().unwrap();
    assert_eq!((admitted.scheme, admitted.nonce), (Scheme::Dpop, None));
}

/// RFC 9449 section 7.2.
#[test]
fn a_token_is_not_accepted_under_the_scheme_of_the_other_kind() {
    let (api, token, loose) = (api(), bound(), token(None));
    let proof = client().prove(&proof_claims(&token));
    assert_eq!(refused(&api, &request(&format!("Bearer {token}"), &[])), NOT_BOUND);
    assert_eq!(
        refused(&api, &request(&format!("Bearer {token}"), &[&proof])),
        NOT_BOUND,
        "a proof does not help there"
    );
    assert_eq!(refused(&api, &with_proof(&loose, &client().prove(&proof_claims(&loose)))), NOT_BOUND);
    let challenge = authorize(&api, &request(&format!("Bearer {token}"), &[])).err().unwrap().challenge.unwrap();
    assert!(challenge.starts_with("DPoP error=\"invalid_token\""), "it says what to use: {challenge}");
}

#[test]
fn a_proof_of_somebody_else_is_refused() {
    let (api, token) = (api(), bound());
    let other = SigningKey::new(8, None);
    assert_eq!(refused(&api, &with_proof(&token, &other.prove(&proof_claims(&token)))), NOT_BOUND);
    // Their signature under the key of the client.
    let forged = other.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": client().jwk}), &proof_claims(&token));
    assert_eq!(refused(&api, &with_proof(&token, &forged)), BAD_PROOF);
    assert_eq!(refused(&api, &request(&format!("DPoP {token}"), &[])), BAD_PROOF, "none at all");
    assert_eq!(refused(&api, &with_proof(&token, &bound())), BAD_PROOF, "a token is no proof");
    let proof = client().prove(&proof_claims(&token));
    assert_eq!(refused(&api, &request(&format!("DPoP {token}"), &[&proof, &proof])), BAD_PROOF, "two of them");
    assert_eq!(refused(&api, &with_proof(&proof, &proof)).0, Code::InvalidToken, "and a proof is no token");
}

#[test]
fn a_proof_is_good_for_one_request_only() {
    let (api, token) = (api(), bound());
    let proof = client().prove(&proof_claims(&token));
    assert!(authorize(&api, &with_proof(&token, &proof)).is_ok());
    assert_eq!(refused(&api, &with_proof(&token, &proof)), BAD_PROOF);
    let again = client().prove(&with(proof_claims(&token), "iat", NOW + 1));
    assert_eq!(refused(&api, &with_proof(&token, &again)), BAD_PROOF, "the jti is what counts");
    let next = client().prove(&with(proof_claims(&token), "jti", "2"));
    assert!(authorize(&api, &with_proof(&token, &next)).is_ok());
    for (name, value) in [("htm", "POST"), ("htu", "https://api.example/"), ("ath", "x")] {
        let proof = client().prove(&with(with(proof_claims(&token), "jti", "3"), name, value));
        assert_eq!(refused(&api, &with_proof(&token, &proof)), BAD_PROOF, "{name}");
    }
    let next = client().prove(&with(proof_claims(&token), "jti", "3"));
    assert!(authorize(&api, &with_proof(&token, &next)).is_ok(), "a refused proof uses nothing up");
}

#[test]
fn a_proof_cannot_be_replayed_as_long_as_its_time_is_accepted() {
    let (api, token) = (api(), bound());
    // As far ahead as is accepted, so that it stays acceptable for longest.
    let proof = client().prove(&with(proof_claims(&token), "iat", NOW + 65));
    assert!(authorize(&api, &with_proof(&token, &proof)).is_ok());
    for _ in 0..150 {
        api.host.advance_seconds(1);
        assert_eq!(refused(&api, &with_proof(&token, &proof)), BAD_PROOF);
    }
}

#[test]
fn nobody_comes_in_when_the_replay_store_cannot_tell() {
    let store = FakeStore::new(true);
    let (api, token) = (api(), bound());
    api.host.share(&store);
    store.fail(Some("down"));
    let request = with_proof(&token, &client().prove(&proof_claims(&token)));
    let refused = authorize(&api, &request).err().unwrap();
    assert_eq!(refused.failure.error.code, Code::ReplayStoreUnavailable);
    assert_eq!((refused.failure.error.status, refused.challenge), (Some(503), None));
    assert!(refused.failure.error.is_retryable() && refused.failure.cause.is_some());
    store.fail(None);
    assert!(authorize(&api, &request).is_ok());
}

/// RFC 9449 section 9.
#[test]
fn a_nonce_is_handed_out_and_asked_for() {
    let (mut api, token) = (api(), bound());
    api.verifier.guard.nonces = Some(Nonces::new(vec!["secret".to_owned()]));
    let Refused { failure, challenge, nonce } =
        authorize(&api, &with_proof(&token, &client().prove(&proof_claims(&token)))).err().unwrap();
    assert_eq!((failure.error.code, failure.error.status), (Code::UseDpopNonce, Some(401)));
    assert!(challenge.unwrap().starts_with("DPoP error=\"use_dpop_nonce\", "));
    let claims = with(proof_claims(&token), "nonce", nonce.unwrap());
    let admitted = authorize(&api, &with_proof(&token, &client().prove(&claims))).ok().unwrap();
    assert_eq!(admitted.nonce, None);
    api.host.advance_seconds(200);
    let later = with(with(claims, "jti", "2"), "iat", NOW + 200);
    let next = authorize(&api, &with_proof(&token, &client().prove(&later))).ok().unwrap().nonce.unwrap();
    api.host.advance_seconds(200);
    let later = with(with(with(later, "jti", "3"), "iat", NOW + 400), "nonce", next);
    assert!(authorize(&api, &with_proof(&token, &client().prove(&later))).is_ok());
    assert!(authorize(&api, &request(&format!("Bearer {}", self::token(None)), &[])).is_ok(), "bearers need none");
}

/// RFC 8705 section 3.
#[test]
fn a_token_bound_to_a_certificate_comes_with_it() {
    let (api, token) = (api(), token(Some(json!({"x5t#S256": "thumbprint"}))));
    let presenting = |certificate: Option<&str>| Incoming {
        certificate: certificate.map(str::to_owned),
        ..request(&format!("Bearer {token}"), &[])
    };
    assert!(authorize(&api, &presenting(Some("thumbprint"))).is_ok());
    assert_eq!(refused(&api, &presenting(None)), NOT_BOUND);
    assert_eq!(refused(&api, &presenting(Some("other"))), NOT_BOUND);
}

#[test]
fn what_the_token_does_not_allow_is_told() {
    let requirements = Requirements { scopes: vec!["read:orders".to_owned()], ..Requirements::default() };
    let refused = api().authorize(&request(&format!("Bearer {}", token(None)), &[]), &requirements).err().unwrap();
    assert_eq!((refused.failure.error.code, refused.failure.error.status), (Code::InsufficientScope, Some(403)));
    assert!(refused.challenge.unwrap().ends_with("scope=\"read:orders\""));
}

#[test]
fn a_request_without_a_token_is_told_where_to_get_one() {
    let mut api = api();
    api.verifier.guard.challenge =
        ChallengePolicy { dpop: false, resource_metadata: Some("https://api.example/metadata".to_owned()) };
    let refused = authorize(&api, &request("", &[])).err().unwrap();
    assert_eq!((refused.failure.error.code, refused.failure.error.status), (Code::MissingToken, Some(401)));
    assert_eq!(refused.challenge.unwrap(), "Bearer resource_metadata=\"https://api.example/metadata\"");
    assert_eq!(api.requests(), 0);
}

#[test]
fn nothing_is_requested_for_credentials_that_are_not_written_as_they_must_be() {
    let api = api();
    for authorization in ["Bearer", "Bearer a b", "Bearer a,b", "DPoP =", "bearer \u{1}"] {
        assert_eq!(
            refused(&api, &request(authorization, &[])),
            (Code::InvalidRequest, None, Some(400)),
            "{authorization}"
        );
    }
    assert_eq!(api.requests(), 0);
}
