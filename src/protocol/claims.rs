//! The registered claims (RFC 7519 section 4.1), and what a token for an API must say.

use crate::protocol::error::{Error, Reason};
use crate::protocol::json::{Document, Object, Value};
use crate::protocol::time::Timestamp;

/// The largest date that is believed: the end of the year 9999.
const LATEST_DATE: f64 = 253_402_300_799.0;

/// What a JWT as an access token must have (RFC 9068 section 2.2), beside `iss`, `exp` and `aud`.
pub const RFC_9068_CLAIMS: &[&str] = &["client_id", "jti", "iat", "sub"];

/// Claims of the right types. That says nothing about whether they may be believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    document: Document,
    // In seconds.
    expires_at: Option<f64>,
    not_before: Option<f64>,
    issued_at: Option<f64>,
    is_no_access_token: bool,
    is_no_id_token: bool,
}

impl Claims {
    /// Checks the type of every registered claim, whether a policy looks at it or not.
    ///
    /// # Errors
    /// `invalid_token` with reason `claim_type`.
    pub fn read(document: Document) -> Result<Self, Error> {
        let (mut expires_at, mut not_before, mut issued_at) = (None, None, None);
        let (mut is_no_access_token, mut is_no_id_token) = (false, false);
        for (name, value) in document.root().members() {
            // A `NumericDate`: seconds, possibly fractional (RFC 7519 section 2).
            let date = || {
                let seconds = value.as_f64().filter(|seconds| seconds.abs() <= LATEST_DATE);
                seconds.map(Some).ok_or_else(|| wrong_type(name, "a date in seconds"))
            };
            match name {
                "exp" => expires_at = date()?,
                "nbf" => not_before = date()?,
                "iat" => issued_at = date()?,
                "auth_time" => drop(date()?),
                "iss" | "sub" | "jti" | "client_id" | "azp" | "nonce" if value.as_str().is_none() => {
                    return Err(wrong_type(name, "a string"));
                }
                "aud" if !is_audience(value) => {
                    return Err(wrong_type(name, "a string or a non-empty array of strings"));
                }
                "cnf" if value.as_object().is_none() => return Err(wrong_type(name, "an object")),
                // Hashes that only ID tokens have (OIDC Core section 2), `token_use` of Cognito, `typ` of Keycloak.
                "at_hash" | "c_hash" => is_no_access_token = true,
                "token_use" | "typ" => match value.as_str() {
                    Some("id" | "ID") => is_no_access_token = true,
                    Some("access" | "Bearer" | "DPoP") => is_no_id_token = true,
                    Some("refresh" | "Refresh" | "Offline" | "Logout") => {
                        (is_no_access_token, is_no_id_token) = (true, true);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(Self { document, expires_at, not_before, issued_at, is_no_access_token, is_no_id_token })
    }

    /// All of them.
    #[must_use]
    pub const fn object(&self) -> Object<'_> {
        self.document.root()
    }

    /// As the JSON text that they were read from.
    #[must_use]
    pub fn source(&self) -> &str {
        self.document.source()
    }

    /// A claim that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.object().text(name)
    }

    /// Whether the token is for one of these.
    #[must_use]
    pub fn is_for(&self, accepted: &[String]) -> bool {
        let is_accepted = |audience: &str| accepted.iter().any(|one| one == audience);
        match self.object().get("aud") {
            Some(Value::String(audience)) => is_accepted(audience),
            Some(Value::Array(several)) => several.iter().any(|one| one.as_str().is_some_and(is_accepted)),
            _ => false,
        }
    }

    /// Whether the token is for more than one audience.
    #[must_use]
    pub fn has_several_audiences(&self) -> bool {
        self.object().array("aud").is_some_and(|several| several.iter().nth(1).is_some())
    }

    /// Whether the token says of itself that it is something else.
    #[must_use]
    pub const fn is_other_than(&self, kind: Kind) -> bool {
        match kind {
            Kind::Access => self.is_no_access_token,
            Kind::Id => self.is_no_id_token,
        }
    }
}

/// What a token can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An access token.
    Access,
    /// An ID token.
    Id,
}

/// From when until when a token may be used, in seconds; outside of it the checks say what is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The first moment.
    pub from: f64,
    /// The first moment after it.
    pub until: f64,
}

/// What the claims of a token must say.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimsPolicy {
    /// `iss` must be one of these, character by character.
    pub issuers: Vec<String>,
    /// `aud` must contain one of these; `None` when the caller opted out.
    pub audience: Option<Vec<String>>,
    /// Claims that must be there, whatever they say.
    pub required: &'static [&'static str],
    /// Seconds the clocks of issuer and verifier may differ.
    pub leeway: f64,
    /// The greatest age in seconds, by `iat`.
    pub max_age: Option<f64>,
}

impl ClaimsPolicy {
    /// Checks the claims of an access token at a point in time, cheapest and most telling first, and
    /// gives the position of its issuer.
    ///
    /// # Errors
    /// `invalid_token` with the claim and the reason. No claim's value is in the message: the
    /// signature has not been checked yet.
    pub fn check(&self, claims: &Claims, now: Timestamp) -> Result<usize, Error> {
        if claims.is_other_than(Kind::Access) {
            return Err(Error::invalid_token(Reason::Type, "the token is of another kind, not an access token"));
        }
        let issuer = self.issuer(claims)?;
        if let Some(accepted) = &self.audience {
            check_audience(claims, accepted)?;
        }
        for name in self.required {
            if !claims.object().contains(name) {
                return Err(missing(name));
            }
        }
        self.check_times(claims, now)?;
        Ok(issuer)
    }

