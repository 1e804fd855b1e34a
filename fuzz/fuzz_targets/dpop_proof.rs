//! The `DPoP` header of a request: nothing panics, and nothing is accepted that no host has called good.
#![no_main]

use gatepass::protocol::dpop_proof::{ProofPolicy, UnverifiedProof};
use gatepass::protocol::time::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &str| {
    let Ok(proof) = UnverifiedProof::read(Some(header)) else { return };
    let _ = proof.signature_check();
    assert!(!proof.key().thumbprint().is_empty());
    let policy = ProofPolicy {
        method: "GET",
        url: "https://resource.example.org/protectedresource",
        token: "token",
        nonces: None,
        leeway: 5.0,
    };
    assert!(proof.verify(None, &policy, Timestamp::from_millis(1_562_262_618_000)).is_err());
});
