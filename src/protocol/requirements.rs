//! What an API asks of a good token before it does what the caller wants.

use crate::protocol::error::{Error, Reason, printable};
use crate::protocol::json::{Object, Value};

/// What a token must allow and say, beyond being good. An empty list asks for nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Requirements<'a> {
    /// Scopes that the token must have, all of them.
    pub scopes: Vec<String>,
    /// Scopes of which the token must have one.
    pub any_scope: Vec<String>,
    /// Permissions that the token must have, all of them (`permissions`, as Login 3.0 writes it).
    pub permissions: Vec<String>,
    /// The organization that the token must be for: its id if this begins with `org_`, else its name.
    pub organization: Option<String>,
    /// The clients that the token may have been issued to.
    pub client_ids: Vec<String>,
    /// Claims that must have exactly these values.
    pub claims: Object<'a>,
}

impl<'a> Requirements<'a> {
    /// From a caller's own words, whose form has been checked.
    #[must_use]
    pub fn read(wish: Object<'a>) -> Self {
        Self {
            scopes: wish.texts("scopes"),
            any_scope: wish.texts("anyScope"),
            permissions: wish.texts("permissions"),
            organization: wish.text("organization").map(str::to_owned),
            client_ids: wish.texts("clientIds"),
            claims: wish.object("claims").unwrap_or_default(),
        }
    }

    /// Checks the claims of a token whose signature is good.
    ///
    /// # Errors
    /// `invalid_token` with reason `claim_mismatch` when the token is for somebody or something else,
    /// `insufficient_scope` when it allows too little, `invalid_token` with reason `claim_type` when it
    /// does not say what it allows in the form of a list.
    pub fn check(&self, claims: Object<'_>) -> Result<(), Error> {
        self.check_client(claims)?;
        self.check_organization(claims)?;
        for (name, value) in self.claims.members() {
            if claims.get(name) != Some(value) {
                return Err(mismatch(name.to_owned(), "the token does not have the required value of a claim"));
            }
        }
        if !(self.scopes.is_empty() && self.any_scope.is_empty()) {
            let (claim, granted) = granted_scopes(claims)?;
            demand_all(&granted, &self.scopes, claim, "scope")?;
            if !self.any_scope.is_empty() && !self.any_scope.iter().any(|scope| granted.contains(&scope.as_str())) {
                let wanted = printable(&self.any_scope.join(" "), 200);
                return Err(Error::insufficient_scope(claim, format!("the token has none of the scopes {wanted}")));
            }
        }
        if self.permissions.is_empty() {
            return Ok(());
        }
        demand_all(&list(claims, "permissions")?, &self.permissions, "permissions", "permission")
    }

    /// Servers name the client in one of these claims or in both (RFC 9068 section 2.2, OIDC
    /// Core section 2).
    fn check_client(&self, claims: Object<'_>) -> Result<(), Error> {
        if self.client_ids.is_empty() {
            return Ok(());
        }
        let mut found = false;
        for name in ["client_id", "azp"] {
            if let Some(client) = claims.text(name) {
                found = true;
                if !self.client_ids.iter().any(|accepted| accepted == client) {
                    return Err(mismatch(name, "the token was issued to another client"));
                }
            }
        }
        if found { Ok(()) } else { Err(mismatch("client_id", "the token does not say which client it was issued to")) }
    }

    fn check_organization(&self, claims: Object<'_>) -> Result<(), Error> {
        let Some(wanted) = &self.organization else { return Ok(()) };
        let is_id = wanted.starts_with("org_");
        let name = if is_id { "org_id" } else { "org_name" };
        let fits = |found: &str| if is_id { found == wanted } else { found.eq_ignore_ascii_case(wanted) };
        if claims.text(name).is_some_and(fits) {
            return Ok(());
        }
        Err(mismatch(name, "the token is for another organization, or for none"))
    }
}

fn mismatch(claim: impl Into<std::borrow::Cow<'static, str>>, message: &'static str) -> Error {
    Error::invalid_claim(Reason::ClaimMismatch, claim, message)
}

fn demand_all(granted: &[&str], wanted: &[String], claim: &'static str, kind: &str) -> Result<(), Error> {
    match wanted.iter().find(|one| !granted.contains(&one.as_str())) {
        None => Ok(()),
        Some(one) => {
            Err(Error::insufficient_scope(claim, format!("the token lacks the {kind} {}", printable(one, 200))))
        }
    }
}

/// The scopes in `scope` (RFC 9068 section 2.2.3), or in `scp` as others call it.
fn granted_scopes(claims: Object<'_>) -> Result<(&'static str, Vec<&str>), Error> {
    let name = if claims.contains("scope") || !claims.contains("scp") { "scope" } else { "scp" };
    list(claims, name).map(|scopes| (name, scopes))
}

