//! The key or certificate that a token is bound to (`cnf`, RFC 7800), and whether its sender has it.

use crate::protocol::credentials::Scheme;
use crate::protocol::error::{Error, Reason};
use crate::protocol::json::{Object, Value};

/// What a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confirmation {
    /// Thumbprint of a key (`jkt`, RFC 9449 section 6.1).
    key: Option<String>,
    /// Thumbprint of a certificate (`x5t#S256`, RFC 8705 section 3.1).
    certificate: Option<String>,
}

impl Confirmation {
    /// Reads `cnf` from the claims of a token, or from what introspection says of it.
    ///
    /// # Errors
    /// `invalid_token` when it has another type than it must have.
    pub fn read(claims: Object<'_>) -> Result<Option<Self>, Error> {
        let wrong = |what| Error::invalid_claim(Reason::ClaimType, "cnf", what);
        let confirmation = match claims.get("cnf") {
            None => return Ok(None),
            Some(Value::Object(confirmation)) => confirmation,
            Some(_) => return Err(wrong("the token's cnf claim is not an object")),
        };
        let thumbprint = |name| confirmation.text(name).map(str::to_owned);
        let bound = Self { key: thumbprint("jkt"), certificate: thumbprint("x5t#S256") };
        if confirmation.contains("jkt") != bound.key.is_some()
            || confirmation.contains("x5t#S256") != bound.certificate.is_some()
        {
            return Err(wrong("the token's cnf claim has a thumbprint that is not a string"));
        }
        Ok(Some(bound))
    }

    /// Whether it names a key, of which a proof is wanted.
    #[must_use]
    pub const fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

/// What the sender of a token has shown to have.
#[derive(Debug, Clone, Copy)]
pub struct Possession<'a> {
    /// How the token was presented.
    pub scheme: Scheme,
    /// Thumbprint of the key that made the proof, with [`Scheme::Dpop`].
    pub key: Option<&'a str>,
    /// Thumbprint of the certificate of the connection, if there is one.
    pub certificate: Option<&'a str>,
}

/// Checks that the sender of a token has what it is bound to. A bound token is not accepted as a bearer
/// token (RFC 9449 section 7.2), and one that is not bound not with a proof.
///
/// # Errors
/// `invalid_token`.
pub fn check(confirmation: Option<&Confirmation>, sender: Possession<'_>) -> Result<(), Error> {
    let refuse = |message| Err(Error::invalid_claim(Reason::SenderConstraint, "cnf", message));
    let (key, certificate) =
        confirmation.map_or((None, None), |bound| (bound.key.as_deref(), bound.certificate.as_deref()));
    match (sender.scheme, key) {
        (Scheme::Bearer, Some(_)) => {
            return refuse("the token is bound to a key: it must be sent with the scheme DPoP and a proof");
        }
        (Scheme::Dpop, None) => return refuse("the token is sent with a proof, but it is not bound to a key"),
        (Scheme::Dpop, Some(_)) if key != sender.key => {
            return refuse("the token is bound to another key than that of the proof");
        }
        _ => {}
    }
    match (certificate, sender.certificate) {
        (Some(_), None) => return refuse("the token is bound to a certificate, and none was presented"),
        (Some(bound), Some(presented)) if bound != presented => {
            return refuse("the token is bound to another certificate");
        }
        _ => {}
    }
    if confirmation.is_some() && key.is_none() && certificate.is_none() {
        return refuse("the token is bound in a way that cannot be checked");
    }
    Ok(())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{Confirmation, Possession, check};
    use crate::protocol::credentials::Scheme;
    use crate::protocol::error::{Error, Reason};
    use crate::protocol::json::object;

    fn judged(cnf: Option<Value>, scheme: Scheme, key: Option<&str>, certificate: Option<&str>) -> Result<(), Error> {
        let claims = cnf.map_or_else(|| json!({}), |cnf| json!({ "cnf": cnf }));
        let confirmation = Confirmation::read(object(claims.to_string()).unwrap().root())?;
        check(confirmation.as_ref(), Possession { scheme, key, certificate })
    }

    fn refused(cnf: Option<Value>, scheme: Scheme, key: Option<&str>, certificate: Option<&str>) {
        let error = judged(cnf.clone(), scheme, key, certificate).unwrap_err();
        assert_eq!((error.reason, error.claim.as_deref()), (Some(Reason::SenderConstraint), Some("cnf")), "{cnf:?}");
    }

    #[test]
    fn a_token_is_accepted_from_whoever_has_what_it_is_bound_to() {
        let (bearer, dpop) = (Scheme::Bearer, Scheme::Dpop);
        judged(None, bearer, None, None).unwrap();
        judged(None, bearer, None, Some("c")).unwrap();
        judged(Some(json!({"jkt": "k"})), dpop, Some("k"), None).unwrap();
        judged(Some(json!({"x5t#S256": "c"})), bearer, None, Some("c")).unwrap();
        judged(Some(json!({"jkt": "k", "x5t#S256": "c", "other": 1})), dpop, Some("k"), Some("c")).unwrap();
    }

    #[test]
    fn a_token_is_refused_from_everybody_else() {
        let (bearer, dpop) = (Scheme::Bearer, Scheme::Dpop);
        refused(Some(json!({"jkt": "k"})), bearer, None, None);
        refused(Some(json!({"jkt": "k"})), dpop, Some("other"), None);
        refused(None, dpop, Some("k"), None);
        refused(Some(json!({"x5t#S256": "c"})), dpop, Some("k"), Some("c"));
        refused(Some(json!({"x5t#S256": "c"})), bearer, None, None);
        refused(Some(json!({"x5t#S256": "c"})), bearer, None, Some("C"));
        refused(Some(json!({"jkt": "k", "x5t#S256": "c"})), dpop, Some("k"), None);
        refused(Some(json!({})), bearer, None, None);
        refused(Some(json!({"jwk": {}})), bearer, None, Some("c"));
    }

    #[test]
    fn a_confirmation_of_the_wrong_type_is_refused() {
        for cnf in [json!("k"), json!(null), json!([]), json!({"jkt": 1}), json!({"x5t#S256": null})] {
            let error = judged(Some(cnf.clone()), Scheme::Dpop, Some("k"), None).unwrap_err();
            assert_eq!(error.reason, Some(Reason::ClaimType), "{cnf}");
        }
    }
}
