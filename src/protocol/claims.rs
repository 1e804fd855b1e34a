//! The registered claims (RFC 7519 section 4.1) and what an access token's must say.

use crate::protocol::error::{Error, Reason};
use crate::protocol::json::{Object, Value};
use crate::protocol::time::Timestamp;

/// The largest date that is believed: the end of the year 9999.
const LATEST_DATE: f64 = 253_402_300_799.0;

/// Claims whose types have been checked, from a token that is not verified yet.
#[derive(Debug, Clone)]
pub struct Claims {
    issuer: Option<String>,
    audience: Option<Vec<String>>,
    expires_at: Option<f64>,
    not_before: Option<f64>,
    issued_at: Option<f64>,
    is_id_token: bool,
}

impl Claims {
    /// Checks the type of every registered claim, whether the policy looks at it or not.
    ///
    /// # Errors
    /// `invalid_token` with reason `claim_type`.
    pub fn read(object: &Object) -> Result<Self, Error> {
        for name in ["sub", "jti", "client_id", "azp", "nonce"] {
            string(object, name)?;
        }
        date(object, "auth_time")?;
        Ok(Self {
            issuer: string(object, "iss")?,
            audience: audience(object)?,
            expires_at: date(object, "exp")?,
            not_before: date(object, "nbf")?,
            issued_at: date(object, "iat")?,
            is_id_token: object.contains("at_hash") || object.contains("c_hash"),
        })
    }
}

/// What the claims of an access token must say.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimsPolicy {
    /// `iss`, character by character.
    pub issuer: String,
    /// `aud` must contain one of these; `None` when the caller opted out.
    pub audience: Option<Vec<String>>,
    /// Seconds the clocks of issuer and verifier may differ.
    pub leeway: f64,
    /// The greatest age in seconds, by `iat`.
    pub max_age: Option<f64>,
}

impl ClaimsPolicy {
    /// Checks the claims at a point in time, cheapest and most telling first.
    ///
    /// # Errors
    /// `invalid_token` with the claim and the reason. No claim's value is in the message: the
    /// signature has not been checked yet.
    pub fn check(&self, claims: &Claims, now: Timestamp) -> Result<(), Error> {
        if claims.is_id_token {
            return Err(Error::invalid_token(Reason::Type, "the token is an ID token, not an access token"));
        }
        match &claims.issuer {
            None => return Err(missing("iss")),
            Some(issuer) if *issuer != self.issuer => {
                return Err(Error::invalid_claim(
                    Reason::ClaimMismatch,
                    "iss",
                    "the token is from another issuer (compared character by character, a trailing slash counts)",
                ));
            }
            Some(_) => {}
        }
        if let Some(accepted) = &self.audience {
            let audience = claims.audience.as_ref().ok_or_else(|| missing("aud"))?;
            if !audience.iter().any(|value| accepted.contains(value)) {
                return Err(Error::invalid_claim(Reason::ClaimMismatch, "aud", "the token is for another audience"));
            }
        }
        self.check_times(claims, now.as_seconds())
    }

    fn check_times(&self, claims: &Claims, now: f64) -> Result<(), Error> {
        let expires_at = claims.expires_at.ok_or_else(|| missing("exp"))?;
        if now >= expires_at + self.leeway {
            return Err(Error::invalid_claim(Reason::Expired, "exp", "the token has expired"));
        }
        if claims.not_before.is_some_and(|not_before| not_before > now + self.leeway) {
            return Err(Error::invalid_claim(Reason::NotYetValid, "nbf", "the token is not valid yet"));
        }
        if claims.issued_at.is_some_and(|issued_at| issued_at > now + self.leeway) {
            return Err(Error::invalid_claim(
                Reason::IssuedInFuture,
                "iat",
                "the token was issued in the future: one of the clocks is wrong",
            ));
        }
        if let Some(max_age) = self.max_age {
            let issued_at = claims.issued_at.ok_or_else(|| missing("iat"))?;
            if now - issued_at > max_age + self.leeway {
                return Err(Error::invalid_claim(Reason::TooOld, "iat", "the token was issued too long ago"));
            }
        }
        Ok(())
    }
}

fn missing(claim: &'static str) -> Error {
    Error::invalid_claim(Reason::MissingClaim, claim, format!("the token has no {claim} claim"))
}

fn wrong_type(claim: &'static str, expected: &str) -> Error {
    Error::invalid_claim(Reason::ClaimType, claim, format!("the token's {claim} claim is not {expected}"))
}

fn string(object: &Object, name: &'static str) -> Result<Option<String>, Error> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong_type(name, "a string")),
    }
}

fn audience(object: &Object) -> Result<Option<Vec<String>>, Error> {
    let wrong = || wrong_type("aud", "a string or a non-empty array of strings");
    match object.get("aud") {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![text.clone()])),
        Some(Value::Array(items)) if !items.is_empty() => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(wrong()),
    }
}

