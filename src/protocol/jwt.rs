//! Signed tokens (RFC 7515 compact serialisation, RFC 7519), from untrusted text to trusted claims.
//!
//! The way is one-way and typed: [`UnverifiedJwt::read`] gives a token nobody may believe; its
//! [`SignatureCheck`] goes to the host, whose verdict becomes a [`Proof`]; only with that proof
//! does [`UnverifiedJwt::verify`] hand out the payload, through jwt-compact's own validator.

use std::borrow::Cow;

use base64ct::{Base64UrlUnpadded, Encoding};
use jwt_compact::{Algorithm as ValidatorAlgorithm, AlgorithmExt, AlgorithmSignature, Empty, UntrustedToken};

use crate::protocol::algorithm::Algorithm;
use crate::protocol::claims::Claims;
use crate::protocol::error::{Error, Reason};
use crate::protocol::json::{self, Object, Value};
use crate::protocol::jwk::MAX_KEY_ID_BYTES;

/// The largest header, in bytes after decoding.
const MAX_HEADER_BYTES: usize = 4 * 1024;

/// Which tokens are looked at closely at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderPolicy {
    /// The greatest length of a token in bytes.
    pub max_token_bytes: usize,
    /// The algorithms that are accepted.
    pub algorithms: Vec<Algorithm>,
    /// The `typ` values that are accepted.
    pub types: TypePolicy,
}

/// The accepted `typ` header values, compared without case and without an `application/` prefix
/// (RFC 7515 section 4.1.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypePolicy {
    /// Absent, `JWT` or `at+jwt`: what servers issue as access tokens.
    Auto,
    /// Exactly one of these.
    OneOf(Vec<String>),
}

/// Kinds of JWT that are never an access token, whatever the policy says (RFC 8725 section 3.11).
const FOREIGN_TYPES: [&str; 3] = ["dpop+jwt", "logout+jwt", "secevent+jwt"];

impl TypePolicy {
    fn accepts(&self, typ: Option<&str>) -> bool {
        let typ = typ.map(normal_type);
        if typ.as_deref().is_some_and(|typ| FOREIGN_TYPES.contains(&typ)) {
            return false;
        }
        match self {
            Self::Auto => typ.is_none_or(|typ| typ == "jwt" || typ == "at+jwt"),
            Self::OneOf(accepted) => typ.is_some_and(|typ| accepted.iter().any(|one| normal_type(one) == typ)),
        }
    }
}

fn normal_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    match typ.strip_prefix("application/") {
        Some(subtype) => subtype.to_owned(),
        None => typ,
    }
}

/// A strictly written token whose signature nobody has checked yet.
///
/// No `Debug`: it holds a token.
pub struct UnverifiedJwt {
    token: UntrustedToken<'static>,
    signing_input: String,
    algorithm: Algorithm,
    key_id: Option<String>,
    payload: String,
    claims: Claims,
}

/// What the host has to check: that `signature` over `signing_input` is by the key.
pub struct SignatureCheck<'a> {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Header and payload as they were transmitted (RFC 7515 section 5.2).
    pub signing_input: &'a [u8],
    /// The decoded signature.
    pub signature: &'a [u8],
}

/// The host's word that a signature over these very bytes is good.
///
/// It can be made in one place only, [`crate::host::crypto::prove`].
pub struct Proof {
    signing_input: Vec<u8>,
    signature: Vec<u8>,
}

impl Proof {
    /// To be called with a check that the host has answered with yes.
    pub(crate) fn from_host_verdict(check: &SignatureCheck<'_>) -> Self {
        Self { signing_input: check.signing_input.to_vec(), signature: check.signature.to_vec() }
    }
}

/// A token whose signature is good. Its claims may be believed as far as the issuer may.
pub struct VerifiedJwt {
    payload: String,
}

impl VerifiedJwt {
    /// The claims as the JSON text that was signed, free of duplicate names.
    #[must_use]
    pub fn into_payload(self) -> String {
        self.payload
    }
}

