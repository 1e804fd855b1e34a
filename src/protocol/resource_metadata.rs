//! Where an API describes itself (RFC 9728).

use crate::protocol::url::HttpUrl;

/// The address of the metadata of a resource (RFC 9728 section 3.1).
#[must_use]
pub fn metadata_url(resource: &HttpUrl) -> String {
    let rest = resource.path_and_query();
    let rest = rest.strip_prefix('/').filter(|rest| rest.is_empty() || rest.starts_with('?')).unwrap_or(rest);
    [resource.origin(), "/.well-known/oauth-protected-resource", rest].concat()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::metadata_url;
    use crate::protocol::url::{HttpUrl, Transport};

    #[test]
    fn the_well_known_part_goes_between_host_and_path() {
        for (resource, url) in [
            ("https://resource.example.com", "https://resource.example.com/.well-known/oauth-protected-resource"),
            ("https://resource.example.com/", "https://resource.example.com/.well-known/oauth-protected-resource"),
            (
                "https://resource.example.com/resource1",
                "https://resource.example.com/.well-known/oauth-protected-resource/resource1",
            ),
            ("https://h:8443/a/?b=c", "https://h:8443/.well-known/oauth-protected-resource/a/?b=c"),
            ("https://h/?b=c", "https://h/.well-known/oauth-protected-resource?b=c"),
        ] {
            assert_eq!(metadata_url(&HttpUrl::parse(resource, Transport::Secure).unwrap()), url);
        }
    }
}
