//! ID tokens: what they must say to the client they are for (OIDC Core section 3.1.3.7).

use crate::protocol::algorithm::{Algorithm, Scheme};
use crate::protocol::claims::{Claims, ClaimsPolicy, Kind, check_audience, missing};
use crate::protocol::error::{Error, Reason};
use crate::protocol::json::Object;
use crate::protocol::time::Timestamp;

/// What an ID token must say beside issuer and times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IdTokenPolicy {
    /// The client it must be for.
    pub client_id: String,
    /// The `nonce` of the authentication request.
    pub nonce: Option<String>,
    /// The greatest time in seconds since the user has authenticated.
    pub max_age: Option<f64>,
    /// The authentication context classes of which it must have one; empty for any.
    pub acr: Vec<String>,
    /// What `at_hash` must be, see [`half_hash`].
    pub at_hash: Option<String>,
    /// What `c_hash` must be, see [`half_hash`].
    pub c_hash: Option<String>,
}

/// The value that `at_hash` or `c_hash` must have: the left half of the hash by the token's own algorithm, in base64url
/// (OIDC Core sections 3.1.3.6 and 3.3.2.11). `halves` are those of SHA-256, SHA-384 and SHA-512.
#[must_use]
pub fn half_hash(halves: &[String], algorithm: Algorithm) -> Option<String> {
    // It is not defined for ML-DSA. This fits nothing.
    let place = if algorithm.scheme() == Scheme::MlDsa {
        halves.len()
    } else {
        (algorithm.hash_length() / 16).saturating_sub(2)
    };
    (!halves.is_empty()).then(|| halves.get(place).cloned().unwrap_or_default())
}

impl IdTokenPolicy {
    /// From a caller's own words, whose form has been checked, for a token by this algorithm.
    #[must_use]
    pub fn read(wish: Object<'_>, algorithm: Algorithm) -> Self {
        Self {
            client_id: wish.text("clientId").unwrap_or_default().to_owned(),
            nonce: wish.text("nonce").map(str::to_owned),
            max_age: wish.number("maxAge"),
            acr: wish.texts("acr"),
            at_hash: half_hash(&wish.texts("accessToken"), algorithm),
            c_hash: half_hash(&wish.texts("code"), algorithm),
        }
    }

    /// Checks the claims of an ID token, and gives the position of its issuer. `base` says which
    /// issuers and times are accepted; its audience is not looked at.
    ///
    /// # Errors
    /// `invalid_token` with the claim and the reason.
    pub fn check(&self, base: &ClaimsPolicy, claims: &Claims, now: Timestamp) -> Result<usize, Error> {
        if claims.is_other_than(Kind::Id) {
            return Err(Error::invalid_token(Reason::Type, "the token is of another kind, not an ID token"));
        }
        let issuer = base.issuer(claims)?;
        check_audience(claims, std::slice::from_ref(&self.client_id))?;
        self.check_authorized_party(claims)?;
        if claims.text("sub").is_none() {
            return Err(missing("sub"));
        }
        if !claims.object().contains("iat") {
            return Err(missing("iat"));
        }
        base.check_times(claims, now)?;
        if let Some(max_age) = self.max_age {
            let authenticated_at = claims.object().number("auth_time").ok_or_else(|| missing("auth_time"))?;
            if now.as_seconds() - authenticated_at > max_age + base.leeway {
                return Err(Error::invalid_claim(
                    Reason::TooOld,
                    "auth_time",
                    "the user has authenticated too long ago",
                ));
            }
        }
        for (name, wanted) in [("nonce", &self.nonce), ("at_hash", &self.at_hash), ("c_hash", &self.c_hash)] {
            if let Some(wanted) = wanted {
                one_of(claims, name, std::slice::from_ref(wanted))?;
            }
        }
        if !self.acr.is_empty() {
            one_of(claims, "acr", &self.acr)?;
        }
        Ok(issuer)
    }

    /// A token for several audiences must say that this client is the one that asked for it.
    fn check_authorized_party(&self, claims: &Claims) -> Result<(), Error> {
        match claims.text("azp") {
            Some(_) => one_of(claims, "azp", std::slice::from_ref(&self.client_id)),
            None if claims.has_several_audiences() => Err(missing("azp")),
            None => Ok(()),
        }
    }
}

