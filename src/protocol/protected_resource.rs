//! Which authorization server an API trusts, by its own word (RFC 9728).

use std::iter::successors;

use crate::protocol::challenge::Params;
use crate::protocol::http::Response;
use crate::protocol::json::Array;

/// So many levels are looked at: who chooses a URL must not choose how long that takes.
const MAX_LEVELS: usize = 32;
/// The most bytes the metadata of an API may have.
pub const MAX_RESOURCE_METADATA_BYTES: usize = 64 * 1024;

/// What a challenge says about where the API's metadata is (RFC 9728 section 5.1), and what it wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pointer {
    /// The URL of the metadata.
    pub metadata: Option<String>,
    /// The scopes that the call takes (RFC 6750 section 3).
    pub scope: Option<String>,
}

impl Pointer {
    /// Reads a `WWW-Authenticate`.
    #[must_use]
    pub fn of(challenge: &str) -> Self {
        let mut pointer = Self::default();
        for param in Params::of(challenge) {
            if param.is("resource_metadata") {
                pointer.metadata.get_or_insert(param.value);
            } else if param.is("scope") {
                pointer.scope.get_or_insert(param.value);
            }
        }
        pointer
    }
}

/// What an API says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedResource {
    /// Its identifier, which tokens for it are asked for with (RFC 8707).
    pub resource: String,
    /// The issuers of the authorization servers it trusts.
    pub authorization_servers: Vec<String>,
}

/// Reads the metadata of the API at `url`; `None` if there is none, or it speaks for another API (RFC 9728 section 3.3).
#[must_use]
pub fn read(response: &Response, url: &str) -> Option<ProtectedResource> {
    if response.status != 200 {
        return None;
    }
    let document = response.json().ok()?;
    let document = document.root();
    let resource = document.text("resource").filter(|resource| speaks_for(resource, url))?;
    Some(ProtectedResource {
        resource: resource.to_owned(),
        authorization_servers: document.array("authorization_servers").map(Array::texts).unwrap_or_default(),
    })
}

/// Whether a resource is the URL, or a path above it at the same origin. RFC 9728 section 3.3 wants the very URL;
/// APIs have one identifier for all of their URLs.
fn speaks_for(resource: &str, url: &str) -> bool {
    let Some(rest) = url.strip_prefix(identity(resource)) else { return false };
    // At least scheme, authority and the beginning of a path: not the half of a host's name.
    resource.split('/').nth(2).is_some_and(|authority| !authority.is_empty())
        && (rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// The resources that a URL may be of, the nearest first: itself, and those above its path, as [`identity`] leaves them.
pub fn above(url: &str) -> impl Iterator<Item = &str> {
    successors(Some(url), |below| {
        let bytes = below.as_bytes();
        let query = bytes.iter().position(|byte| matches!(byte, b'?' | b'#'));
        below.get(..query.or_else(|| bytes.iter().rposition(|byte| *byte == b'/'))?)
    })
    .take(MAX_LEVELS)
}

/// A resource without what does not tell it from others.
#[must_use]
pub fn identity(resource: &str) -> &str {
    resource.trim_end_matches('/')
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{Pointer, above, read, speaks_for};
    use crate::protocol::http::Response;

    #[test]
    fn a_url_may_be_of_any_resource_above_it() {
        let all = |url| above(url).collect::<Vec<_>>();
        let levels = ["https://h/a/b", "https://h/a", "https://h", "https:/", "https:"];
        assert_eq!(all("https://h/a/b"), levels);
        assert_eq!(all("https://h/a/b?c=/d#e")[0], "https://h/a/b?c=/d#e");
        assert_eq!(all("https://h/a/b?c=/d#e")[1..], levels);
        assert_eq!(all("https://h/a/b/")[1..], levels);
        assert_eq!(all(&format!("https://h{}", "/a".repeat(10_000))).len(), 32);
    }

    #[test]
    fn a_challenge_points_to_the_metadata_rfc_9728_section_5_1() {
        let challenge = r#"Bearer resource_metadata="https://resource.example.com/.well-known/oauth-protected-resource", scope="a b""#;
        let pointer = Pointer::of(challenge);
        assert_eq!(
            pointer.metadata.as_deref(),
            Some("https://resource.example.com/.well-known/oauth-protected-resource")
        );
        assert_eq!(pointer.scope.as_deref(), Some("a b"));
        assert_eq!(Pointer::of("Bearer"), Pointer::default());
    }

    #[test]
    fn metadata_speaks_for_its_own_api_only() {
        for (resource, url, speaks) in [
            ("https://api.example", "https://api.example/mcp", true),
            ("https://api.example/", "https://api.example/", true),
            ("https://api.example/mcp", "https://api.example/mcp", true),
            ("https://api.example/mcp", "https://api.example/mcp/x?y", true),
            ("https://api.example/mcp", "https://api.example/mcp?y", true),
            ("https://api.example/mcp", "https://api.example/mcp#y", true),
            ("https://api.example/mcp/", "https://api.example/mcp/x/", true),
            ("https://api.example/mcp?y", "https://api.example/mcp?y", true),
            ("https://api.example/mcp?y", "https://api.example/mcp?yz", false),
            ("https://api.example/mcp", "https://api.example/mcpx", false),
            ("https://api.example", "https://api.example.evil.example/", false),
            ("https://api.exampl", "https://api.example/", false),
            ("https://api.example/mcp", "https://api.example/", false),
            ("https:", "https://api.example/", false),
            ("https://", "https://api.example/", false),
            ("", "https://api.example/", false),
            ("/", "https://api.example/", false),
        ] {
            assert_eq!(speaks_for(resource, url), speaks, "{resource} {url}");
        }
    }

    #[test]
    fn what_is_not_the_apis_metadata_is_refused() {
        let answer = |status, body: &str| {
            let response = Response { status, headers: vec![], body: body.as_bytes().to_vec() };
            read(&response, "https://api.example/mcp")
        };
        let good = r#"{"resource":"https://api.example/mcp","authorization_servers":["https://as.example",7]}"#;
        for good in [good, &format!("\u{feff}{good}")] {
            assert_eq!(answer(200, good).unwrap().authorization_servers, ["https://as.example"]);
        }
        for (status, body) in [
            (404, good),
            (302, good),
            (200, "[]"),
            (200, "{}"),
            (200, r#"{"resource":7}"#),
            (200, r#"{"resource":"https://other.example/mcp"}"#),
        ] {
            assert!(answer(status, body).is_none(), "{status} {body}");
        }
    }
}