/// A `NumericDate`: seconds, possibly fractional, up to the end of the year 9999.
fn date(object: &Object, name: &'static str) -> Result<Option<f64>, Error> {
    match object.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(seconds) if seconds.abs() <= LATEST_DATE => Ok(Some(seconds)),
            _ => Err(wrong_type(name, "a date in seconds")),
        },
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{Claims, ClaimsPolicy};
    use crate::protocol::error::{Error, Reason};
    use crate::protocol::json;
    use crate::protocol::time::Timestamp;

    const NOW: i64 = 1_700_000_000;

    fn policy() -> ClaimsPolicy {
        ClaimsPolicy {
            issuer: "https://tenant.example/".to_owned(),
            audience: Some(vec!["https://api.example".to_owned(), "second".to_owned()]),
            leeway: 5.0,
            max_age: None,
        }
    }

    fn good() -> Value {
        json!({"iss": "https://tenant.example/", "aud": "https://api.example", "exp": NOW + 60, "iat": NOW, "sub": "me"})
    }

    fn check_at(claims: &Value, policy: &ClaimsPolicy, seconds: i64) -> Result<(), Error> {
        let object = json::object(claims.to_string().as_bytes()).unwrap();
        policy.check(&Claims::read(&object)?, Timestamp::from_millis(seconds * 1000))
    }

    fn refused(name: &str, value: Value) -> (Reason, Option<&'static str>) {
        let mut claims = good();
        if value == json!("<absent>") {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        let error = check_at(&claims, &policy(), NOW).unwrap_err();
        (
            error.reason.unwrap(),
            if let Some(std::borrow::Cow::Borrowed(claim)) = error.claim { Some(claim) } else { None },
        )
    }

    #[test]
    fn a_good_token_passes_until_it_expires() {
        assert_eq!(check_at(&good(), &policy(), NOW), Ok(()));
        assert_eq!(check_at(&good(), &policy(), NOW + 64), Ok(()));
        assert_eq!(check_at(&good(), &policy(), NOW + 65).unwrap_err().reason, Some(Reason::Expired));
        let strict = ClaimsPolicy { leeway: 0.0, ..policy() };
        assert_eq!(
            check_at(&good(), &strict, NOW + 60).unwrap_err().reason,
            Some(Reason::Expired),
            "exp itself is too late"
        );
    }

    #[test]
    fn required_claims_must_be_there_and_equal() {
        assert_eq!(refused("iss", json!("<absent>")), (Reason::MissingClaim, Some("iss")));
        assert_eq!(refused("aud", json!("<absent>")), (Reason::MissingClaim, Some("aud")));
        assert_eq!(refused("exp", json!("<absent>")), (Reason::MissingClaim, Some("exp")));
        assert_eq!(refused("iss", json!("https://tenant.example")), (Reason::ClaimMismatch, Some("iss")));
        assert_eq!(refused("aud", json!("https://api.example/")), (Reason::ClaimMismatch, Some("aud")));
    }

    #[test]
    fn one_of_several_audiences_is_enough_and_null_opts_out() {
        let mut claims = good();
        claims["aud"] = json!(["other", "second"]);
        assert_eq!(check_at(&claims, &policy(), NOW), Ok(()));
        claims.as_object_mut().unwrap().remove("aud");
        assert_eq!(check_at(&claims, &ClaimsPolicy { audience: None, ..policy() }, NOW), Ok(()));
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_refused_even_when_nobody_asked_for_it() {
        for (name, value) in [
            ("iss", json!(["https://tenant.example/"])),
            ("aud", json!(1)),
            ("aud", json!([])),
            ("aud", json!(["https://api.example", 1])),
            ("aud", json!([["https://api.example"]])),
            ("exp", json!("1700000060")),
            ("exp", json!(null)),
            ("exp", json!(1e300)),
            ("exp", json!(253_402_300_800_i64)),
            ("nbf", json!(-1e300)),
            ("iat", json!(true)),
            ("auth_time", json!("now")),
            ("sub", json!(1)),
            ("jti", json!({})),
            ("client_id", json!([])),
            ("azp", json!(null)),
            ("nonce", json!(7)),
        ] {
            assert_eq!(refused(name, value.clone()).0, Reason::ClaimType, "{name}: {value}");
        }
    }

    #[test]
    fn dates_ahead_are_refused_beyond_the_leeway() {
        assert_eq!(refused("nbf", json!(NOW + 6)), (Reason::NotYetValid, Some("nbf")));
        assert_eq!(refused("iat", json!(NOW + 6)), (Reason::IssuedInFuture, Some("iat")));
        let mut claims = good();
        claims["nbf"] = json!(NOW + 5);
        claims["iat"] = json!(NOW + 5);
        claims["exp"] = json!(NOW as f64 + 0.5);
        assert_eq!(check_at(&claims, &policy(), NOW), Ok(()));
    }

    #[test]
    fn an_old_token_is_refused_when_a_greatest_age_is_set() {
        let policy = ClaimsPolicy { max_age: Some(10.0), ..policy() };
        let mut claims = good();
        assert_eq!(check_at(&claims, &policy, NOW + 15), Ok(()));
        assert_eq!(check_at(&claims, &policy, NOW + 16).unwrap_err().reason, Some(Reason::TooOld));
        claims.as_object_mut().unwrap().remove("iat");
        assert_eq!(check_at(&claims, &policy, NOW).unwrap_err().reason, Some(Reason::MissingClaim));
    }

    #[test]
    fn an_id_token_is_not_an_access_token() {
        assert_eq!(refused("at_hash", json!("x")), (Reason::Type, None));
    }
}
