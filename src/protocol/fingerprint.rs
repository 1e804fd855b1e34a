//! Digests by which things are told apart.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// SHA-256 over a list of fields, in base64url.
///
/// Each field comes with its length: no two lists have the same bytes.
#[derive(Clone, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// With one field more.
    pub fn field(&mut self, field: &[u8]) {
        self.0.update((field.len() as u64).to_be_bytes());
        self.0.update(field);
    }

    /// With a list more, which is told from its fields one by one.
    pub fn list<'a>(&mut self, fields: impl ExactSizeIterator<Item = &'a str>) {
        self.field(&(fields.len() as u64).to_be_bytes());
        for field in fields {
            self.field(field.as_bytes());
        }
    }

    /// The digest as 43 characters.
    #[must_use]
    pub fn text(self) -> String {
        Base64UrlUnpadded::encode_string(&self.0.finalize())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::Fingerprint;

    fn of(lists: &[&[&str]]) -> String {
        let mut fingerprint = Fingerprint::default();
        for list in lists {
            fingerprint.list(list.iter().copied());
        }
        fingerprint.text()
    }

    #[test]
    fn different_lists_have_different_fingerprints() {
        let all =
            [of(&[]), of(&[&[]]), of(&[&["a", "b"]]), of(&[&["ab"]]), of(&[&["a"], &["b"]]), of(&[&["a", ""], &["b"]])];
        for (place, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 43);
            assert!(all.iter().skip(place + 1).all(|other| other != one));
        }
        assert_eq!(of(&[&["a", "b"]]), of(&[&["a", "b"]]));
    }
}