impl UnverifiedJwt {
    /// Reads a token and checks all that needs neither claims policy nor key.
    ///
    /// # Errors
    /// `invalid_token` with the reason.
    pub fn read(token: &str, policy: &HeaderPolicy) -> Result<Self, Error> {
        if token.len() > policy.max_token_bytes {
            return Err(Error::invalid_token(
                Reason::TooLarge,
                format!("the token is longer than {} bytes", policy.max_token_bytes),
            ));
        }
        let (signing_input, header, payload) = split(token)?;
        if token.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")) {
            return Err(Error::invalid_token(
                Reason::Malformed,
                "the token is to be given without \"Bearer \" before it",
            ));
        }
        let header = decode(header)?;
        if header.len() > MAX_HEADER_BYTES {
            return Err(Error::invalid_token(Reason::TooLarge, "the token's header is too large"));
        }
        let header = json::object(&header).map_err(|_| malformed("header"))?;
        let algorithm = check_header(&header, policy)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= MAX_KEY_ID_BYTES => Some(kid.clone()),
            Some(_) => return Err(malformed("header")),
        };
        let payload = decode(payload)?;
        let claims =
            json::object(&payload).map_err(|_| malformed("payload")).and_then(|object| Claims::read(&object))?;
        let payload = String::from_utf8(payload).map_err(|_| malformed("payload"))?;
        let untrusted = UntrustedToken::try_from(token).map_err(|_| malformed("structure"))?.into_owned();
        Ok(Self { token: untrusted, signing_input: signing_input.to_owned(), algorithm, key_id, payload, claims })
    }

    /// The claims, for checks that can refuse a token early. They are not to be believed.
    #[must_use]
    pub const fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The id of the key the token says it was signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The algorithm, one that the policy allows.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What the host has to check.
    #[must_use]
    pub fn signature_check(&self) -> SignatureCheck<'_> {
        SignatureCheck {
            algorithm: self.algorithm,
            signing_input: self.signing_input.as_bytes(),
            signature: self.token.signature_bytes(),
        }
    }

    /// Turns the host's word into trust.
    ///
    /// # Errors
    /// `invalid_token` when the proof is for other bytes than this token's.
    pub fn verify(self, proof: &Proof) -> Result<VerifiedJwt, Error> {
        // The name as the token writes it: EdDSA has two (RFC 9864), and `read` has judged it.
        HostVerified(self.token.algorithm().to_owned())
            .validator::<Empty>(proof)
            .validate(&self.token)
            .map_err(|_| Error::invalid_token(Reason::Signature, "the token's signature is wrong"))?;
        Ok(VerifiedJwt { payload: self.payload })
    }
}

fn malformed(part: &str) -> Error {
    Error::invalid_token(Reason::Malformed, format!("the token is malformed ({part})"))
}

