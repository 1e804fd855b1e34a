//! What servers do differently: one table, one word for each row. Whatever a caller states wins.
//!
//! | profile | source |
//! |---|---|
//! | `login3` | Login 3.0, "Call Your API Using the Client Credentials Flow" |
//! | `auth0` | auth0.com/docs, "Call Your API Using the Client Credentials Flow", "Authenticate with Private Key JWT" |
//! | `entra` | learn.microsoft.com/entra/identity-platform, "OAuth 2.0 client credentials flow", "Certificate credentials" |
//! | `okta` | developer.okta.com/docs, "Implement authorization by grant type: Client Credentials", "Client authentication methods" |
//! | `cognito` | docs.aws.amazon.com/cognito, "The token issuer endpoint" |
//! | `keycloak` | keycloak.org, "Securing applications and services with `OpenID` Connect" |
//! | `generic` | RFC 6749, RFC 8414, RFC 8707, RFC 7523 |
//!
//! There is no column for `typ` and none for the encoding of Basic credentials: the tokens of all of them that others may
//! judge say `JWT`, `at+jwt` or nothing, which is `TypePolicy::Auto`, and all of them decode forms.

use crate::protocol::algorithm::Algorithm;
use crate::protocol::client_auth::AuthMethod;
use crate::protocol::metadata::{Endpoints, Issuer};
use crate::protocol::url::{HttpUrl, Transport, UrlProblem, is_loopback_authority};

/// The conventions of an authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Login 3.0 (Auth0-style): endpoints at fixed paths of a domain, RS256, an issuer that ends
    /// in a slash.
    Login3,
    /// Auth0.
    Auth0,
    /// Microsoft Entra ID, its endpoints of version 2.0.
    Entra,
    /// Okta.
    Okta,
    /// Amazon Cognito user pools.
    Cognito,
    /// Keycloak.
    Keycloak,
    /// Nothing but the standards.
    Generic,
}

/// How a server is told which API a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudienceForm {
    /// By the parameter `audience`.
    Parameter,
    /// By the scope `{audience}/.default`, unless scopes are stated.
    DefaultScope,
    /// Not at all: it follows from the server or from the scopes.
    Fixed,
}

/// Whom a client assertion is for, unless the caller says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The issuer; where none is known, the token endpoint.
    Issuer,
    /// The token endpoint.
    TokenEndpoint,
}

/// What is done with the tokens that the client receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// JWTs are verified against the issuer's keys; what nobody can tell is used.
    Auto,
    /// Tokens must verify.
    Strict,
    /// They are passed on as they come.
    Off,
}

/// Where endpoints are below an issuer, whose slash at the end is left out.
#[derive(Debug, Clone, Copy)]
struct Paths {
    /// What the issuer ends with that the endpoints' addresses do not have.
    suffix: &'static str,
    /// What comes first where the issuer has no path.
    at_root: &'static str,
    token: &'static str,
    keys: &'static str,
    introspection: &'static str,
    revocation: &'static str,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Conventions {
    /// The name callers use.
    pub name: &'static str,
    /// How the API is named.
    pub audience: AudienceForm,
    /// How a client with a secret authenticates.
    pub secret_method: AuthMethod,
    /// Whom assertions are for.
    pub assertion_audience: AssertionAudience,
    /// Whether the id of an assertion's key is the thumbprint of a certificate.
    pub key_id_is_thumbprint: bool,
    /// What its tokens are signed with.
    pub algorithms: &'static [Algorithm],
    /// How long a token lives of which nothing says so, in seconds.
    pub lifetime: f64,
    /// What is done with received tokens.
    pub validation: Validation,
    paths: Option<Paths>,
}

const GENERIC: Conventions = Conventions {
    name: "generic",
    audience: AudienceForm::Parameter,
    secret_method: AuthMethod::SecretPost,
    assertion_audience: AssertionAudience::Issuer,
    key_id_is_thumbprint: false,
    algorithms: &Algorithm::ASYMMETRIC,
    lifetime: 300.0,
    validation: Validation::Auto,
    paths: None,
};

