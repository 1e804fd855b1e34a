//! Signed tokens (RFC 7515 compact serialisation, RFC 7519), from untrusted text to trusted claims.
//!
//! The way is one-way and typed: [`UnverifiedJwt::read`] gives a token nobody may believe; its
//! [`SignatureCheck`] goes to the host, whose verdict becomes a [`Proof`]; only with that proof
//! does [`UnverifiedJwt::verify`] hand out the payload.

use base64ct::{Base64UrlUnpadded, Encoding};

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

pub(crate) fn normal_type(typ: &str) -> String {
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
    signing_input: String,
    signature: Vec<u8>,
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

/// The host's word that this signature over these very bytes is good by this algorithm.
///
/// It can be made in one place only, [`crate::host::crypto::prove`].
pub struct Proof {
    algorithm: Algorithm,
    signing_input: Vec<u8>,
    signature: Vec<u8>,
}

impl Proof {
    /// To be called with a check that the host has answered with yes.
    pub(crate) fn from_host_verdict(check: &SignatureCheck<'_>) -> Self {
        Self {
            algorithm: check.algorithm,
            signing_input: check.signing_input.to_vec(),
            signature: check.signature.to_vec(),
        }
    }

    /// Whether this is the verdict on that very check.
    pub(crate) fn is_for(&self, check: &SignatureCheck<'_>) -> bool {
        self.algorithm == check.algorithm
            && self.signing_input == check.signing_input
            && self.signature == check.signature
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
        let Segments { signing_input, header, payload, signature } = split(token)?;
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
        let signature = decode(signature)?;
        Ok(Self { signing_input: signing_input.to_owned(), signature, algorithm, key_id, payload, claims })
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
            signature: &self.signature,
        }
    }

    /// Turns the host's word into trust.
    ///
    /// # Errors
    /// `invalid_token` when the proof is for anything but this token.
    pub fn verify(self, proof: &Proof) -> Result<VerifiedJwt, Error> {
        if !proof.is_for(&self.signature_check()) {
            return Err(Error::invalid_token(Reason::Signature, "the token's signature is wrong"));
        }
        Ok(VerifiedJwt { payload: self.payload })
    }
}

fn malformed(part: &str) -> Error {
    Error::invalid_token(Reason::Malformed, format!("the token is malformed ({part})"))
}

/// A token as it was transmitted, taken apart.
pub(crate) struct Segments<'a> {
    pub(crate) signing_input: &'a str,
    pub(crate) header: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) signature: &'a str,
}

pub(crate) fn split(token: &str) -> Result<Segments<'_>, Error> {
    let (signing_input, signature) = token.rsplit_once('.').ok_or_else(|| malformed("structure"))?;
    match signing_input.split_once('.') {
        Some((header, payload)) if !payload.contains('.') => Ok(Segments { signing_input, header, payload, signature }),
        Some((_, rest)) if rest.split('.').count() == 3 => {
            Err(Error::invalid_token(Reason::Encrypted, "encrypted tokens are not supported"))
        }
        _ => Err(malformed("structure")),
    }
}

pub(crate) fn decode(segment: &str) -> Result<Vec<u8>, Error> {
    Base64UrlUnpadded::decode_vec(segment).map_err(|_| malformed("base64url"))
}

/// The other members are ignored whatever they hold: the key comes from configuration alone, so
/// `jku`, `x5u`, `jwk` and `x5c` have no say (RFC 8725 section 3.10).
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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
