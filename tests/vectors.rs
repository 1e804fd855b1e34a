//! What becomes of the signed texts of test vectors: which are refused as they are written, and what a host is asked
//! about the others.
//!
//! Reads `{ cases: [{ jws, keys }] }` from the file that `GATEPASS_VECTORS` names and writes, for each, `refused` or the
//! `checks` for a host beside it, as `<file>.checked`. `tests/vectors/run.mjs` has the hosts answer. This is the one way to
//! the signature of a text whose payload is no set of claims; it does not ship.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the helpers run within tests only")]

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use futures_executor::block_on;
use gatepass::flow::key_sets::LoadedKeys;
use gatepass::flow::verifier::signed_by_one_of;
use gatepass::host::Host;
use gatepass::host::crypto::Crypto;
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::json::object;
use gatepass::protocol::jwk::{Jwk, KeySet};
use gatepass::protocol::jwt::{HeaderPolicy, SignatureCheck, TypePolicy, UnverifiedJws};
use serde_json::{Value, json};

/// A host that notes what it is asked, and finds every signature bad: so it is asked about each key.
#[derive(Default)]
struct Notes(RefCell<Vec<Value>>);

impl Host for Notes {
    type Cause = ();
}

impl Crypto for Notes {
    type Key = String;

    async fn import_key(&self, key: &Jwk, _algorithm: Algorithm) -> Result<String, ()> {
        Ok(key.host_json().to_owned())
    }

    async fn verify(&self, key: &String, check: &SignatureCheck) -> Result<bool, ()> {
        let algorithm = check.algorithm;
        self.0.borrow_mut().push(json!({
            "jwk": key,
            "name": algorithm.web_name(),
            "hash": algorithm.hash_name(),
            "curve": algorithm.curve(),
            "saltLength": algorithm.hash_length(),
            "signature": Base64UrlUnpadded::encode_string(&check.signature),
            "data": Base64UrlUnpadded::encode_string(&check.signing_input),
        }));
        Ok(false)
    }
}

/// The keys of a case as a verifier has them: a set of public keys, or the one secret that the token may be signed with.
fn keys(keys: &[Value], jws: &UnverifiedJws) -> Option<(KeySet, Vec<Algorithm>)> {
    let secrets: Vec<_> = keys.iter().filter(|key| key["kty"] == "oct").collect();
    if secrets.len() < keys.len() {
        let set = json!({ "keys": keys }).to_string();
        return Some((KeySet::of(object(set.as_bytes()).unwrap().root()).ok()?, Algorithm::ASYMMETRIC.to_vec()));
    }
    let mut named = secrets.iter().filter(|key| jws.key_id().is_none() || key["kid"].as_str() == jws.key_id());
    let (secret, None) = (named.next()?, named.next()) else { return None };
    let algorithm = Algorithm::from_name(secret["alg"].as_str()?)?;
    Some((KeySet::of_secret(secret["k"].as_str()?)?, vec![algorithm]))
}

fn checked(case: &Value) -> Value {
    let all = Algorithm::ASYMMETRIC.into_iter().chain(Algorithm::SYMMETRIC).collect();
    let policy = HeaderPolicy { max_token_bytes: 16 * 1024, algorithms: all, types: TypePolicy::Auto };
    let Some(text) = case["jws"].as_str() else { return json!({"refused": "not a text"}) };
    let jws = match UnverifiedJws::read(text, &policy) {
        Ok(jws) => jws,
        Err(error) => return json!({"refused": error.reason.unwrap().as_str()}),
    };
    let Some((set, algorithms)) = keys(case["keys"].as_array().unwrap(), &jws) else {
        return json!({"refused": "no key"});
    };
    if !algorithms.contains(&jws.algorithm()) {
        return json!({"refused": "algorithm"});
    }
    let notes = Notes::default();
    let error = block_on(signed_by_one_of(&notes, &LoadedKeys::new(Rc::new(set)), &jws)).err().unwrap().error;
    let checks = notes.0.take();
    if checks.is_empty() { json!({"refused": error.reason.unwrap().as_str()}) } else { json!({ "checks": checks }) }
}

/// The examples of RFC 7515 appendix A.1 and A.3 and RFC 8037 appendix A.4 get as far as the host, and no further when a
/// character of them is another one.
#[test]
fn the_examples_of_the_rfcs_are_put_before_the_host() {
    for (key, jws) in [
        (
            json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ] {
        let outcome = checked(&json!({"jws": jws, "keys": [key]}));
        assert_eq!(outcome["checks"].as_array().unwrap().len(), 1, "{outcome}");
        let changed = jws.replacen("eyJhbGciOiJF", "eyJhbGciOiJG", 1);
        assert_eq!(checked(&json!({"jws": changed, "keys": [key]})), json!({"refused": "algorithm"}));
    }
}

#[test]
fn the_vectors_of_a_file_are_checked() {
    let Some(file) = std::env::var_os("GATEPASS_VECTORS").map(PathBuf::from) else {
        println!("no file is named: tests/vectors/run.mjs does it");
        return;
    };
    let mut document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for case in document["cases"].as_array_mut().unwrap() {
        let outcome = checked(case);
        case.as_object_mut().unwrap().extend(outcome.as_object().unwrap().clone());
    }
    std::fs::write(file.with_extension("checked"), document.to_string()).unwrap();
}
