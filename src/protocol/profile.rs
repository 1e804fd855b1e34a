//! What servers do differently, one word each.

use crate::protocol::algorithm::Algorithm;
use crate::protocol::url::{HttpUrl, Transport, UrlProblem, is_loopback_authority};

/// The conventions of an authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Login 3.0 (Auth0-style): endpoints at fixed paths of a domain, RS256, an issuer that ends
    /// in a slash.
    Login3,
    /// Nothing but the standards (RFC 6749, RFC 8414).
    Generic,
}

impl Profile {
    /// The names callers use.
    pub const NAMES: [&'static str; 2] = ["login3", "generic"];

    /// The profile of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "login3" => Some(Self::Login3),
            "generic" => Some(Self::Generic),
            _ => None,
        }
    }

    /// The algorithms its servers sign access tokens with.
    #[must_use]
    pub fn algorithms(self) -> Vec<Algorithm> {
        match self {
            Self::Login3 => vec![Algorithm::Rs256],
            Self::Generic => Algorithm::ASYMMETRIC.to_vec(),
        }
    }
}

/// The addresses of a Login 3.0 tenant, which follow from its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login3Tenant {
    /// The issuer, with its slash.
    pub issuer: HttpUrl,
    /// The token endpoint.
    pub token_endpoint: HttpUrl,
    /// The key set.
    pub jwks_uri: HttpUrl,
}

impl Login3Tenant {
    /// From `host` or `host:port`. A loopback host is spoken to over plain http, every other one
    /// over https.
    ///
    /// # Errors
    /// When this is more or less than a host.
    pub fn at(domain: &str) -> Result<Self, UrlProblem> {
        // Host names have no case, issuers do, and they are written in lower case.
        let domain = &domain.to_ascii_lowercase();
        let scheme = if is_loopback_authority(domain) { "http" } else { "https" };
        let at = |path: &str| {
            HttpUrl::parse(&format!("{scheme}://{domain}{path}"), Transport::Secure).map_err(|_| UrlProblem::NotAHost)
        };
        let issuer = at("/")?;
        if issuer.path_and_query() != "/" {
            return Err(UrlProblem::NotAHost);
        }
        Ok(Self { issuer, token_endpoint: at("/oauth/token")?, jwks_uri: at("/.well-known/jwks.json")? })
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::Login3Tenant;

    #[test]
    fn a_tenants_addresses_follow_from_its_domain() {
        let tenant = Login3Tenant::at("tenant.login3.example").unwrap();
        assert_eq!(tenant.issuer.as_str(), "https://tenant.login3.example/");
        assert_eq!(tenant.token_endpoint.as_str(), "https://tenant.login3.example/oauth/token");
        assert_eq!(tenant.jwks_uri.as_str(), "https://tenant.login3.example/.well-known/jwks.json");
        assert_eq!(Login3Tenant::at("Tenant.Login3.Example").unwrap(), tenant);
        assert_eq!(Login3Tenant::at("localhost:4000").unwrap().issuer.as_str(), "http://localhost:4000/");
    }

    #[test]
    fn a_domain_is_a_host_and_nothing_else() {
        for domain in
            ["", "https://tenant.example", "tenant.example/", "tenant.example/path", "a?b", "a#b", "u@a", "a b", "a\\b"]
        {
            assert!(Login3Tenant::at(domain).is_err(), "{domain:?}");
        }
    }
}
