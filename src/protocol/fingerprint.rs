//! Digests by which things are told apart.

use sha2::{Digest, Sha256};

use crate::protocol::base64url;

/// SHA-256 over a list of fields, as 43 characters of base64url. Different lists have different digests.
#[must_use]
pub fn fingerprint(fields: &[&str]) -> String {
    let mut digest = Sha256::new();
    for field in fields {
        // Lengths first: no two lists of fields have the same bytes.
        digest.update((field.len() as u64).to_be_bytes());
        digest.update(field);
    }
    base64url::encode(&digest.finalize())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::fingerprint;

    #[test]
    fn different_lists_have_different_fingerprints() {
        let all = [
            fingerprint(&[]),
            fingerprint(&[""]),
            fingerprint(&["a", "b"]),
            fingerprint(&["ab"]),
            fingerprint(&["b", "a"]),
        ];
        for (place, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 43);
            assert!(all.iter().skip(place + 1).all(|other| other != one));
        }
        assert_eq!(fingerprint(&["a", "b"]), all[2]);
    }
}
