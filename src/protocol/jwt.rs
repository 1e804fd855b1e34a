//! Signed tokens (RFC 7515 compact serialisation, RFC 7519), from untrusted text to trusted claims.
//!
//! The way is one-way and typed: [`UnverifiedJwt::read`] gives a token nobody may believe; its
//! [`SignatureCheck`] goes to the host, whose verdict becomes a [`Proof`]; only with that proof
//! does [`UnverifiedJwt::verify`] hand out the payload.

use crate::protocol::algorithm::Algorithm;
use crate::protocol::base64url;
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
    /// Absent or `JWT`: what servers issue as ID tokens.
    IdToken,
    /// Exactly one of these.
    OneOf(Vec<String>),
    /// `dpop+jwt`: no token, but the proof that comes with one.
    DpopProof,
}

/// Kinds of JWT that are never an access token, whatever the policy says (RFC 8725 section 3.11).
const FOREIGN_TYPES: [&str; 3] = ["dpop+jwt", "logout+jwt", "secevent+jwt"];

impl TypePolicy {
    fn accepts(&self, typ: Option<&str>) -> bool {
        let typ = typ.map(normal_type);
        if typ.as_deref().is_some_and(|typ| FOREIGN_TYPES.contains(&typ)) {
            return *self == Self::DpopProof && typ.as_deref() == Some("dpop+jwt");
        }
        match self {
            Self::Auto => typ.is_none_or(|typ| typ == "jwt" || typ == "at+jwt"),
            Self::IdToken => typ.is_none_or(|typ| typ == "jwt"),
            Self::OneOf(accepted) => typ.is_some_and(|typ| accepted.iter().any(|one| normal_type(one) == typ)),
            Self::DpopProof => false,
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

/// A strictly written JWS (RFC 7515 section 7.1) whose signature nobody has checked yet.
///
/// No `Debug`: it holds a token.
pub struct UnverifiedJws {
    signing_input: String,
    signature: Vec<u8>,
    algorithm: Algorithm,
    header: Object,
    payload: Vec<u8>,
}

/// A JWS whose payload is a set of claims. Nobody may believe them yet.
pub struct UnverifiedJwt {
    jws: UnverifiedJws,
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

    fn is_for(&self, check: &SignatureCheck<'_>) -> bool {
        self.algorithm == check.algorithm
            && self.signing_input == check.signing_input
            && self.signature == check.signature
    }
}

/// A token whose signature is good. Its claims may be believed as far as the issuer may.
pub struct VerifiedJwt {
    payload: String,
    claims: Claims,
}

impl VerifiedJwt {
    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The claims as the JSON text that was signed, free of duplicate names.
    #[must_use]
    pub fn into_payload(self) -> String {
        self.payload
    }
}

impl UnverifiedJws {
    /// Reads a token and checks all that needs neither its payload nor a key.
    ///
    /// # Errors
    /// `invalid_token` with the reason.
    pub fn read(token: &str, policy: &HeaderPolicy) -> Result<Self, Error> {
        Self::read_as(token, policy, &policy.types)
    }

    fn read_as(token: &str, policy: &HeaderPolicy, types: &TypePolicy) -> Result<Self, Error> {
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
        let algorithm = check_header(&header, policy, types)?;
        let (payload, signature) = (decode(payload)?, decode(signature)?);
        Ok(Self { signing_input: signing_input.to_owned(), signature, algorithm, header, payload })
    }

    /// The header, which is not to be believed either.
    #[must_use]
    pub const fn header(&self) -> &Object {
        &self.header
    }

    /// The id of the key the token says it was signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.text("kid")
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

    /// Turns the host's word into trust in the payload.
    ///
    /// # Errors
    /// `invalid_token` when the proof is for anything but this token.
    pub fn verify(self, proof: &Proof) -> Result<Vec<u8>, Error> {
        if proof.is_for(&self.signature_check()) {
            Ok(self.payload)
        } else {
            Err(Error::invalid_token(Reason::Signature, "the token's signature is wrong"))
        }
    }
}

impl UnverifiedJwt {
    /// Reads a token and checks all that needs neither claims policy nor key.
    ///
    /// # Errors
    /// `invalid_token` with the reason.
    pub fn read(token: &str, policy: &HeaderPolicy) -> Result<Self, Error> {
        Self::read_as(token, policy, &policy.types)
    }

    /// The same for a token of another type than the policy's.
    ///
    /// # Errors
    /// `invalid_token` with the reason.
    pub fn read_as(token: &str, policy: &HeaderPolicy, types: &TypePolicy) -> Result<Self, Error> {
        let jws = UnverifiedJws::read_as(token, policy, types)?;
        let claims = json::object(&jws.payload).map_err(|_| malformed("payload")).and_then(Claims::read)?;
        Ok(Self { jws, claims })
    }

    /// The claims, for checks that can refuse a token early. They are not to be believed.
    #[must_use]
    pub const fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The signed text.
    #[must_use]
    pub const fn jws(&self) -> &UnverifiedJws {
        &self.jws
    }

    /// Turns the host's word into trust.
    ///
    /// # Errors
    /// `invalid_token` when the proof is for anything but this token.
    pub fn verify(self, proof: &Proof) -> Result<VerifiedJwt, Error> {
        let payload = String::from_utf8(self.jws.verify(proof)?).map_err(|_| malformed("payload"))?;
        Ok(VerifiedJwt { payload, claims: self.claims })
    }
}

fn malformed(part: &str) -> Error {
    Error::invalid_token(Reason::Malformed, format!("the token is malformed ({part})"))
}

/// A token as it was transmitted, taken apart.
struct Segments<'a> {
    signing_input: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

fn split(token: &str) -> Result<Segments<'_>, Error> {
    let (signing_input, signature) = token.rsplit_once('.').ok_or_else(|| malformed("structure"))?;
    match signing_input.split_once('.') {
        Some((header, payload)) if !payload.contains('.') => Ok(Segments { signing_input, header, payload, signature }),
        Some((_, rest)) if rest.split('.').count() == 3 => {
            Err(Error::invalid_token(Reason::Encrypted, "encrypted tokens are not supported"))
        }
        _ => Err(malformed("structure")),
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, Error> {
    base64url::decode(segment).ok_or_else(|| malformed("base64url"))
}

/// The other members are ignored whatever they hold: the key comes from configuration alone, so
/// `jku`, `x5u`, `jwk` and `x5c` have no say (RFC 8725 section 3.10).
fn check_header(header: &Object, policy: &HeaderPolicy, types: &TypePolicy) -> Result<Algorithm, Error> {
    if header.contains("crit") || header.contains("b64") {
        return Err(Error::invalid_token(Reason::CriticalHeader, "the token's header demands extensions (crit, b64)"));
    }
    let typ = match header.get("typ") {
        None => None,
        Some(Value::String(typ)) => Some(typ.as_str()),
        Some(_) => return Err(malformed("header")),
    };
    if !types.accepts(typ) {
        return Err(Error::invalid_token(Reason::Type, "the token's typ is not one of an accepted kind"));
    }
    if header.get("kid").is_some_and(|kid| kid.as_str().is_none_or(|kid| kid.len() > MAX_KEY_ID_BYTES)) {
        return Err(malformed("header"));
    }
    header
        .text("alg")
        .and_then(Algorithm::from_name)
        .filter(|algorithm| policy.algorithms.contains(algorithm))
        .ok_or_else(|| Error::invalid_token(Reason::Algorithm, "the token's algorithm is not allowed"))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