/// A list, written as an array of strings or as one string with spaces.
fn list<'a>(claims: Object<'a>, name: &'static str) -> Result<Vec<&'a str>, Error> {
    let items = match claims.get(name) {
        None => return Ok(Vec::new()),
        Some(Value::String(text)) => return Ok(text.split(' ').filter(|item| !item.is_empty()).collect()),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    items.ok_or_else(|| {
        let message = format!("the token's {name} claim is not a string or an array of strings");
        Error::invalid_claim(Reason::ClaimType, name, message)
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};
    use serde_json::{Value, json};

    use super::Requirements;
    use crate::protocol::error::{Code, Reason};
    use crate::protocol::json::{Document, object};

    /// What is wrong with these claims: code, reason, claim.
    fn wrong(requirements: &Requirements<'_>, claims: &Value) -> Option<(Code, Option<Reason>, String)> {
        let claims = object(claims.to_string()).unwrap();
        let error = requirements.check(claims.root()).err()?;
        assert_eq!(error.status, Some(if error.code == Code::InsufficientScope { 403 } else { 401 }));
        Some((error.code, error.reason, error.claim.clone().unwrap().into_owned()))
    }

    fn document(wish: &Value) -> Document {
        object(wish.to_string()).unwrap()
    }

    #[test]
    fn requirements_are_read_as_they_are_written() {
        let own = document(&json!({"own": true}));
        let wish = document(&json!({
            "scopes": ["a", "b", "c"], "anyScope": ["d", "e"], "permissions": ["p q"], "organization": "org_1", "clientIds": "me",
            "claims": {"own": true}
        }));
        assert_eq!(
            Requirements::read(wish.root()),
            Requirements {
                scopes: texts(&["a", "b", "c"]),
                any_scope: texts(&["d", "e"]),
                permissions: texts(&["p q"]),
                organization: Some("org_1".to_owned()),
                client_ids: texts(&["me"]),
                claims: own.root(),
            }
        );
        assert_eq!(Requirements::read(Document::default().root()), Requirements::default());
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with what may be nothing")]
    fn insufficient(claim: &str) -> Option<(Code, Option<Reason>, String)> {
        Some((Code::InsufficientScope, None, claim.to_owned()))
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with what may be nothing")]
    fn mismatch(claim: &str) -> Option<(Code, Option<Reason>, String)> {
        Some((Code::InvalidToken, Some(Reason::ClaimMismatch), claim.to_owned()))
    }

    #[test]
    fn nothing_is_asked_by_default() {
        assert_eq!(wrong(&Requirements::default(), &json!({"scope": 7})), None);
    }

    #[test]
    fn all_scopes_are_needed_however_the_token_lists_them() {
        let requirements = Requirements { scopes: texts(&["read", "write"]), ..Requirements::default() };
        for claims in [
            json!({"scope": "write other read"}),
            json!({"scope": ["read", "write"]}),
            json!({"scp": ["write", "read"]}),
            json!({"scp": "read write"}),
        ] {
            assert_eq!(wrong(&requirements, &claims), None, "{claims}");
        }
        for claims in
            [json!({}), json!({"scope": "read"}), json!({"scope": "readwrite"}), json!({"scope": "READ WRITE"})]
        {
            assert_eq!(wrong(&requirements, &claims), insufficient("scope"), "{claims}");
        }
        assert_eq!(wrong(&requirements, &json!({"scp": ["read write"]})), insufficient("scp"));
        assert_eq!(wrong(&requirements, &json!({"scope": "", "scp": ["read", "write"]})), insufficient("scope"));
        for scope in [json!(7), json!({"read": true}), json!(["read", "write", 1])] {
            let wrong = wrong(&requirements, &json!({"scope": scope}));
            assert_eq!(wrong, Some((Code::InvalidToken, Some(Reason::ClaimType), "scope".to_owned())));
        }
    }

    #[test]
    fn one_of_several_scopes_can_be_enough() {
        let requirements = Requirements { any_scope: texts(&["a", "b"]), ..Requirements::default() };
        assert_eq!(wrong(&requirements, &json!({"scope": "c b"})), None);
        assert_eq!(wrong(&requirements, &json!({"scope": "c ab"})), insufficient("scope"));
    }

    #[test]
    fn all_permissions_are_needed() {
        let requirements = Requirements { permissions: texts(&["a", "b"]), ..Requirements::default() };
        assert_eq!(wrong(&requirements, &json!({"permissions": ["b", "a"]})), None);
        assert_eq!(wrong(&requirements, &json!({"permissions": ["a"], "scope": "a b"})), insufficient("permissions"));
    }

    #[test]
    fn an_organization_is_known_by_its_id_exactly_or_by_its_name_in_any_case() {
        let organization =
            |wanted: &str| Requirements { organization: Some(wanted.to_owned()), ..Requirements::default() };
        assert_eq!(wrong(&organization("org_a"), &json!({"org_id": "org_a"})), None);
        assert_eq!(wrong(&organization("Acme"), &json!({"org_id": "org_a", "org_name": "acme"})), None);
        for claims in
            [json!({"org_id": "org_A"}), json!({"org_name": "org_a"}), json!({"org_id": ["org_a"]}), json!({})]
        {
            assert_eq!(wrong(&organization("org_a"), &claims), mismatch("org_id"), "{claims}");
        }
        for claims in [json!({"org_name": "acme2"}), json!({"org_id": "acme"}), json!({"org_name": null})] {
            assert_eq!(wrong(&organization("acme"), &claims), mismatch("org_name"), "{claims}");
        }
    }

    #[test]
    fn the_client_is_the_one_that_every_claim_about_it_names() {
        let requirements = Requirements { client_ids: texts(&["a", "b"]), ..Requirements::default() };
        for claims in [json!({"azp": "a"}), json!({"client_id": "b"}), json!({"azp": "a", "client_id": "b"})] {
            assert_eq!(wrong(&requirements, &claims), None, "{claims}");
        }
        assert_eq!(wrong(&requirements, &json!({"azp": "a", "client_id": "c"})), mismatch("client_id"));
        assert_eq!(wrong(&requirements, &json!({"azp": "c", "client_id": "a"})), mismatch("azp"));
        assert_eq!(wrong(&requirements, &json!({"sub": "a"})), mismatch("client_id"));
    }

    #[test]
    fn a_claim_has_exactly_the_required_value() {
        let wish = document(&json!({"claims": {"own": {"x": [1, "a"], "y": null}}}));
        let requirements = Requirements::read(wish.root());
        assert_eq!(wrong(&requirements, &json!({"own": {"y": null, "x": [1.0, "a"]}})), None);
        for claims in [
            json!({}),
            json!({"own": {"x": [1, "a"]}}),
            json!({"own": {"x": ["a", 1], "y": null}}),
            json!({"own": null}),
        ] {
            assert_eq!(wrong(&requirements, &claims), mismatch("own"), "{claims}");
        }
    }

    /// What a claim about clients, organizations or what is allowed may be, and what it may not be.
    fn some_claim() -> impl Strategy<Value = Value> {
        prop_oneof![
            4 => "[ab ]{0,3}".prop_map(Value::from),
            3 => proptest::collection::vec(select(vec!["a", "b", "a b", "A"]), 0..3).prop_map(Value::from),
            1 => select(vec![json!(null), json!(7), json!(["a", 7]), json!({"a": "a"}), json!("org_a")]),
        ]
    }

    fn some_claims() -> impl Strategy<Value = Value> {
        let names = vec!["scope", "scp", "permissions", "client_id", "azp", "org_id", "org_name", "own"];
        proptest::collection::btree_map(select(names), some_claim(), 0..8)
            .prop_map(|claims| claims.into_iter().map(|(name, claim)| (name.to_owned(), claim)).collect())
    }

    fn some_texts() -> impl Strategy<Value = Vec<String>> {
        subsequence(vec!["a".to_owned(), "b".to_owned()], 0..=2)
    }

    /// The words of a claim; nothing where it is no list of them.
    fn words(claims: &Value, name: &str) -> Option<Vec<String>> {
        match &claims[name] {
            Value::Null if claims.get(name).is_none() => Some(Vec::new()),
            Value::String(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        }
    }

    proptest! {
        // So many that the rarest combination comes up.
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn whatever_a_token_says_it_passes_only_with_all_that_is_asked(
            claims in some_claims(),
            (scopes, any_scope, permissions, client_ids) in (some_texts(), some_texts(), some_texts(), some_texts()),
            organization in proptest::option::of(select(vec!["a", "org_a"])),
            own in proptest::option::of(some_claim()),
        ) {
            let allows = |wanted: &[String], granted: &Option<Vec<String>>| {
                wanted.is_empty() || granted.as_ref().is_some_and(|granted| wanted.iter().all(|one| granted.contains(one)))
            };
            let scope = if claims.get("scope").is_none() && claims.get("scp").is_some() { "scp" } else { "scope" };
            let granted = words(&claims, scope);
            let is_client = |name: &str| claims[name].as_str().map(|client| client_ids.iter().any(|one| one == client));
            let named: Vec<bool> = ["client_id", "azp"].into_iter().filter_map(is_client).collect();
            let passes = allows(&scopes, &granted)
                && (any_scope.is_empty() || any_scope.iter().any(|one| allows(std::slice::from_ref(one), &granted)))
                && allows(&permissions, &words(&claims, "permissions"))
                && (client_ids.is_empty() || (!named.is_empty() && named.iter().all(|known| *known)))
                && match organization {
                    None => true,
                    Some("a") => claims["org_name"].as_str().is_some_and(|name| name.to_lowercase() == "a"),
                    Some(id) => claims["org_id"] == id,
                }
                && own.as_ref().is_none_or(|own| claims.get("own") == Some(own));

            let mut wish = json!({
                "scopes": scopes, "anyScope": any_scope, "permissions": permissions, "clientIds": client_ids,
                "claims": own.map_or(json!({}), |own| json!({"own": own})),
            });
            if let Some(organization) = organization {
                wish["organization"] = organization.into();
            }
            let found = wrong(&Requirements::read(document(&wish).root()), &claims);
            prop_assert_eq!(found.is_none(), passes, "{:?}", found);
        }
    }
}
