//! SHA-256, as the protocol writes it.

use sha2::{Digest, Sha256};

use crate::protocol::base64url;

/// The digest of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The digest of some bytes, in base64url.
#[must_use]
pub fn sha256_base64url(bytes: &[u8]) -> String {
    base64url::encode(&sha256(bytes))
}

/// HMAC with SHA-256 (RFC 2104), of a secret of at most 64 bytes as it is, and of a longer one by its digest.
#[must_use]
pub fn hmac_sha256(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let (mut inner, mut outer) = ([0x36; BLOCK], [0x5c; BLOCK]);
    let digest = sha256(secret);
    let secret = if secret.len() > BLOCK { &digest } else { secret };
    for (place, byte) in secret.iter().enumerate() {
        if let (Some(inner), Some(outer)) = (inner.get_mut(place), outer.get_mut(place)) {
            *inner ^= byte;
            *outer ^= byte;
        }
    }
    let inner = sha256(&[&inner, message].concat());
    sha256(&[&outer, inner.as_slice()].concat())
}

const BLOCK: usize = 64;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{hmac_sha256, sha256_base64url};

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    #[test]
    fn the_digest_of_an_access_token_is_the_one_of_rfc_9449_section_7_1() {
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        assert_eq!(sha256_base64url(token.as_bytes()), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    }

    #[test]
    fn the_macs_are_those_of_rfc_4231_section_4() {
        let mac = |key: &[u8], message: &[u8]| hex(&hmac_sha256(key, message));
        assert_eq!(
            mac(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            mac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
