//! The identity of a token request: what may share a token.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::protocol::base64url;
use crate::protocol::token_request::TokenRequest;

/// A digest over every parameter of a token request and over the credential, in base64url.
///
/// Two requests that differ in anything have different keys (CVE-2025-26620 is a cache that forgot
/// one parameter). The secret cannot be read back from it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(String);

impl fmt::Debug for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CacheKey([..])")
    }
}

impl CacheKey {
    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of `request` at a server, by a client that is its id and its credential, which is said
    /// to be of a kind. `marks` are what else tells its tokens apart: the key they are bound to.
    #[must_use]
    pub fn new(
        server: &[&str],
        client_id: &str,
        credential: (&str, &[u8]),
        marks: &[&[u8]],
        request: &TokenRequest,
    ) -> Self {
        let mut digest = Sha256::new();
        let mut field = |value: &[u8]| {
            // Lengths first: no two lists of fields have the same bytes.
            digest.update((value.len() as u64).to_be_bytes());
            digest.update(value);
        };
        field(b"gatepass token 2");
        list(&mut field, server.iter().map(|part| part.as_bytes()));
        field(credential.0.as_bytes());
        field(client_id.as_bytes());
        field(credential.1);
        list(&mut field, marks.iter().copied());
        optional(&mut field, request.audience.as_deref());
        optional(&mut field, request.organization.as_deref());
        optional(&mut field, request.authorization_details.as_deref());
        pairs(&mut field, request.resource.iter().map(|value| (value.as_str(), "")));
        pairs(&mut field, request.scope.iter().map(|value| (value.as_str(), "")));
        pairs(&mut field, request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Self(base64url::encode(&digest.finalize()))
    }
}

fn list<'a>(field: &mut impl FnMut(&[u8]), values: impl ExactSizeIterator<Item = &'a [u8]>) {
    field(&(values.len() as u64).to_be_bytes());
    for value in values {
        field(value);
    }
}

fn optional(field: &mut impl FnMut(&[u8]), value: Option<&str>) {
    match value {
        None => field(b"absent"),
        Some(value) => {
            field(b"present");
            field(value.as_bytes());
        }
    }
}

/// A set: neither order nor repetition counts.
fn pairs<'a>(field: &mut impl FnMut(&[u8]), pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut set: Vec<(&str, &str)> = Vec::new();
    for pair in pairs {
        if let Err(place) = set.binary_search(&pair) {
            set.insert(place, pair);
        }
    }
    field(&(set.len() as u64).to_be_bytes());
    for (name, value) in set {
        field(name.as_bytes());
        field(value.as_bytes());
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::HashSet;

    use super::CacheKey;
    use crate::protocol::token_request::TokenRequest;

    fn key(server: (&str, &str), id: &str, secret: &str, request: &TokenRequest) -> CacheKey {
        CacheKey::new(&[server.0, server.1], id, ("secret", secret.as_bytes()), &[], request)
    }

    fn request(
        audience: Option<&str>,
        scope: &[&str],
        organization: Option<&str>,
        parameters: &[(&str, &str)],
    ) -> TokenRequest {
        TokenRequest {
            audience: audience.map(str::to_owned),
            scope: scope.iter().map(|value| (*value).to_owned()).collect(),
            organization: organization.map(str::to_owned),
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..TokenRequest::default()
        }
    }

    #[test]
    fn requests_that_differ_in_anything_never_share_a_token() {
        let plain = TokenRequest::default();
        let keys = [
            key(("issuer", "a"), "id", "secret", &plain),
            key(("endpoint", "a"), "id", "secret", &plain),
            key(("issuer", "b"), "id", "secret", &plain),
            key(("issuer", "a"), "id2", "secret", &plain),
            key(("issuer", "a"), "id", "secret2", &plain),
            key(("issuer", "a"), "ids", "ecret", &plain),
            CacheKey::new(&["issuer", "a"], "id", ("source", b"secret"), &[], &plain),
            CacheKey::new(&["issuer", "a"], "id", ("secret", b"secret"), &[b"x"], &plain),
            CacheKey::new(&["issuer", "a"], "id", ("secret", b"secret"), &[b"x", b""], &plain),
            key(("issuer", "a"), "id", "secret", &TokenRequest { resource: vec!["x".to_owned()], ..plain.clone() }),
            key(
                ("issuer", "a"),
                "id",
                "secret",
                &TokenRequest { authorization_details: Some("x".to_owned()), ..plain.clone() },
            ),
            key(("issuer", "a"), "id", "secret", &request(Some(""), &[], None, &[])),
            key(("issuer", "a"), "id", "secret", &request(Some("x"), &[], None, &[])),
            key(("issuer", "a"), "id", "secret", &request(None, &[], Some("x"), &[])),
            key(("issuer", "a"), "id", "secret", &request(None, &["x"], None, &[])),
            key(("issuer", "a"), "id", "secret", &request(None, &["x", "y"], None, &[])),
            key(("issuer", "a"), "id", "secret", &request(None, &[], None, &[("x", "y")])),
            key(("issuer", "a"), "id", "secret", &request(None, &[], None, &[("xy", "")])),
            key(("issuer", "a"), "id", "secret", &request(None, &[], None, &[("x", ""), ("y", "")])),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }

    #[test]
    fn the_order_of_scope_values_and_parameters_does_not_matter() {
        let one = request(None, &["a", "b"], None, &[("x", "1"), ("y", "2")]);
        let other = request(None, &["b", "a", "b"], None, &[("y", "2"), ("x", "1")]);
        assert_eq!(key(("issuer", "a"), "id", "s", &one), key(("issuer", "a"), "id", "s", &other));
    }
}
