//! Proofs that the key of a token is at hand (RFC 9449), and the nonces that servers want in them.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use crate::flow::authorization_server::unusable;
use crate::flow::client::Dpop;
use crate::flow::memory::Memory;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::random::Random;
use crate::host::signing::{Signing, SigningKey};
use crate::protocol::secret::Secret;
use crate::protocol::signed_jwt::{DpopProof, signed};

/// Of how many servers the nonces are kept.
const MAX_ORIGINS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);
/// The longest nonce that is repeated.
const MAX_NONCE_BYTES: usize = 1024;

/// The newest nonce of each server.
pub struct Nonces(Memory<RefCell<String>>);

impl Default for Nonces {
    fn default() -> Self {
        Self(Memory::new(MAX_ORIGINS))
    }
}

impl Nonces {
    /// Keeps what a response brought along (RFC 9449 section 8.2: any response may).
    pub fn note(&self, origin: &str, nonce: Option<&str>) {
        // RFC 9449 section 8.1: the characters of NQCHAR.
        let is_nonce = |text: &&str| {
            !text.is_empty()
                && text.len() <= MAX_NONCE_BYTES
                && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
        };
        if let Some(nonce) = nonce.filter(is_nonce) {
            nonce.clone_into(&mut self.0.get_or_insert(origin, RefCell::default).borrow_mut());
        }
    }

    fn of(&self, origin: &str) -> Option<String> {
        Some(self.0.get(origin)?.borrow().clone())
    }
}

/// The request that a proof is for.
pub struct Target<'a> {
    /// The method.
    pub method: &'a str,
    /// Where it goes: whose nonce counts.
    pub origin: &'a str,
    /// The URL, without query and fragment.
    pub url: &'a str,
    /// The token that goes along.
    pub access_token: Option<&'a str>,
}

/// A fresh proof.
///
/// # Errors
/// `credential_unavailable` when the host cannot use the key.
pub async fn proof<H: Signing + Clock + Random>(
    host: &H,
    nonces: &Nonces,
    dpop: &Dpop,
    target: &Target<'_>,
) -> Result<Secret, Failure<H::Cause>> {
    let algorithm = dpop.algorithm();
    let unusable = |cause| unusable(algorithm, "DPoP key", cause);
    let jwk = host.proof_key(algorithm).await.map_err(unusable)?;
    let (id, nonce) = (host.unique(), nonces.of(target.origin));
    let proof = DpopProof {
        algorithm,
        jwk: &jwk,
        method: target.method,
        url: target.url,
        id: &id,
        access_token: target.access_token,
        nonce: nonce.as_deref(),
    };
    let input = proof.signing_input(host.now());
    let signature = host.sign(SigningKey::Proof, algorithm, &input).await.map_err(unusable)?;
    Ok(signed(input, &signature))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::Nonces;

    #[test]
    fn the_newest_nonce_of_each_origin_is_kept() {
        let nonces = Nonces::default();
        nonces.note("https://a.example", Some("one"));
        nonces.note("https://b.example", Some("other"));
        nonces.note("https://a.example", Some("two"));
        for nonce in [None, Some(""), Some("a b"), Some("\"")] {
            nonces.note("https://a.example", nonce);
        }
        assert_eq!(nonces.of("https://a.example").as_deref(), Some("two"));
        assert_eq!(nonces.of("https://b.example").as_deref(), Some("other"));
        assert_eq!(nonces.of("https://c.example"), None);
    }
}
