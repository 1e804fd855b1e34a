//! Bytes in place of a key set, or of a snapshot of one: what is usable is public, and fits some algorithm.
#![no_main]

use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::json;
use gatepass::protocol::jwk::KeySet;
use gatepass::protocol::key_snapshot::{KeySnapshot, fresh_millis};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(set) = KeySet::read(bytes) {
        for key in set.keys() {
            let public = json::object(key.host_json().as_bytes()).expect("this is JSON of our own");
            assert!(["d", "p", "q", "dp", "dq", "qi", "k", "priv"].iter().all(|name| !public.root().contains(name)));
            assert!(Algorithm::SYMMETRIC.iter().all(|algorithm| !key.fits(*algorithm)), "no secret comes from a set");
            assert!(Algorithm::ASYMMETRIC.iter().any(|algorithm| key.fits(*algorithm)));
        }
        assert!(set.candidates(None, Algorithm::Rs256).count() <= 4);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!((60_000..=86_400_000).contains(&fresh_millis(Some(text))));
        let _ = KeySnapshot::read(text);
    }
});