    /// The position of the token's issuer.
    ///
    /// # Errors
    /// When it is none of ours.
    pub fn issuer(&self, claims: &Claims) -> Result<usize, Error> {
        let issuer = claims.text("iss").ok_or_else(|| missing("iss"))?;
        self.issuers.iter().position(|accepted| accepted == issuer).ok_or_else(|| {
            Error::invalid_claim(
                Reason::ClaimMismatch,
                "iss",
                "the token is from another issuer (compared character by character, a trailing slash counts)",
            )
        })
    }

    /// Checks `exp`, `nbf` and `iat`.
    ///
    /// # Errors
    /// When it is not the time for the token.
    pub fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<(), Error> {
        let now = now.as_seconds();
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

    /// When the checks of the times let these claims pass.
    #[must_use]
    pub fn window(&self, claims: &Claims) -> Window {
        let issued_at = claims.issued_at.unwrap_or(f64::NEG_INFINITY);
        let oldest = self.max_age.map_or(f64::INFINITY, |max_age| issued_at + max_age);
        Window {
            from: issued_at.max(claims.not_before.unwrap_or(issued_at)) - self.leeway,
            until: oldest.min(claims.expires_at.unwrap_or(f64::NEG_INFINITY)) + self.leeway,
        }
    }
}

/// Checks that the token is for one of these.
///
/// # Errors
/// When it is for somebody else, or for nobody in particular.
pub fn check_audience(claims: &Claims, accepted: &[String]) -> Result<(), Error> {
    if claims.is_for(accepted) {
        return Ok(());
    }
    if !claims.object().contains("aud") {
        return Err(missing("aud"));
    }
    Err(Error::invalid_claim(Reason::ClaimMismatch, "aud", "the token is for another audience"))
}

/// The error for a claim that has to be there.
#[must_use]
pub fn missing(claim: &'static str) -> Error {
    Error::invalid_claim(Reason::MissingClaim, claim, format!("the token has no {claim} claim"))
}

fn wrong_type(claim: &str, expected: &str) -> Error {
    let message = format!("the token's {claim} claim is not {expected}");
    Error::invalid_claim(Reason::ClaimType, claim.to_owned(), message)
}

fn is_audience(value: Value<'_>) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().next().is_some() && items.iter().all(|item| item.as_str().is_some()),
        _ => false,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{Claims, ClaimsPolicy, RFC_9068_CLAIMS, Window};
    use crate::protocol::error::{Error, Reason};
    use crate::protocol::json;
    use crate::protocol::time::Timestamp;

    const NOW: i64 = 1_700_000_000;

    fn policy() -> ClaimsPolicy {
        ClaimsPolicy {
            issuers: vec!["https://other.example/".to_owned(), "https://tenant.example/".to_owned()],
            audience: Some(vec!["https://api.example".to_owned(), "second".to_owned()]),
            required: &[],
            leeway: 5.0,
            max_age: None,
        }
    }

    fn good() -> Value {
        json!({"iss": "https://tenant.example/", "aud": "https://api.example", "exp": NOW + 60, "iat": NOW, "sub": "me"})
    }

    fn read(claims: &Value) -> Result<Claims, Error> {
        Claims::read(json::object(claims.to_string().as_bytes()).unwrap())
    }

    fn check_at(claims: &Value, policy: &ClaimsPolicy, seconds: i64) -> Result<(), Error> {
        let claims = read(claims)?;
        let outcome = policy.check(&claims, Timestamp::from_millis(seconds * 1000));
        assert!(outcome.as_ref().is_ok_and(|issuer| *issuer == 1) || outcome.is_err());
        let Window { from, until } = policy.window(&claims);
        if (from..until).contains(&(seconds as f64)) {
            let times = policy.check_times(&claims, Timestamp::from_millis(seconds * 1000));
            assert_eq!(times, Ok(()), "the window promises no more than the checks");
        }
        outcome.map(drop)
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
    fn a_token_that_says_it_is_of_another_kind_is_not_an_access_token() {
        for (name, value) in [
            ("at_hash", "x"),
            ("c_hash", "x"),
            ("token_use", "id"),
            ("token_use", "refresh"),
            ("typ", "ID"),
            ("typ", "Refresh"),
        ] {
            assert_eq!(refused(name, json!(value)), (Reason::Type, None), "{name}: {value}");
        }
        let mut claims = good();
        claims["token_use"] = json!("access");
        claims["typ"] = json!("Bearer");
        assert_eq!(check_at(&claims, &policy(), NOW), Ok(()));
    }

    #[test]
    fn rfc_9068_demands_more_claims() {
        let policy = ClaimsPolicy { required: RFC_9068_CLAIMS, ..policy() };
        let mut claims = good();
        claims["client_id"] = json!("c");
        claims["jti"] = json!("1");
        assert_eq!(check_at(&claims, &policy, NOW), Ok(()));
        for name in ["client_id", "jti", "iat", "sub"] {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().remove(name);
            let error = check_at(&claims, &policy, NOW).unwrap_err();
            assert_eq!((error.reason, error.claim.as_deref()), (Some(Reason::MissingClaim), Some(name)));
        }
    }

    #[test]
    fn a_token_is_remembered_for_no_longer_than_its_times_allow() {
        let window = |changes: Value, max_age| {
            let mut claims = good();
            for (name, value) in changes.as_object().unwrap() {
                claims[name] = value.clone();
            }
            let Window { from, until } = ClaimsPolicy { max_age, ..policy() }.window(&read(&claims).unwrap());
            (from - NOW as f64, until - NOW as f64)
        };
        assert_eq!(window(json!({}), None), (-5.0, 65.0));
        assert_eq!(window(json!({"nbf": NOW + 2}), None), (-3.0, 65.0));
        assert_eq!(window(json!({"nbf": NOW - 2}), Some(10.0)), (-5.0, 15.0));
    }
}
