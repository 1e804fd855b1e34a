//! The key or certificate that a token is bound to (`cnf`, RFC 7800), and whether its sender has it.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::protocol::credentials::Scheme;
use crate::protocol::digest::sha256_base64url;
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
    pub fn read(claims: &Object) -> Result<Option<Self>, Error> {
        let wrong = |what| Error::invalid_claim(Reason::ClaimType, "cnf", what);
        let confirmation = match claims.get("cnf") {
            None => return Ok(None),
            Some(Value::Object(confirmation)) => confirmation,
            Some(_) => return Err(wrong("the token's cnf claim is not an object")),
        };
        let thumbprint = |name| match confirmation.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong("the token's cnf claim has a thumbprint that is not a string")),
        };
        Ok(Some(Self { key: thumbprint("jkt")?, certificate: thumbprint("x5t#S256")? }))
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

/// The thumbprint of a certificate in DER.
#[must_use]
pub fn certificate_thumbprint(der: &[u8]) -> String {
    sha256_base64url(der)
}

/// A SHA-256 thumbprint as hosts write it: in hexadecimal, with or without colons, or in base64url.
#[must_use]
pub fn read_thumbprint(text: &str) -> Option<String> {
    if Base64UrlUnpadded::decode_vec(text).is_ok_and(|bytes| bytes.len() == 32) {
        return Some(text.to_owned());
    }
    let digits = text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let digits: Vec<u8> = digits.collect::<Option<_>>().filter(|digits: &Vec<u8>| digits.len() == 64)?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    Some(Base64UrlUnpadded::encode_string(&bytes))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{Confirmation, Possession, certificate_thumbprint, check, read_thumbprint};
    use crate::protocol::credentials::Scheme;
    use crate::protocol::error::{Error, Reason};
    use crate::protocol::json::object;

    fn judged(cnf: Option<Value>, scheme: Scheme, key: Option<&str>, certificate: Option<&str>) -> Result<(), Error> {
        let claims = cnf.map_or_else(|| json!({}), |cnf| json!({ "cnf": cnf }));
        let confirmation = Confirmation::read(&object(claims.to_string().as_bytes()).unwrap())?;
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

    #[test]
    fn thumbprints_are_read_as_hosts_write_them() {
        let thumbprint = certificate_thumbprint(b"abc");
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let colons = hex
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8(pair.to_vec()).unwrap())
            .collect::<Vec<_>>()
            .join(":");
        for text in [hex, &colons, &thumbprint] {
            assert_eq!(read_thumbprint(text), Some(thumbprint.clone()), "{text}");
        }
        for text in ["", "ba", &hex[1..], &format!("{hex}0"), &format!("{thumbprint}="), "g".repeat(64).as_str()] {
            assert_eq!(read_thumbprint(text), None, "{text}");
        }
    }
}
