//! A text in place of a token: nothing panics, and nothing is accepted that no host has called good.
#![no_main]

use std::cell::Cell;
use std::rc::Rc;

use futures_executor::block_on;
use gatepass::flow::key_sets::LoadedKeys;
use gatepass::flow::verifier::signed_by_one_of;
use gatepass::host::Host;
use gatepass::host::crypto::Crypto;
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::jwk::{Jwk, KeySet};
use gatepass::protocol::jwt::{HeaderPolicy, SignatureCheck, TypePolicy, UnverifiedJws, UnverifiedJwt};
use libfuzzer_sys::fuzz_target;

/// A host that calls every signature bad, and notes that it was asked.
#[derive(Default)]
struct Strict(Cell<u32>);

impl Host for Strict {
    type Cause = ();
}

impl Crypto for Strict {
    type Key = ();

    async fn import_key(&self, _key: &Jwk, _algorithm: Algorithm) -> Result<(), ()> {
        Ok(())
    }

    async fn verify(&self, (): &(), check: &SignatureCheck) -> Result<bool, ()> {
        assert!(check.signature.len() == 64 || check.signature.len() == 32, "other lengths do not get this far");
        self.0.set(self.0.get() + 1);
        Ok(false)
    }
}

const KEYS: &str = r#"{"keys":[
    {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k"}]}"#;

fuzz_target!(|text: &str| {
    let algorithms = Algorithm::ASYMMETRIC.into_iter().chain(Algorithm::SYMMETRIC).collect();
    let policy = HeaderPolicy { max_token_bytes: 16 * 1024, algorithms, types: TypePolicy::Auto };
    let Ok(jws) = UnverifiedJws::read(text, &policy) else {
        assert!(UnverifiedJwt::read(text, &policy).is_err(), "a JWT is a JWS");
        return;
    };
    for set in [KeySet::read(KEYS.as_bytes()).ok(), KeySet::of_secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
        let host = Strict::default();
        let keys = LoadedKeys::new(Rc::new(set.expect("these are key sets")));
        assert!(block_on(signed_by_one_of(&host, &keys, &jws)).is_err());
        assert!(host.0.get() <= 4);
    }
});