const LOGIN3: Conventions = Conventions {
    name: "login3",
    algorithms: &[Algorithm::Rs256],
    lifetime: 86_400.0,
    paths: Some(Paths {
        suffix: "",
        at_root: "",
        token: "/oauth/token",
        keys: "/.well-known/jwks.json",
        introspection: "",
        revocation: "",
    }),
    ..GENERIC
};

const AUTH0: Conventions = Conventions { name: "auth0", ..LOGIN3 };

const ENTRA: Conventions = Conventions {
    name: "entra",
    audience: AudienceForm::DefaultScope,
    assertion_audience: AssertionAudience::TokenEndpoint,
    key_id_is_thumbprint: true,
    algorithms: &[Algorithm::Rs256],
    lifetime: 3600.0,
    // Tokens for Microsoft's own APIs do not verify on purpose, and those of version 1.0 name another issuer.
    validation: Validation::Off,
    paths: Some(Paths {
        suffix: "/v2.0",
        at_root: "",
        token: "/oauth2/v2.0/token",
        keys: "/discovery/v2.0/keys",
        introspection: "",
        revocation: "",
    }),
    ..GENERIC
};

const OKTA: Conventions = Conventions {
    name: "okta",
    audience: AudienceForm::Fixed,
    secret_method: AuthMethod::SecretBasic,
    assertion_audience: AssertionAudience::TokenEndpoint,
    algorithms: &[Algorithm::Rs256],
    lifetime: 3600.0,
    paths: Some(Paths {
        suffix: "",
        at_root: "/oauth2",
        token: "/v1/token",
        keys: "/v1/keys",
        introspection: "/v1/introspect",
        revocation: "/v1/revoke",
    }),
    ..GENERIC
};

const COGNITO: Conventions = Conventions {
    name: "cognito",
    audience: AudienceForm::Fixed,
    secret_method: AuthMethod::SecretBasic,
    algorithms: &[Algorithm::Rs256],
    lifetime: 3600.0,
    ..GENERIC
};

const KEYCLOAK: Conventions = Conventions {
    name: "keycloak",
    paths: Some(Paths {
        suffix: "",
        at_root: "",
        token: "/protocol/openid-connect/token",
        keys: "/protocol/openid-connect/certs",
        introspection: "/protocol/openid-connect/token/introspect",
        revocation: "/protocol/openid-connect/revoke",
    }),
    ..GENERIC
};

impl Profile {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Login3, Self::Auth0, Self::Entra, Self::Okta, Self::Cognito, Self::Keycloak, Self::Generic];

    /// The profile of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.conventions().name == name)
    }

    /// Their names.
    #[must_use]
    pub fn names() -> [&'static str; 7] {
        Self::ALL.map(|profile| profile.conventions().name)
    }

    /// Its row.
    #[must_use]
    pub const fn conventions(self) -> &'static Conventions {
        match self {
            Self::Login3 => &LOGIN3,
            Self::Auth0 => &AUTH0,
            Self::Entra => &ENTRA,
            Self::Okta => &OKTA,
            Self::Cognito => &COGNITO,
            Self::Keycloak => &KEYCLOAK,
            Self::Generic => &GENERIC,
        }
    }

    /// Whether its servers are known by a domain alone.
    #[must_use]
    pub const fn has_domain(self) -> bool {
        matches!(self, Self::Login3 | Self::Auth0)
    }

    /// The algorithms its servers sign access tokens with.
    #[must_use]
    pub fn algorithms(self) -> Vec<Algorithm> {
        self.conventions().algorithms.to_vec()
    }

    /// The endpoints of an issuer that are where this profile's always are. The others are looked up.
    #[must_use]
    pub fn endpoints(self, issuer: &Issuer, transport: Transport) -> Endpoints {
        let Some(paths) = self.conventions().paths else { return Endpoints::default() };
        let Some(base) = issuer.as_str().trim_end_matches('/').strip_suffix(paths.suffix) else {
            return Endpoints::default();
        };
        let root = if issuer.is_origin() { paths.at_root } else { "" };
        let at = |path: &str| {
            (!path.is_empty()).then(|| HttpUrl::parse(&format!("{base}{root}{path}"), transport).ok()).flatten()
        };
        Endpoints {
            token: at(paths.token),
            keys: at(paths.keys),
            introspection: at(paths.introspection),
            revocation: at(paths.revocation),
        }
    }
}

