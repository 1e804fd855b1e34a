//! How a redirect is followed: RFC 9110 section 15.4, as `fetch` does it.

/// Whether a status sends the client elsewhere by its `Location`.
#[must_use]
pub const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether the request is sent on as a GET without its body: after 303 whatever it was (RFC 9110
/// section 15.4.4), after 301 and 302 if it was a POST, which is what clients have always done
/// (sections 15.4.2 and 15.4.3). After 307 and 308 it stays as it is.
#[must_use]
pub fn becomes_get(status: u16, method: &str) -> bool {
    match status {
        301 | 302 => method == "POST",
        303 => method != "GET" && method != "HEAD",
        _ => false,
    }
}

/// Whether a request can be sent twice and mean the same as once (RFC 9110 section 9.2.2). Methods
/// are written in upper case.
#[must_use]
pub fn is_idempotent(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{becomes_get, is_idempotent, is_redirect};

    #[test]
    fn a_post_becomes_a_get_where_it_always_has() {
        let methods =
            |status| ["GET", "HEAD", "POST", "PUT", "DELETE", "post"].map(|method| becomes_get(status, method));
        assert_eq!(methods(301), [false, false, true, false, false, false]);
        assert_eq!(methods(302), methods(301));
        assert_eq!(methods(303), [false, false, true, true, true, true]);
        assert_eq!(methods(307), [false; 6]);
        assert_eq!(methods(308), [false; 6]);
    }

    #[test]
    fn only_the_statuses_with_a_location_to_go_to_are_redirects() {
        let redirects: Vec<u16> = (0..=999).filter(|status| is_redirect(*status)).collect();
        assert_eq!(redirects, [301, 302, 303, 307, 308]);
    }

    #[test]
    fn what_may_be_repeated_is_known_and_nothing_else() {
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
            assert!(is_idempotent(method), "{method}");
        }
        for method in ["POST", "PATCH", "CONNECT", "get", "LOCK", ""] {
            assert!(!is_idempotent(method), "{method}");
        }
    }
}
