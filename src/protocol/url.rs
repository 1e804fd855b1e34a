//! URLs that a secret or a token may be sent to.

use fluent_uri::Uri;
use fluent_uri::component::Host;

use crate::protocol::error::printable;

/// The most characters of a URL in a message.
const MAX_SHOWN: usize = 200;
use std::fmt;

/// Whether plain http is acceptable beyond loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Transport {
    /// https everywhere, http on loopback only.
    #[default]
    Secure,
    /// http anywhere: the caller asked for it by an option with a warning in its name.
    DangerouslyAllowHttp,
}

impl Transport {
    /// A name under which to remember what was fetched from `url` this way: what came over plain
    /// http must not serve those who did not allow it.
    #[must_use]
    pub fn mark(self, url: &str) -> String {
        match self {
            Self::Secure => url.to_owned(),
            Self::DangerouslyAllowHttp => format!("http allowed: {url}"),
        }
    }
}

/// Why a text is not an acceptable URL; each reads on from "the option ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlProblem {
    /// Not an absolute URL as RFC 3986 writes it.
    NotAbsolute,
    /// Neither https nor http.
    Scheme,
    /// http to a host that is not loopback.
    Insecure,
    /// A user name or a password before the host.
    Credentials,
    /// A fragment, which is never sent.
    Fragment,
    /// No host, or one that is percent-encoded.
    Host,
    /// A port that is not a number from 1 to 65535.
    Port,
    /// More or less than a host, where a domain is wanted.
    NotAHost,
    /// More than an origin, where an origin is wanted.
    NotAnOrigin,
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAbsolute => "must be an absolute URL in ASCII, as https://as.example/",
            Self::Scheme => "must be an https URL",
            Self::Insecure => "must use https; plain http is accepted on loopback only",
            Self::Credentials => "must not contain a user name or password",
            Self::Fragment => "must not contain a fragment",
            Self::Host => "must name a host",
            Self::Port => "must have a port from 1 to 65535",
            Self::NotAHost => "must be a host or host:port, without https:// and without a path",
            Self::NotAnOrigin => "must be an origin, as https://api.example, without a path",
        })
    }
}

impl std::error::Error for UrlProblem {}

/// An absolute http(s) URL without credentials and without a fragment.
///
/// The text is kept as given: issuers are compared character by character (RFC 8414 section 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl {
    text: String,
    origin: String,
    path_and_query: String,
    has_query: bool,
}

