//! The client credentials request (RFC 6749 section 4.4.2) with its extensions.

use form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::protocol::http::{Method, Request};
use crate::protocol::option::OptionError;
use crate::protocol::secret::Secret;
use crate::protocol::url::HttpUrl;

/// Who asks: client id and secret, sent in the body (`client_secret_post`, RFC 6749 section 2.3.1).
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Secret,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenRequest {
    /// The API the token is for (Login 3.0).
    pub audience: Option<String>,
    /// Scope values in the order they are sent.
    pub scope: Vec<String>,
    /// The organization to act for (Login 3.0).
    pub organization: Option<String>,
    /// Further parameters.
    pub parameters: Vec<(String, String)>,
}

/// Parameters that have a meaning of their own here or in an RFC: not to be set as extra ones.
const PROTOCOL_PARAMETERS: [&str; 10] = [
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "audience",
    "scope",
    "organization",
    "resource",
    "authorization_details",
];

impl TokenRequest {
    /// This request with what `overrides` states put in its place; extra parameters are replaced
    /// one by one.
    #[must_use]
    pub fn overridden_by(&self, overrides: Self) -> Self {
        let mut parameters = self.parameters.clone();
        for (name, value) in overrides.parameters {
            match parameters.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => parameters.push((name, value)),
            }
        }
        Self {
            audience: overrides.audience.or_else(|| self.audience.clone()),
            scope: if overrides.scope.is_empty() { self.scope.clone() } else { overrides.scope },
            organization: overrides.organization.or_else(|| self.organization.clone()),
            parameters,
        }
    }

    /// The HTTP request for this token request.
    #[must_use]
    pub fn build(&self, endpoint: &HttpUrl, credentials: &ClientCredentials) -> Request {
        let scope = self.scope.join(" ");
        let mut pairs = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &credentials.client_id),
            ("client_secret", credentials.client_secret.expose()),
        ];
        pairs.extend(self.audience.as_ref().map(|audience| ("audience", audience.as_str())));
        pairs.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        pairs.extend(self.organization.as_ref().map(|organization| ("organization", organization.as_str())));
        pairs.extend(self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        // Room for the whole body at once: a String that grows leaves copies of the secret behind.
        let length =
            |total: usize, (name, value): &(&str, &str)| total.saturating_add(name.len()).saturating_add(value.len());
        let capacity = pairs.iter().fold(pairs.len(), length).saturating_mul(3);
        let mut body = Serializer::new(String::with_capacity(capacity));
        body.extend_pairs(pairs);
        Request {
            method: Method::Post,
            url: endpoint.clone(),
            headers: vec![
                ("accept", "application/json".to_owned()),
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ],
            body: Some(Zeroizing::new(body.finish())),
        }
    }
}

/// Scope values as RFC 6749 section 3.3 writes them, from one string with spaces.
///
/// # Errors
/// When the string is blank or holds a character that is not allowed.
pub fn scope_values(text: &str, path: &str) -> Result<Vec<String>, OptionError> {
    let values: Vec<String> = text.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect();
    if values.is_empty() {
        return Err(OptionError::new(path.to_owned(), "must not be empty"));
    }
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if values.iter().any(|value| !value.bytes().all(allowed)) {
        return Err(OptionError::new(
            path.to_owned(),
            "must hold visible ASCII characters other than \" and \\ (RFC 6749 section 3.3)",
        ));
    }
    Ok(values)
}

/// Refuses an extra parameter that would overwrite one of the protocol's.
///
/// # Errors
/// Names the parameter's path.
pub fn check_parameter_name(name: &str, path: &str) -> Result<(), OptionError> {
    if name.is_empty() {
        return Err(OptionError::new(path.to_owned(), "must not have an empty name"));
    }
    if PROTOCOL_PARAMETERS.contains(&name) {
        return Err(OptionError::new(
            format!("{path}.{name}"),
            "cannot be set here: it is a parameter of the protocol",
        ));
    }
    Ok(())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{ClientCredentials, TokenRequest, check_parameter_name, scope_values};
    use crate::protocol::http::Method;
    use crate::protocol::secret::Secret;
    use crate::protocol::url::{HttpUrl, Transport};

    fn credentials() -> ClientCredentials {
        ClientCredentials { client_id: "my client".to_owned(), client_secret: Secret::new("s+&=é".to_owned()) }
    }

    fn body(request: &TokenRequest) -> String {
        let endpoint = HttpUrl::parse("https://tenant.example/oauth/token", Transport::Secure).unwrap();
        request.build(&endpoint, &credentials()).body.unwrap().to_string()
    }

    #[test]
    fn the_request_of_the_login_3_tutorial() {
        let endpoint = HttpUrl::parse("https://tenant.example/oauth/token", Transport::Secure).unwrap();
        let wanted = TokenRequest {
            audience: Some("https://api.example".to_owned()),
            organization: Some("org_1".to_owned()),
            ..TokenRequest::default()
        };
        let request = wanted.build(&endpoint, &credentials());
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.url.as_str(), "https://tenant.example/oauth/token");
        assert!(request.headers.contains(&("content-type", "application/x-www-form-urlencoded".to_owned())));
        assert!(request.headers.contains(&("accept", "application/json".to_owned())));
        assert_eq!(
            request.body.unwrap().as_str(),
            "grant_type=client_credentials&client_id=my+client&client_secret=s%2B%26%3D%C3%A9&audience=https%3A%2F%2Fapi.example&organization=org_1"
        );
    }

    #[test]
    fn scope_and_extra_parameters_follow() {
        let wanted = TokenRequest {
            scope: scope_values("read:a  write:a", "scope").unwrap(),
            parameters: vec![("tenant".to_owned(), "a b".to_owned())],
            ..TokenRequest::default()
        };
        assert!(body(&wanted).ends_with("&scope=read%3Aa+write%3Aa&tenant=a+b"));
        assert!(!body(&wanted).contains("audience"));
    }

    #[test]
    fn a_call_overrides_what_it_states_and_nothing_else() {
        let pairs =
            |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        let base = TokenRequest {
            audience: Some("a".to_owned()),
            scope: vec!["s".to_owned()],
            organization: None,
            parameters: pairs(&[("x", "1"), ("y", "2")]),
        };
        let merged = base.overridden_by(TokenRequest {
            audience: Some("b".to_owned()),
            parameters: pairs(&[("y", "3"), ("z", "4")]),
            ..TokenRequest::default()
        });
        assert_eq!(merged.audience.as_deref(), Some("b"));
        assert_eq!(merged.scope, ["s"]);
        assert_eq!(merged.parameters, pairs(&[("x", "1"), ("y", "3"), ("z", "4")]));
    }

    #[test]
    fn scope_characters_are_those_of_rfc_6749() {
        for text in ["", "  ", "a\tb", "a\"b", "a\\b", "é", "a\nb"] {
            assert!(scope_values(text, "options.scope").is_err(), "{text:?}");
        }
    }

    #[test]
    fn protocol_parameters_cannot_be_overwritten() {
        let error = check_parameter_name("client_secret", "options.parameters").unwrap_err();
        assert_eq!(
            error.to_string(),
            "gatepass: options.parameters.client_secret cannot be set here: it is a parameter of the protocol"
        );
        assert!(check_parameter_name("", "options.parameters").is_err());
        assert!(check_parameter_name("tenant", "options.parameters").is_ok());
    }
}