/// The issuer of a domain, `host` or `host:port`, with its slash. A loopback host is spoken to over
/// plain http, every other one over https.
///
/// # Errors
/// When this is more or less than a host.
pub fn issuer_of_domain(domain: &str) -> Result<Issuer, UrlProblem> {
    // Host names have no case, issuers do, and they are written in lower case.
    let domain = &domain.to_ascii_lowercase();
    let scheme = if is_loopback_authority(domain) { "http" } else { "https" };
    let issuer =
        Issuer::parse(&format!("{scheme}://{domain}/"), Transport::Secure).map_err(|_| UrlProblem::NotAHost)?;
    if issuer.is_origin() { Ok(issuer) } else { Err(UrlProblem::NotAHost) }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{Profile, issuer_of_domain};
    use crate::protocol::metadata::Issuer;
    use crate::protocol::url::{HttpUrl, Transport};

    fn endpoints(profile: Profile, issuer: &str) -> [String; 4] {
        let found = profile.endpoints(&Issuer::parse(issuer, Transport::Secure).unwrap(), Transport::Secure);
        let text = |url: Option<HttpUrl>| url.map_or_else(String::new, |url| url.as_str().to_owned());
        [text(found.token), text(found.keys), text(found.introspection), text(found.revocation)]
    }

    #[test]
    fn a_tenants_addresses_follow_from_its_domain() {
        let issuer = issuer_of_domain("tenant.login3.example").unwrap();
        assert_eq!(issuer.as_str(), "https://tenant.login3.example/");
        assert_eq!(
            endpoints(Profile::Login3, issuer.as_str())[..2],
            ["https://tenant.login3.example/oauth/token", "https://tenant.login3.example/.well-known/jwks.json"]
        );
        assert_eq!(issuer_of_domain("Tenant.Login3.Example").unwrap(), issuer);
        assert_eq!(issuer_of_domain("localhost:4000").unwrap().as_str(), "http://localhost:4000/");
    }

    #[test]
    fn a_domain_is_a_host_and_nothing_else() {
        for domain in
            ["", "https://tenant.example", "tenant.example/", "tenant.example/path", "a?b", "a#b", "u@a", "a b", "a\\b"]
        {
            assert!(issuer_of_domain(domain).is_err(), "{domain:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_table() {
        for profile in Profile::ALL {
            assert_eq!(Profile::from_name(profile.conventions().name), Some(profile));
        }
        assert_eq!(Profile::from_name("azure"), None);
    }

    #[test]
    fn endpoints_follow_from_the_issuer_where_a_server_always_has_them_there() {
        assert_eq!(
            endpoints(Profile::Entra, "https://login.microsoftonline.com/t1/v2.0"),
            [
                "https://login.microsoftonline.com/t1/oauth2/v2.0/token",
                "https://login.microsoftonline.com/t1/discovery/v2.0/keys",
                "",
                ""
            ]
        );
        assert_eq!(endpoints(Profile::Entra, "https://sts.windows.net/t1/"), ["", "", "", ""]);
        assert_eq!(
            endpoints(Profile::Okta, "https://dev.okta.example"),
            ["token", "keys", "introspect", "revoke"].map(|end| format!("https://dev.okta.example/oauth2/v1/{end}"))
        );
        assert_eq!(
            endpoints(Profile::Okta, "https://dev.okta.example/oauth2/default")[0],
            "https://dev.okta.example/oauth2/default/v1/token"
        );
        assert_eq!(
            endpoints(Profile::Keycloak, "https://sso.example/realms/r"),
            ["token", "certs", "token/introspect", "revoke"]
                .map(|end| format!("https://sso.example/realms/r/protocol/openid-connect/{end}"))
        );
        for profile in [Profile::Generic, Profile::Cognito] {
            assert_eq!(endpoints(profile, "https://as.example/"), ["", "", "", ""]);
        }
    }
}