fn split(token: &str) -> Result<(&str, &str, &str), Error> {
    let (signing_input, _signature) = token.rsplit_once('.').ok_or_else(|| malformed("structure"))?;
    match signing_input.split_once('.') {
        Some((header, payload)) if !payload.contains('.') => Ok((signing_input, header, payload)),
        Some((_, rest)) if rest.split('.').count() == 3 => {
            Err(Error::invalid_token(Reason::Encrypted, "encrypted tokens are not supported"))
        }
        _ => Err(malformed("structure")),
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, Error> {
    Base64UrlUnpadded::decode_vec(segment).map_err(|_| malformed("base64url"))
}

fn check_header(header: &Object, policy: &HeaderPolicy) -> Result<Algorithm, Error> {
    if header.contains("crit") || header.contains("b64") {
        return Err(Error::invalid_token(Reason::CriticalHeader, "the token's header demands extensions (crit, b64)"));
    }
    let typ = match header.get("typ") {
        None => None,
        Some(Value::String(typ)) => Some(typ.as_str()),
        Some(_) => return Err(malformed("header")),
    };
    if !policy.types.accepts(typ) {
        return Err(Error::invalid_token(Reason::Type, "the token's typ is not one of an accepted kind"));
    }
    header
        .text("alg")
        .and_then(Algorithm::from_name)
        .filter(|algorithm| policy.algorithms.contains(algorithm))
        .ok_or_else(|| Error::invalid_token(Reason::Algorithm, "the token's algorithm is not allowed"))
}

/// The algorithm jwt-compact's validator runs: "has the host said yes to exactly these bytes?".
struct HostVerified(String);

struct RawSignature(Vec<u8>);

impl AlgorithmSignature for RawSignature {
    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        Ok(Self(slice.to_vec()))
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
}

impl ValidatorAlgorithm for HostVerified {
    /// Nothing is signed this way.
    type SigningKey = std::convert::Infallible;
    type VerifyingKey = Proof;
    type Signature = RawSignature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Owned(self.0.clone())
    }

    fn sign(&self, signing_key: &Self::SigningKey, _message: &[u8]) -> RawSignature {
        match *signing_key {}
    }

    fn verify_signature(&self, signature: &RawSignature, proof: &Proof, message: &[u8]) -> bool {
        proof.signing_input == message && proof.signature == signature.0
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::prelude::*;

    use super::{HeaderPolicy, Proof, TypePolicy, UnverifiedJwt};
    use crate::protocol::algorithm::Algorithm;
    use crate::protocol::error::Reason;

    fn policy() -> HeaderPolicy {
        HeaderPolicy {
            max_token_bytes: 16 * 1024,
            algorithms: vec![Algorithm::Rs256, Algorithm::EdDsa],
            types: TypePolicy::Auto,
        }
    }

    fn encode(text: &str) -> String {
        Base64UrlUnpadded::encode_string(text.as_bytes())
    }

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.{}", encode(header), encode(payload), encode("signature"))
    }

    fn reason(token: &str) -> Option<Reason> {
        UnverifiedJwt::read(token, &policy()).err().and_then(|error| error.reason)
    }

    fn header_reason(header: &str) -> Option<Reason> {
        reason(&token(header, "{}"))
    }

    #[test]
    fn a_strictly_written_token_is_read() {
        let text = token(r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#, r#"{"iss":"a"}"#);
        let jwt = UnverifiedJwt::read(&text, &policy()).ok().unwrap();
        assert_eq!(jwt.key_id(), Some("k"));
        assert_eq!(jwt.algorithm(), Algorithm::Rs256);
        let check = jwt.signature_check();
        assert_eq!(check.signature, b"signature");
        assert_eq!(check.signing_input, text.rsplit_once('.').unwrap().0.as_bytes());
    }

    #[test]
    fn the_payload_comes_out_only_with_a_proof_for_the_same_bytes() {
        let read = |payload| UnverifiedJwt::read(&token(r#"{"alg":"Ed25519"}"#, payload), &policy()).ok().unwrap();
        let other = Proof::from_host_verdict(&read(r#"{"sub":"other"}"#).signature_check());
        let jwt = read(r#"{"sub":"me"}"#);
        let proof = Proof::from_host_verdict(&jwt.signature_check());
        assert_eq!(jwt.verify(&other).err().unwrap().reason, Some(Reason::Signature));
        assert_eq!(read(r#"{"sub":"me"}"#).verify(&proof).ok().unwrap().into_payload(), r#"{"sub":"me"}"#);
    }

    #[test]
    fn structure_is_exact() {
        let good = token(r#"{"alg":"RS256"}"#, "{}");
        assert_eq!(reason(&good), None);
        for text in ["", ".", "..", "...", "a", "a.b", "a.b.c.d", "a.b.c.d.e.f"] {
            assert_eq!(reason(text), Some(Reason::Malformed), "{text:?}");
        }
        assert_eq!(reason("a.b.c.d.e"), Some(Reason::Encrypted));
        for text in [
            format!("{good}="),
            format!("{good} "),
            format!(" {good}"),
            good.replace('.', ". "),
            good.replace("e30", "e30="),
            good.replace("e30", "e31"),
            format!("Bearer {good}"),
        ] {
            assert_eq!(reason(&text), Some(Reason::Malformed), "{text:?}");
        }
        let plus = format!("{}.{}.++//", encode(r#"{"alg":"RS256"}"#), encode("{}"));
        assert_eq!(reason(&plus), Some(Reason::Malformed));
    }

    #[test]
    fn sizes_are_limited() {
        assert_eq!(reason(&"a".repeat(16 * 1024 + 1)), Some(Reason::TooLarge));
        let header = |length: usize| format!(r#"{{"alg":"RS256","x":"{}"}}"#, "x".repeat(length - 22));
        assert_eq!(header_reason(&header(4096)), None);
        assert_eq!(header_reason(&header(4097)), Some(Reason::TooLarge));
        let header = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "x".repeat(513));
        assert_eq!(header_reason(&header), Some(Reason::Malformed));
    }

    #[test]
    fn headers_that_change_the_rules_are_refused() {
        for header in
            [r#"{"alg":"RS256","crit":[]}"#, r#"{"alg":"RS256","crit":["exp"]}"#, r#"{"alg":"RS256","b64":false}"#]
        {
            assert_eq!(header_reason(header), Some(Reason::CriticalHeader), "{header}");
        }
        for header in [
            "{}",
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"ES256"}"#,
            r#"{"alg":256}"#,
            r#"{"alg":""}"#,
        ] {
            assert_eq!(header_reason(header), Some(Reason::Algorithm), "{header}");
        }
        for header in [
            r#"{"alg":"RS256","alg":"none"}"#,
            r#"{"alg":"RS256","kid":"a","\u006bid":"b"}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","typ":1}"#,
            "[]",
            "x",
        ] {
            assert_eq!(header_reason(header), Some(Reason::Malformed), "{header}");
        }
    }

    #[test]
    fn the_type_is_one_of_the_policy() {
        for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"] {
            assert_eq!(header_reason(&format!(r#"{{"alg":"RS256","typ":"{typ}"}}"#)), None, "{typ}");
        }
        for typ in ["dpop+jwt", "logout+jwt", "secevent+jwt", "JOSE", "", "application/dpop+jwt"] {
            assert_eq!(header_reason(&format!(r#"{{"alg":"RS256","typ":"{typ}"}}"#)), Some(Reason::Type), "{typ}");
        }
        let policy =
            HeaderPolicy { types: TypePolicy::OneOf(vec!["at+jwt".to_owned(), "dpop+jwt".to_owned()]), ..policy() };
        for (header, accepted) in [
            (r#"{"alg":"RS256","typ":"application/at+jwt"}"#, true),
            (r#"{"alg":"RS256","typ":"JWT"}"#, false),
            (r#"{"alg":"RS256"}"#, false),
            (r#"{"alg":"RS256","typ":"dpop+jwt"}"#, false),
        ] {
            assert_eq!(UnverifiedJwt::read(&token(header, "{}"), &policy).is_ok(), accepted, "{header}");
        }
    }

    #[test]
    fn the_payload_is_one_strict_object_in_utf_8() {
        for payload in ["", "[]", "\"x\"", r#"{"aud":"a","aud":"b"}"#, r#"{"cnf":{"a":1,"a":2}}"#, "{}{}"] {
            assert_eq!(reason(&token(r#"{"alg":"RS256"}"#, payload)), Some(Reason::Malformed), "{payload}");
        }
        let not_utf8 =
            format!("{}.{}.AA", encode(r#"{"alg":"RS256"}"#), Base64UrlUnpadded::encode_string(b"{\"a\":\"\xff\"}"));
        assert_eq!(reason(&not_utf8), Some(Reason::Malformed));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = UnverifiedJwt::read(&text, &policy());
        }

        #[test]
        fn any_header_and_payload_are_read_or_refused(header in "\\PC{0,60}", exp in any::<f64>(), nbf in any::<i64>()) {
            let _ = UnverifiedJwt::read(&token(&header, "{}"), &policy());
            let dates = format!(r#"{{"exp":{exp:e},"nbf":{nbf}}}"#);
            if let Ok(jwt) = UnverifiedJwt::read(&token(r#"{"alg":"RS256"}"#, &dates), &policy()) {
                let proof = Proof::from_host_verdict(&jwt.signature_check());
                let _ = jwt.verify(&proof);
            }
        }
    }
}
