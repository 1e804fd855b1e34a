//! The client credentials request (RFC 6749 section 4.4.2) with its extensions.

use crate::protocol::client_auth::Authentication;
use crate::protocol::http::Request;
use crate::protocol::option::OptionError;
use crate::protocol::profile::{AudienceForm, Profile};
use crate::protocol::url::HttpUrl;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenRequest {
    /// The API the token is for (Login 3.0).
    pub audience: Option<String>,
    /// Scope values in the order they are sent.
    pub scope: Vec<String>,
    /// The organization to act for (Login 3.0).
    pub organization: Option<String>,
    /// The resources the token is for, each a parameter of its own (RFC 8707).
    pub resource: Vec<String>,
    /// What is to be allowed in detail: a JSON array of objects (RFC 9396).
    pub authorization_details: Option<String>,
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
            resource: if overrides.resource.is_empty() { self.resource.clone() } else { overrides.resource },
            authorization_details: overrides.authorization_details.or_else(|| self.authorization_details.clone()),
            parameters,
        }
    }

    /// The HTTP request for this token request, as servers of a profile take it.
    #[must_use]
    pub fn build(&self, endpoint: &HttpUrl, client: &Authentication, profile: Profile) -> Request {
        let (audience, scope) = self.audience_and_scope(profile);
        let mut fields = Vec::new();
        fields.extend(audience.map(|audience| ("audience", audience)));
        fields.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        fields.extend(self.organization.as_ref().map(|organization| ("organization", organization.as_str())));
        fields.extend(self.resource.iter().map(|resource| ("resource", resource.as_str())));
        fields.extend(self.authorization_details.as_ref().map(|details| ("authorization_details", details.as_str())));
        fields.extend(self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        client.post(endpoint, ("grant_type", "client_credentials"), &fields)
    }

    fn audience_and_scope(&self, profile: Profile) -> (Option<&str>, String) {
        let (audience, scope) = (self.audience.as_deref(), self.scope.join(" "));
        match (profile.conventions().audience, audience) {
            (AudienceForm::Parameter, audience) => (audience, scope),
            (AudienceForm::DefaultScope, Some(audience)) if scope.is_empty() => (None, format!("{audience}/.default")),
            (AudienceForm::DefaultScope | AudienceForm::Fixed, _) => (None, scope),
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
    use super::{TokenRequest, check_parameter_name, scope_values};
    use crate::protocol::client_auth::{AuthMethod, Authentication};
    use crate::protocol::http::Method;
    use crate::protocol::profile::Profile;
    use crate::protocol::secret::Secret;
    use crate::protocol::url::{HttpUrl, Transport};

    fn client() -> Authentication {
        Authentication {
            client_id: "my client".to_owned(),
            method: AuthMethod::SecretPost,
            credential: Some(Secret::new("s+&=é".to_owned())),
        }
    }

    fn body_for(request: &TokenRequest, profile: Profile) -> String {
        let endpoint = HttpUrl::parse("https://tenant.example/oauth/token", Transport::Secure).unwrap();
        request.build(&endpoint, &client(), profile).body.unwrap().to_string()
    }

    fn body(request: &TokenRequest) -> String {
        body_for(request, Profile::Generic)
    }

    #[test]
    fn the_request_of_the_login_3_tutorial() {
        let endpoint = HttpUrl::parse("https://tenant.example/oauth/token", Transport::Secure).unwrap();
        let wanted = TokenRequest {
            audience: Some("https://api.example".to_owned()),
            organization: Some("org_1".to_owned()),
            ..TokenRequest::default()
        };
        let request = wanted.build(&endpoint, &client(), Profile::Login3);
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.url.as_str(), "https://tenant.example/oauth/token");
        assert!(request.headers.contains(&("content-type", "application/x-www-form-urlencoded".to_owned().into())));
        assert!(request.headers.contains(&("accept", "application/json".to_owned().into())));
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

    /// RFC 8707 section 2 repeats the parameter; RFC 9396 section 2 writes JSON.
    #[test]
    fn resources_are_repeated_and_details_are_json() {
        let wanted = TokenRequest {
            resource: vec!["https://a.example/".to_owned(), "https://b.example/".to_owned()],
            authorization_details: Some(r#"[{"type":"x"}]"#.to_owned()),
            ..TokenRequest::default()
        };
        assert!(body(&wanted).ends_with(
            "&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F&authorization_details=%5B%7B%22type%22%3A%22x%22%7D%5D"
        ));
    }

    #[test]
    fn servers_that_know_no_audience_are_told_by_scope_or_not_at_all() {
        let wanted = TokenRequest { audience: Some("api://a".to_owned()), ..TokenRequest::default() };
        assert!(body_for(&wanted, Profile::Entra).ends_with("&scope=api%3A%2F%2Fa%2F.default"));
        let scoped = TokenRequest { scope: vec!["api://b/.default".to_owned()], ..wanted.clone() };
        assert!(body_for(&scoped, Profile::Entra).ends_with("&scope=api%3A%2F%2Fb%2F.default"));
        assert!(!body_for(&wanted, Profile::Okta).contains("api"));
        assert!(body_for(&wanted, Profile::Auth0).ends_with("&audience=api%3A%2F%2Fa"));
    }

    #[test]
    fn a_call_overrides_what_it_states_and_nothing_else() {
        let pairs =
            |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        let base = TokenRequest {
            audience: Some("a".to_owned()),
            scope: vec!["s".to_owned()],
            parameters: pairs(&[("x", "1"), ("y", "2")]),
            ..TokenRequest::default()
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