impl HttpUrl {
    /// Reads a URL strictly: what browsers would repair (spaces, backslashes, tabs, missing
    /// slashes) is refused, so that no two parsers can disagree about the host.
    ///
    /// # Errors
    /// The first [`UrlProblem`] found.
    pub fn parse(text: &str, transport: Transport) -> Result<Self, UrlProblem> {
        let uri = Uri::parse(text).map_err(|_| UrlProblem::NotAbsolute)?;
        let scheme = uri.scheme().as_str().to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return Err(UrlProblem::Scheme),
        };
        let authority = uri.authority().ok_or(UrlProblem::Host)?;
        if authority.has_userinfo() {
            return Err(UrlProblem::Credentials);
        }
        if uri.has_fragment() {
            return Err(UrlProblem::Fragment);
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() || host.contains('%') {
            return Err(UrlProblem::Host);
        }
        let port = match authority.port_to_u16() {
            Ok(Some(0)) | Err(_) => return Err(UrlProblem::Port),
            Ok(port) => port.unwrap_or(default_port),
        };
        if scheme == "http" && transport == Transport::Secure && !is_loopback(&authority.host_parsed()) {
            return Err(UrlProblem::Insecure);
        }
        let origin =
            if port == default_port { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") };
        let path = match uri.path().as_str() {
            "" => "/",
            path => path,
        };
        let path_and_query = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        Ok(Self { text: text.to_owned(), origin, path_and_query, has_query: uri.has_query() })
    }

    /// The URL exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host in lower case, and the port where it is not the default (RFC 6454).
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path, at least `/`, with the query if there is one.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// Origin and path: what a server takes a request to have been sent to, however the URL was written.
    #[must_use]
    pub fn without_query(&self) -> String {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        format!("{}{path}", self.origin)
    }

    /// The same, fit for a message: a query may hold what is nobody's business.
    #[must_use]
    pub fn shown(&self) -> String {
        printable(&self.without_query(), MAX_SHOWN)
    }

    /// Whether there is a query.
    #[must_use]
    pub const fn has_query(&self) -> bool {
        self.has_query
    }
}

/// Whether `host[:port]` names this machine.
#[must_use]
pub fn is_loopback_authority(authority: &str) -> bool {
    Uri::parse(format!("http://{authority}/").as_str())
        .ok()
        .and_then(|uri| uri.authority().map(|authority| is_loopback(&authority.host_parsed())))
        .unwrap_or(false)
}

fn is_loopback<E: fluent_uri::pct_enc::Encoder>(host: &Host<'_, E>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::RegName(name) => name.as_str().eq_ignore_ascii_case("localhost"),
        Host::IpvFuture { .. } => false,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{HttpUrl, Transport, UrlProblem, is_loopback_authority};

    fn parse(text: &str) -> Result<HttpUrl, UrlProblem> {
        HttpUrl::parse(text, Transport::Secure)
    }

    #[test]
    fn the_text_is_kept_and_the_origin_is_normalised() {
        let url = parse("HTTPS://Tenant.Example:443/a?b=c").unwrap();
        assert_eq!(url.as_str(), "HTTPS://Tenant.Example:443/a?b=c");
        assert_eq!(url.origin(), "https://tenant.example");
        assert_eq!(url.path_and_query(), "/a?b=c");
        assert_eq!(url.without_query(), "https://tenant.example/a");
        assert_eq!(parse("https://Tenant.Example").unwrap().without_query(), "https://tenant.example/");
        assert_eq!(url.shown(), "https://tenant.example/a");
        assert_eq!(parse("https://h:8443").unwrap().origin(), "https://h:8443");
    }

    #[test]
    fn plain_http_is_for_loopback_unless_asked_for() {
        for text in ["http://localhost:1/", "http://127.0.0.1/", "http://127.9.9.9/", "http://[::1]:9/"] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "http://tenant.example/",
            "http://localhost.evil.example/",
            "http://2130706433/",
            "http://127.1/",
            "http://[::2]/",
        ] {
            assert_eq!(parse(text), Err(UrlProblem::Insecure), "{text}");
        }
        assert!(HttpUrl::parse("http://tenant.example/", Transport::DangerouslyAllowHttp).is_ok());
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_refused() {
        for text in [
            "",
            "tenant.example",
            "//tenant.example/",
            "https:/tenant.example",
            "https://a\\@evil/",
            "https://a b/",
            "https://a\t/",
            " https://a/",
            "https://é.example/",
            "https:\\\\a/",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert_eq!(parse("ftp://a/"), Err(UrlProblem::Scheme));
        assert_eq!(parse("https:///a"), Err(UrlProblem::Host));
        assert_eq!(parse("https://%61/"), Err(UrlProblem::Host));
        assert_eq!(parse("https://u@a/"), Err(UrlProblem::Credentials));
        assert_eq!(parse("https://u:p@a/"), Err(UrlProblem::Credentials));
        assert_eq!(parse("https://a/#f"), Err(UrlProblem::Fragment));
        assert_eq!(parse("https://a:65536/"), Err(UrlProblem::Port));
        assert_eq!(parse("https://a:0/"), Err(UrlProblem::Port));
    }

    #[test]
    fn loopback_authorities_are_known() {
        assert!(is_loopback_authority("localhost:8080"));
        assert!(is_loopback_authority("[::1]:8080"));
        assert!(!is_loopback_authority("tenant.example"));
        assert!(!is_loopback_authority("a/b"));
    }
}
