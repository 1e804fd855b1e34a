//! The credentials of a request that arrives at an API (RFC 6750 section 2.1, RFC 9449 section 7.1).

use crate::protocol::error::{Code, Error};

/// How a token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// By whoever has it (RFC 6750).
    Bearer,
    /// With a proof of possession of the key it is bound to (RFC 9449).
    Dpop,
}

impl Scheme {
    /// Its name in a header, as it is registered.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// Reads the `Authorization` header of a request, empty when there is none: the scheme and the token.
///
/// # Errors
/// `missing_token` when there is none, or a scheme that is none of ours; `invalid_request` when what follows the
/// scheme is not one token. Several headers, which hosts join to a list, are none.
pub fn read(authorization: &str) -> Result<(Scheme, &str), Error> {
    let value = authorization.trim_ascii();
    let (name, token) = value.split_once(' ').unwrap_or((value, ""));
    let scheme = if name.eq_ignore_ascii_case("Bearer") {
        Scheme::Bearer
    } else if name.eq_ignore_ascii_case("DPoP") {
        Scheme::Dpop
    } else {
        return Err(Error::new(Code::MissingToken, "the request has no access token").with_status(401));
    };
    let token = token.trim_ascii_start();
    if is_token68(token) {
        return Ok((scheme, token));
    }
    let message = "the request must have one Authorization header with one access token";
    Err(Error::new(Code::InvalidRequest, message).with_status(400))
}

/// `b64token` of RFC 6750 section 2.1. A list is none.
fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::{Scheme, read};
    use crate::protocol::error::Code;

    fn refused(authorization: &str) -> (Code, Option<u16>) {
        let error = read(authorization).unwrap_err();
        (error.code, error.status)
    }

    #[test]
    fn a_token_is_read_whatever_the_case_of_its_scheme() {
        assert_eq!(read("Bearer mF_9.B5f-4.1JqM"), Ok((Scheme::Bearer, "mF_9.B5f-4.1JqM")), "RFC 6750 section 2.1");
        assert_eq!(read("bearer a=="), Ok((Scheme::Bearer, "a==")));
        assert_eq!(read("BEARER  a/b+c~d "), Ok((Scheme::Bearer, "a/b+c~d")));
        assert_eq!(read("dpop a.b.c"), Ok((Scheme::Dpop, "a.b.c")));
    }

    #[test]
    fn a_request_without_a_token_of_ours_is_told_that_one_is_missing() {
        for authorization in ["", " ", "Basic YTpi", "Bearerx a", "Negotiate", "Bearer,x"] {
            assert_eq!(refused(authorization), (Code::MissingToken, Some(401)), "{authorization:?}");
        }
    }

    #[test]
    fn what_is_not_exactly_one_token_is_a_bad_request() {
        for authorization in [
            "Bearer a, Bearer a",
            "Bearer a, Basic YTpi",
            "Bearer",
            "Bearer ",
            "Bearer =",
            "Bearer a,b",
            "Bearer a b",
            "Bearer a=b",
            "Bearer \"a\"",
            "Bearer a\tb",
            "Bearer é",
            "DPoP token=a",
        ] {
            assert_eq!(refused(authorization), (Code::InvalidRequest, Some(400)), "{authorization:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_arrives_a_token_is_visible_ascii_without_separators(text in "(Bearer|DPoP|bearer)?[ -~\u{80}-\u{ff}\t]{0,40}") {
            if let Ok((_, token)) = read(&text) {
                prop_assert!(text.contains(token) && !token.is_empty());
                prop_assert!(token.bytes().all(|byte| byte.is_ascii_graphic() && !b",;\"\\".contains(&byte)));
            }
        }
    }
}
