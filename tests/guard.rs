//! Letting requests in: what they must bring with their token.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use gatepass::flow::guard::{Incoming, ProofRules};
use gatepass::host::clock::Clock;
use gatepass::host::fake::FakeStore;
use gatepass::protocol::credentials::Scheme;
use gatepass::protocol::digest::sha256_base64url;
use gatepass::protocol::dpop_nonce::Nonces;
use gatepass::protocol::error::{Code, Reason};
use serde_json::{Value, json};

use crate::support::{Api, Failed, KeyServer, NOW, SigningKey, claims, header};

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

fn request(scheme: Scheme, token: &str, dpop: &[&str]) -> Incoming {
    Incoming {
        scheme,
        token: token.to_owned(),
        method: "GET".to_owned(),
        url: URL.to_owned(),
        dpop: (!dpop.is_empty()).then(|| dpop.join(", ")),
        certificate: None,
    }
}

fn bearer(token: &str, dpop: &[&str]) -> Incoming {
    request(Scheme::Bearer, token, dpop)
}

fn with_proof(token: &str, proof: &str) -> Incoming {
    request(Scheme::Dpop, token, &[proof])
}

fn rules() -> ProofRules {
    ProofRules { nonces: None, leeway: 5.0 }
}

fn admit(api: &Api, request: &Incoming) -> Result<Option<String>, Failed> {
    api.admit(request, &rules())
}

fn refused(api: &Api, request: &Incoming) -> (Code, Option<Reason>, Option<u16>) {
    let error = admit(api, request).unwrap_err().error;
    (error.code, error.reason, error.status)
}

const NOT_BOUND: (Code, Option<Reason>, Option<u16>) = (Code::InvalidToken, Some(Reason::SenderConstraint), Some(401));
const BAD_PROOF: (Code, Option<Reason>, Option<u16>) = (Code::InvalidDpopProof, None, Some(401));

#[test]
fn a_bearer_token_lets_a_request_in() {
    assert_eq!(admit(&api(), &bearer(&token(None), &[])).unwrap(), None);
}

#[test]
fn a_bound_token_lets_a_request_in_with_a_proof_of_its_key() {
    let token = bound();
    assert_eq!(admit(&api(), &with_proof(&token, &client().prove(&proof_claims(&token)))).unwrap(), None);
}

/// RFC 9449 section 7.2.
#[test]
fn a_token_is_not_accepted_under_the_scheme_of_the_other_kind() {
    let (api, token, loose) = (api(), bound(), token(None));
    let proof = client().prove(&proof_claims(&token));
    assert_eq!(refused(&api, &bearer(&token, &[])), NOT_BOUND);
    assert_eq!(refused(&api, &bearer(&token, &[&proof])), NOT_BOUND, "a proof does not help there");
    assert_eq!(refused(&api, &with_proof(&loose, &client().prove(&proof_claims(&loose)))), NOT_BOUND);
}

#[test]
fn a_proof_of_somebody_else_is_refused() {
    let (api, token) = (api(), bound());
    let other = SigningKey::new(8, None);
    assert_eq!(refused(&api, &with_proof(&token, &other.prove(&proof_claims(&token)))), NOT_BOUND);
    // Their signature under the key of the client.
    let forged = other.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": client().jwk}), &proof_claims(&token));
    assert_eq!(refused(&api, &with_proof(&token, &forged)), BAD_PROOF);
    assert_eq!(refused(&api, &request(Scheme::Dpop, &token, &[])), BAD_PROOF, "none at all");
    assert_eq!(refused(&api, &with_proof(&token, &bound())), BAD_PROOF, "a token is no proof");
    let proof = client().prove(&proof_claims(&token));
    assert_eq!(refused(&api, &request(Scheme::Dpop, &token, &[&proof, &proof])), BAD_PROOF, "two of them");
    assert_eq!(refused(&api, &with_proof(&proof, &proof)).0, Code::InvalidToken, "and a proof is no token");
}

#[test]
fn a_proof_is_good_for_one_request_only() {
    let (api, token) = (api(), bound());
    let proof = client().prove(&proof_claims(&token));
    assert!(admit(&api, &with_proof(&token, &proof)).is_ok());
    assert_eq!(refused(&api, &with_proof(&token, &proof)), BAD_PROOF);
    let again = client().prove(&with(proof_claims(&token), "iat", NOW + 1));
    assert_eq!(refused(&api, &with_proof(&token, &again)), BAD_PROOF, "the jti is what counts");
    let next = client().prove(&with(proof_claims(&token), "jti", "2"));
    assert!(admit(&api, &with_proof(&token, &next)).is_ok());
    for (name, value) in [("htm", "POST"), ("htu", "https://api.example/"), ("ath", "x")] {
        let proof = client().prove(&with(with(proof_claims(&token), "jti", "3"), name, value));
        assert_eq!(refused(&api, &with_proof(&token, &proof)), BAD_PROOF, "{name}");
    }
    let next = client().prove(&with(proof_claims(&token), "jti", "3"));
    assert!(admit(&api, &with_proof(&token, &next)).is_ok(), "a refused proof uses nothing up");
}

#[test]
fn a_proof_cannot_be_replayed_as_long_as_its_time_is_accepted() {
    let (api, token) = (api(), bound());
    // As far ahead as is accepted, so that it stays acceptable for longest.
    let proof = client().prove(&with(proof_claims(&token), "iat", NOW + 65));
    assert!(admit(&api, &with_proof(&token, &proof)).is_ok());
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
    let Failed { error, cause } = admit(&api, &request).unwrap_err();
    assert_eq!((error.code, error.status), (Code::ReplayStoreUnavailable, Some(503)));
    assert!(error.is_retryable() && cause.is_some());
    store.fail(None);
    assert!(admit(&api, &request).is_ok());
}

/// RFC 9449 section 9.
#[test]
fn a_nonce_is_asked_for_and_renewed() {
    let (api, token) = (api(), bound());
    let nonces = Nonces::new("secret");
    let rules = ProofRules { nonces: Some(nonces.clone()), ..rules() };
    let admit = |claims: &Value| api.admit(&with_proof(&token, &client().prove(claims)), &rules);
    assert_eq!(admit(&proof_claims(&token)).unwrap_err().error.code, Code::UseDpopNonce);
    let claims = with(proof_claims(&token), "nonce", nonces.issue(api.host.now()));
    assert_eq!(admit(&claims).unwrap(), None);
    api.host.advance_seconds(200);
    let later = with(with(claims, "jti", "2"), "iat", NOW + 200);
    let next = admit(&later).unwrap().unwrap();
    api.host.advance_seconds(200);
    let later = with(with(with(later, "jti", "3"), "iat", NOW + 400), "nonce", next);
    assert!(admit(&later).is_ok());
    assert!(api.admit(&bearer(&self::token(None), &[]), &rules).is_ok(), "bearers need none");
}

/// RFC 8705 section 3.
#[test]
fn a_token_bound_to_a_certificate_comes_with_it() {
    let (api, token) = (api(), token(Some(json!({"x5t#S256": "thumbprint"}))));
    let presenting =
        |certificate: Option<&str>| Incoming { certificate: certificate.map(str::to_owned), ..bearer(&token, &[]) };
    assert!(admit(&api, &presenting(Some("thumbprint"))).is_ok());
    assert_eq!(refused(&api, &presenting(None)), NOT_BOUND);
    assert_eq!(refused(&api, &presenting(Some("other"))), NOT_BOUND);
}
