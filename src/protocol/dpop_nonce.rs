//! Nonces that we issue for `DPoP` proofs (RFC 9449 sections 8 and 9), with nothing to remember: a time and
//! a mac over it.

use crate::protocol::base64url;

use crate::protocol::digest::hmac_sha256;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// Milliseconds for which a nonce is good.
const LIFETIME_MILLIS: i64 = 5 * 60 * 1000;
/// After so many its user gets a new one.
const HALF_LIFE_MILLIS: i64 = LIFETIME_MILLIS / 2;
/// The least age: the clocks of those who share a secret may differ.
const AHEAD_MILLIS: i64 = -60 * 1000;
const TIME_BYTES: usize = 8;

/// What nonces are made with: the first secret issues, all are accepted.
#[derive(Debug, Clone)]
pub struct Nonces(Vec<Secret>);

/// What a nonce is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Not one of ours, or too old.
    Unusable,
    /// Good.
    Good,
    /// Good, and so old that its user should get a new one.
    Ageing,
}

impl Nonces {
    /// With these secrets, one a line.
    #[must_use]
    pub fn new(secrets: &str) -> Self {
        Self(secrets.split('\n').map(|secret| Secret::new(secret.to_owned())).collect())
    }

    /// A new nonce.
    #[must_use]
    pub fn issue(&self, now: Timestamp) -> String {
        self.0
            .first()
            .map_or_else(String::new, |secret| base64url::encode(&sealed(secret, now.as_millis().to_be_bytes())))
    }

    /// Judges a nonce that came in a proof.
    #[must_use]
    pub fn judge(&self, nonce: &str, now: Timestamp) -> Judgement {
        let bytes = base64url::decode(nonce).unwrap_or_default();
        let Some(time) = bytes.first_chunk::<TIME_BYTES>() else { return Judgement::Unusable };
        if !self.0.iter().any(|secret| is_same(&sealed(secret, *time), &bytes)) {
            return Judgement::Unusable;
        }
        match now.as_millis().saturating_sub(i64::from_be_bytes(*time)) {
            AHEAD_MILLIS..HALF_LIFE_MILLIS => Judgement::Good,
            HALF_LIFE_MILLIS..LIFETIME_MILLIS => Judgement::Ageing,
            _ => Judgement::Unusable,
        }
    }
}

fn sealed(secret: &Secret, time: [u8; TIME_BYTES]) -> Vec<u8> {
    let mac = hmac_sha256(secret.expose().as_bytes(), &[b"gatepass dpop nonce 1".as_slice(), &time].concat());
    [time.as_slice(), &mac].concat()
}

/// Compared to the end, so that the time it takes tells nothing.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut difference = one.len() ^ other.len();
    for (one, other) in one.iter().zip(other) {
        difference |= usize::from(one ^ other);
    }
    difference == 0
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::{Judgement, Nonces};
    use crate::protocol::time::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn nonces(secrets: &[&str]) -> Nonces {
        Nonces::new(&secrets.join("\n"))
    }

    #[test]
    fn a_nonce_is_good_for_five_minutes_and_a_new_one_is_due_after_half_of_them() {
        let nonces = nonces(&["secret"]);
        let nonce = nonces.issue(NOW);
        let after = |seconds: i64| nonces.judge(&nonce, NOW.plus_millis(seconds * 1000));
        assert_eq!([after(-60), after(0), after(149)], [Judgement::Good; 3]);
        assert_eq!([after(150), after(299)], [Judgement::Ageing; 2]);
        assert_eq!([after(-61), after(300), after(1_000_000)], [Judgement::Unusable; 3]);
    }

    #[test]
    fn nonces_of_an_older_secret_are_accepted_while_it_is_listed() {
        let old = nonces(&["old"]).issue(NOW);
        assert_eq!(nonces(&["new", "old"]).judge(&old, NOW), Judgement::Good);
        assert_eq!(nonces(&["new"]).judge(&old, NOW), Judgement::Unusable);
        assert_eq!(nonces(&["new"]).judge(&nonces(&["new", "old"]).issue(NOW), NOW), Judgement::Good);
    }

    proptest! {
        #[test]
        fn nobody_else_makes_a_nonce(nonce in "[A-Za-z0-9_=-]{0,40}", place in 0..53_usize, with in "[A-Za-z0-9_-]") {
            let nonces = nonces(&["secret"]);
            prop_assert_eq!(nonces.judge(&nonce, NOW), Judgement::Unusable);
            let mut changed = nonces.issue(NOW);
            changed.replace_range(place..=place, &with);
            if changed != nonces.issue(NOW) {
                prop_assert_eq!(nonces.judge(&changed, NOW), Judgement::Unusable);
            }
        }
    }
}
