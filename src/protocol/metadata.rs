//! Authorization server metadata (RFC 8414, `OpenID` Connect Discovery 1.0).

use crate::protocol::error::{Code, Error, printable};
use crate::protocol::http::{Method, Request, Response};
use crate::protocol::json::{Object, Value};
use crate::protocol::retry_after;
use crate::protocol::time::Timestamp;
use crate::protocol::url::{HttpUrl, Transport, UrlProblem};

/// The most bytes a metadata document may have.
pub const MAX_METADATA_BYTES: usize = 256 * 1024;

/// An issuer identifier: a URL without query, kept exactly as configured (RFC 8414 section 2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Issuer(HttpUrl);

impl Issuer {
    /// Reads an issuer identifier.
    ///
    /// # Errors
    /// What is wrong with the URL; a query counts as not absolute.
    pub fn parse(text: &str, transport: Transport) -> Result<Self, UrlProblem> {
        let url = HttpUrl::parse(text, transport)?;
        if url.has_query() { Err(UrlProblem::NotAbsolute) } else { Ok(Self(url)) }
    }

    /// The identifier as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it has no path.
    #[must_use]
    pub fn is_origin(&self) -> bool {
        self.0.path_and_query() == "/"
    }

    /// The requests to try, in this order: the `OpenID` Connect form appends the well-known part
    /// to the path, RFC 8414 section 3.1 puts it in front of the path.
    #[must_use]
    pub fn metadata_requests(&self, transport: Transport) -> Vec<Request> {
        let path = self.0.path_and_query().trim_end_matches('/');
        let origin = self.0.origin();
        [
            format!("{origin}{path}/.well-known/openid-configuration"),
            format!("{origin}/.well-known/oauth-authorization-server{path}"),
        ]
        .iter()
        .filter_map(|url| HttpUrl::parse(url, transport).ok())
        .map(|url| Request {
            method: Method::Get,
            url,
            headers: vec![("accept", "application/json".to_owned().into())],
            body: None,
        })
        .collect()
    }
}

/// Where an authorization server answers what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// Tokens (RFC 6749 section 3.2).
    pub token: Option<HttpUrl>,
    /// The keys that tokens are signed with.
    pub keys: Option<HttpUrl>,
    /// What a token is worth (RFC 7662).
    pub introspection: Option<HttpUrl>,
    /// The end of a token (RFC 7009).
    pub revocation: Option<HttpUrl>,
}

impl Endpoints {
    /// These, and for those that are missing the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            token: self.token.or(others.token),
            keys: self.keys.or(others.keys),
            introspection: self.introspection.or(others.introspection),
            revocation: self.revocation.or(others.revocation),
        }
    }
}

/// The parts of a metadata document that are used, for the issuer that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The endpoints.
    pub endpoints: Endpoints,
    /// Those for clients that present a certificate (RFC 8705 section 5).
    pub mtls_endpoints: Endpoints,
}

/// Why a response is not usable metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct Unusable {
    /// What to tell the caller if no other form answers better.
    pub error: Error,
    /// Whether the other well-known form may exist instead.
    pub try_other_form: bool,
}

/// Reads the response to a metadata request.
///
/// # Errors
/// `discovery_failed`, `issuer_mismatch`, `rate_limited`, `server_error` or `unexpected_redirect`.
pub fn read(response: &Response, issuer: &Issuer, transport: Transport, now: Timestamp) -> Result<Metadata, Unusable> {
    let fail = |code, message: String, try_other_form| Unusable {
        error: Error::new(code, message).with_status(response.status),
        try_other_form,
    };
    let asked = printable(issuer.as_str(), 200);
    if response.is_redirect() {
        return Err(fail(
            Code::UnexpectedRedirect,
            "the metadata request was redirected; redirects are not followed".to_owned(),
            true,
        ));
    }
    if response.status != 200 {
        let code = match response.status {
            429 => Code::RateLimited,
            500.. => Code::ServerError,
            _ => Code::DiscoveryFailed,
        };
        let message =
            format!("the metadata request for issuer \"{asked}\" was answered with status {}", response.status);
        // What is not there is not always a 404: gateways and file servers say 400, 401, 403 or 405 of it.
        let mut unusable = fail(code, message, code == Code::DiscoveryFailed);
        if code != Code::DiscoveryFailed {
            unusable.error.retry_after = retry_after::read(response, now);
        }
        return Err(unusable);
    }
    let document = response.json().map_err(|_| {
        fail(Code::DiscoveryFailed, format!("the metadata of issuer \"{asked}\" is not a JSON object"), true)
    })?;
    let named = document
        .root()
        .text("issuer")
        .ok_or_else(|| fail(Code::DiscoveryFailed, "the metadata names no issuer".to_owned(), true))?;
    if named != issuer.as_str() {
        let message = format!(
            "the metadata is for issuer \"{}\", configured is \"{asked}\" (compared character by character, a trailing slash counts)",
            printable(named, 200)
        );
        let mut unusable = fail(Code::IssuerMismatch, message, false);
        if named.trim_end_matches('/') == issuer.as_str().trim_end_matches('/') {
            unusable.error.hint = Some("the two differ in the slash at the end: write the issuer as the metadata does");
        }
        return Err(unusable);
    }
    let endpoints = |object: Object<'_>| {
        endpoints(object, transport).map_err(|problem| fail(Code::DiscoveryFailed, problem, false))
    };
    let mtls_endpoints = match document.root().object("mtls_endpoint_aliases") {
        Some(aliases) => endpoints(aliases)?,
        None => Endpoints::default(),
    };
    Ok(Metadata { endpoints: endpoints(document.root())?, mtls_endpoints })
}