fn one_of(claims: &Claims, name: &'static str, accepted: &[String]) -> Result<(), Error> {
    if !claims.object().contains(name) {
        return Err(missing(name));
    }
    if claims.text(name).is_some_and(|value| accepted.iter().any(|one| one == value)) {
        return Ok(());
    }
    let message = format!("the token's {name} claim is not the one that belongs here");
    Err(Error::invalid_claim(Reason::ClaimMismatch, name, message))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value, json};

    use super::{IdTokenPolicy, half_hash};
    use crate::protocol::algorithm::Algorithm;
    use crate::protocol::claims::{Claims, ClaimsPolicy};
    use crate::protocol::error::Reason;
    use crate::protocol::json;
    use crate::protocol::time::Timestamp;

    const NOW: i64 = 1_700_000_000;

    fn good() -> Value {
        json!({"iss": "https://op.example", "aud": "me", "sub": "user", "iat": NOW, "exp": NOW + 60})
    }

    fn with(changes: &Value) -> Value {
        let mut claims = good();
        for (name, value) in changes.as_object().unwrap() {
            if *value == json!("<absent>") {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    fn policy() -> IdTokenPolicy {
        IdTokenPolicy { client_id: "me".to_owned(), ..IdTokenPolicy::default() }
    }

    /// Why these claims are refused, and for which claim.
    fn wrong(policy: &IdTokenPolicy, changes: &Value) -> Option<(Reason, Option<String>)> {
        let base = ClaimsPolicy {
            issuers: vec!["https://op.example".to_owned()],
            audience: Some(vec!["https://api.example".to_owned()]),
            required: &["jti"],
            leeway: 5.0,
            max_age: None,
        };
        let claims = Claims::read(json::object(with(changes).to_string().as_bytes()).unwrap()).unwrap();
        let error = policy.check(&base, &claims, Timestamp::from_millis(NOW * 1000)).err()?;
        Some((error.reason.unwrap(), error.claim.as_deref().map(str::to_owned)))
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with what may be nothing")]
    fn claim(reason: Reason, name: &str) -> Option<(Reason, Option<String>)> {
        Some((reason, Some(name.to_owned())))
    }

    #[test]
    fn a_good_id_token_passes() {
        assert_eq!(wrong(&policy(), &json!({})), None);
        assert_eq!(wrong(&policy(), &json!({"azp": "me", "token_use": "id", "at_hash": "x", "nonce": "n"})), None);
    }

    #[test]
    fn an_access_token_is_no_id_token() {
        for changes in [json!({"token_use": "access"}), json!({"typ": "Bearer"}), json!({"typ": "Refresh"})] {
            assert_eq!(wrong(&policy(), &changes), Some((Reason::Type, None)), "{changes}");
        }
    }

    #[test]
    fn it_is_for_this_client_and_for_others_only_if_it_says_who_asked() {
        assert_eq!(wrong(&policy(), &json!({"aud": "other"})), claim(Reason::ClaimMismatch, "aud"));
        assert_eq!(wrong(&policy(), &json!({"aud": "<absent>"})), claim(Reason::MissingClaim, "aud"));
        assert_eq!(wrong(&policy(), &json!({"aud": ["me"]})), None);
        assert_eq!(wrong(&policy(), &json!({"aud": ["me", "other"]})), claim(Reason::MissingClaim, "azp"));
        assert_eq!(wrong(&policy(), &json!({"aud": ["me", "other"], "azp": "me"})), None);
        assert_eq!(
            wrong(&policy(), &json!({"aud": ["me", "other"], "azp": "other"})),
            claim(Reason::ClaimMismatch, "azp")
        );
        assert_eq!(wrong(&policy(), &json!({"azp": "other"})), claim(Reason::ClaimMismatch, "azp"));
    }

    #[test]
    fn what_every_id_token_has_must_be_there() {
        for name in ["iss", "sub", "iat", "exp"] {
            assert_eq!(wrong(&policy(), &json!({name: "<absent>"})), claim(Reason::MissingClaim, name));
        }
        assert_eq!(wrong(&policy(), &json!({"iss": "https://op.example/"})), claim(Reason::ClaimMismatch, "iss"));
        assert_eq!(wrong(&policy(), &json!({"exp": NOW - 5})), claim(Reason::Expired, "exp"));
    }

    #[test]
    fn what_was_asked_for_must_be_there_and_equal() {
        let text = || Some("wanted".to_owned());
        for (name, policy) in [
            ("nonce", IdTokenPolicy { nonce: text(), ..policy() }),
            ("at_hash", IdTokenPolicy { at_hash: text(), ..policy() }),
            ("c_hash", IdTokenPolicy { c_hash: text(), ..policy() }),
            ("acr", IdTokenPolicy { acr: vec!["first".to_owned(), "wanted".to_owned()], ..policy() }),
        ] {
            assert_eq!(wrong(&policy, &json!({name: "wanted"})), None, "{name}");
            assert_eq!(wrong(&policy, &json!({})), claim(Reason::MissingClaim, name));
            assert_eq!(wrong(&policy, &json!({name: "Wanted"})), claim(Reason::ClaimMismatch, name));
        }
    }

    #[test]
    fn the_time_of_authentication_counts_where_an_age_is_set() {
        let policy = IdTokenPolicy { max_age: Some(100.0), ..policy() };
        assert_eq!(wrong(&policy, &json!({"auth_time": NOW - 105})), None);
        assert_eq!(wrong(&policy, &json!({"auth_time": NOW - 106})), claim(Reason::TooOld, "auth_time"));
        assert_eq!(wrong(&policy, &json!({})), claim(Reason::MissingClaim, "auth_time"));
    }

    #[test]
    fn the_hash_is_the_one_of_the_tokens_algorithm() {
        let halves = ["256", "384", "512"].map(str::to_owned);
        for (algorithm, half) in [
            (Algorithm::Rs256, "256"),
            (Algorithm::Es384, "384"),
            (Algorithm::Ps512, "512"),
            (Algorithm::EdDsa, "512"),
            (Algorithm::Hs256, "256"),
            (Algorithm::MlDsa65, ""),
        ] {
            assert_eq!(half_hash(&halves, algorithm).as_deref(), Some(half), "{algorithm}");
            assert_eq!(half_hash(&[], algorithm), None);
        }
        let wish = json::object(br#"{"clientId":"me","accessToken":["a","b","c"],"acr":"x","maxAge":0}"#).unwrap();
        assert_eq!(
            IdTokenPolicy::read(wish.root(), Algorithm::Rs384),
            IdTokenPolicy { max_age: Some(0.0), acr: vec!["x".to_owned()], at_hash: Some("b".to_owned()), ..policy() }
        );
    }

    /// A claim that is good, that is not there, or that is something else.
    fn some(good: Value, others: Vec<Value>) -> impl Strategy<Value = Value> {
        prop_oneof![12 => Just(good), 1 => Just(json!("<absent>")), 1 => select(others)]
    }

    proptest! {
        // So many that the rarest combination comes up.
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn whatever_an_id_token_says_it_passes_only_with_all_that_is_asked(
            iss in some(json!("https://op.example"), vec![json!("https://op.example/"), json!("")]),
            aud in some(json!("me"), vec![json!("other"), json!(["me", "other"]), json!(["me"])]),
            azp in some(json!("me"), vec![json!("other"), json!("")]),
            sub in some(json!("user"), vec![json!("")]),
            iat in some(json!(NOW), vec![json!(NOW - 1000), json!(NOW + 4), json!(NOW + 100)]),
            exp in some(json!(NOW + 60), vec![json!(NOW - 4), json!(NOW - 5), json!(NOW), json!(0)]),
            nbf in some(json!("<absent>"), vec![json!(NOW + 4), json!(NOW + 100)]),
            auth_time in some(json!(NOW - 10), vec![json!(NOW - 105), json!(NOW - 106), json!(NOW + 4)]),
            (nonce, acr) in (some(json!("n"), vec![json!("N")]), some(json!("one"), vec![json!("two"), json!("three")])),
            (asks_nonce, asks_age, asks_acr) in any::<(bool, bool, bool)>(),
        ) {
            let absent = json!("<absent>");
            let date = |claim: &Value| claim.as_i64();
            let is_for_me = match &aud {
                Value::Array(all) => all.iter().any(|one| one == "me"),
                one => *one == "me",
            };
            let several = aud.as_array().is_some_and(|all| all.len() > 1);
            let passes = iss == "https://op.example"
                && is_for_me
                && (azp == "me" || (azp == absent && !several))
                && sub != absent
                && date(&iat).is_some_and(|iat| iat <= NOW + 5)
                && date(&exp).is_some_and(|exp| NOW < exp + 5)
                && date(&nbf).is_none_or(|nbf| nbf <= NOW + 5)
                && (!asks_age || date(&auth_time).is_some_and(|time| NOW - time <= 105))
                && (!asks_nonce || nonce == "n")
                && (!asks_acr || acr == "one" || acr == "two");
            let policy = IdTokenPolicy {
                nonce: asks_nonce.then(|| "n".to_owned()),
                max_age: asks_age.then_some(100.0),
                acr: if asks_acr { vec!["one".to_owned(), "two".to_owned()] } else { Vec::new() },
                ..policy()
            };
            let changes = json!({
                "iss": iss, "aud": aud, "azp": azp, "sub": sub, "iat": iat, "exp": exp, "nbf": nbf, "auth_time": auth_time,
                "nonce": nonce, "acr": acr,
            });
            let found = wrong(&policy, &changes);
            prop_assert_eq!(found.is_none(), passes, "{:?}", found);
        }
    }
}