fn endpoints(object: Object<'_>, transport: Transport) -> Result<Endpoints, String> {
    Ok(Endpoints {
        token: endpoint(object, "token_endpoint", transport)?,
        keys: endpoint(object, "jwks_uri", transport)?,
        introspection: endpoint(object, "introspection_endpoint", transport)?,
        revocation: endpoint(object, "revocation_endpoint", transport)?,
    })
}

fn endpoint(document: Object<'_>, name: &str, transport: Transport) -> Result<Option<HttpUrl>, String> {
    match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(url)) => {
            HttpUrl::parse(url, transport).map(Some).map_err(|problem| format!("the metadata's {name} {problem}"))
        }
        Some(_) => Err(format!("the metadata's {name} is not a string")),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{Issuer, Metadata, Unusable, read};
    use crate::protocol::error::Code;
    use crate::protocol::http::Response;
    use crate::protocol::time::Timestamp;
    use crate::protocol::url::Transport;

    fn urls(issuer: &str) -> Vec<String> {
        let issuer = Issuer::parse(issuer, Transport::Secure).unwrap();
        issuer.metadata_requests(Transport::Secure).iter().map(|request| request.url.as_str().to_owned()).collect()
    }

    #[test]
    fn both_well_known_forms_are_built_rfc_8414_section_3_1() {
        assert_eq!(
            urls("https://example.com/"),
            [
                "https://example.com/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server"
            ]
        );
        assert_eq!(urls("https://example.com"), urls("https://example.com/"));
        assert_eq!(
            urls("https://example.com/issuer1"),
            [
                "https://example.com/issuer1/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server/issuer1"
            ]
        );
        assert_eq!(urls("https://example.com/a/b/"), urls("https://example.com/a/b"));
    }

    fn answer(status: u16, body: &str) -> Result<Metadata, Unusable> {
        let issuer = Issuer::parse("https://example.com/", Transport::Secure).unwrap();
        let headers = vec![("retry-after".to_owned(), "7".to_owned())];
        let response = Response { status, headers, body: body.as_bytes().to_vec() };
        read(&response, &issuer, Transport::Secure, Timestamp::from_millis(0))
    }

    #[test]
    fn endpoints_are_read_for_the_configured_issuer_only() {
        let metadata = answer(
            200,
            r#"{"issuer":"https://example.com/","token_endpoint":"https://example.com/token","jwks_uri":null}"#,
        )
        .unwrap();
        assert_eq!(metadata.endpoints.token.unwrap().as_str(), "https://example.com/token");
        assert_eq!(metadata.endpoints.keys, None);
        let refused = answer(200, r#"{"issuer":"https://example.com"}"#).unwrap_err();
        assert_eq!((refused.error.code, refused.try_other_form), (Code::IssuerMismatch, false));
        assert!(refused.error.message.contains("\"https://example.com\", configured is \"https://example.com/\""));
    }

    /// RFC 8705 section 5.
    #[test]
    fn clients_with_a_certificate_have_endpoints_of_their_own() {
        let document = r#"{"issuer":"https://example.com/","token_endpoint":"https://example.com/token",
            "mtls_endpoint_aliases":{"token_endpoint":"https://mtls.example.com/token"}}"#;
        let metadata = answer(200, document).unwrap();
        let token = metadata.mtls_endpoints.or(metadata.endpoints).token.unwrap();
        assert_eq!(token.as_str(), "https://mtls.example.com/token");
    }

    #[test]
    fn the_other_form_is_tried_when_this_one_does_not_exist() {
        for (status, body, code, other) in [
            (404, "", Code::DiscoveryFailed, true),
            (200, "<html>", Code::DiscoveryFailed, true),
            (200, "{}", Code::DiscoveryFailed, true),
            (302, "", Code::UnexpectedRedirect, true),
            (204, "", Code::DiscoveryFailed, true),
            (400, "{}", Code::DiscoveryFailed, true),
            (401, "", Code::DiscoveryFailed, true),
            (403, "<Error>AccessDenied</Error>", Code::DiscoveryFailed, true),
            (405, "", Code::DiscoveryFailed, true),
            (429, "", Code::RateLimited, false),
            (503, "", Code::ServerError, false),
            (
                200,
                r#"{"issuer":"https://example.com/","token_endpoint":"http://example.com/token"}"#,
                Code::DiscoveryFailed,
                false,
            ),
            (200, r#"{"issuer":"https://example.com/","jwks_uri":7}"#, Code::DiscoveryFailed, false),
        ] {
            let refused = answer(status, body).unwrap_err();
            assert_eq!((refused.error.code, refused.try_other_form), (code, other), "{status} {body}");
        }
    }

    #[test]
    fn how_long_to_wait_for_metadata_is_told() {
        for (status, wait) in [(429, Some(7)), (503, Some(7)), (404, None)] {
            assert_eq!(answer(status, "").unwrap_err().error.retry_after, wait, "{status}");
        }
    }

    #[test]
    fn what_is_no_metadata_is_told_with_the_issuer_whose_it_should_be() {
        for (status, body) in [(404, ""), (503, ""), (200, "<html>")] {
            let refused = answer(status, body).unwrap_err();
            assert!(refused.error.message.contains("issuer \"https://example.com/\""), "{}", refused.error.message);
        }
    }
}
