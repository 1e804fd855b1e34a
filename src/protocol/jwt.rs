//! Signed tokens (RFC 7515 compact serialisation, RFC 7519), from untrusted text to trusted claims.
//!
//! The way is one-way and typed: [`UnverifiedJwt::read`] gives a token nobody may believe; its
//! [`SignatureCheck`] goes to the host, whose verdict becomes a [`Proof`]; only with that proof
//! does [`UnverifiedJwt::verify`] hand out the payload.

use std::mem;
use std::rc::Rc;

use crate::protocol::algorithm::Algorithm;
use crate::protocol::base64url;
use crate::protocol::claims::Claims;
use crate::protocol::error::{Error, Reason};
use crate::protocol::json::{self, Document, Object, Value};
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
        let typ = typ.map(bare_type);
        let is = |name: &str| typ.is_some_and(|typ| typ.eq_ignore_ascii_case(name));
        if FOREIGN_TYPES.into_iter().any(is) {
            return *self == Self::DpopProof && is("dpop+jwt");
        }
        match self {
            Self::Auto => typ.is_none() || is("jwt") || is("at+jwt"),
            Self::IdToken => typ.is_none() || is("jwt"),
            Self::OneOf(accepted) => accepted.iter().any(|one| is(bare_type(one))),
            Self::DpopProof => false,
        }
    }
}

fn bare_type(typ: &str) -> &str {
    match typ.split_at_checked("application/".len()) {
        Some((prefix, subtype)) if prefix.eq_ignore_ascii_case("application/") => subtype,
        _ => typ,
    }
}

/// A strictly written JWS (RFC 7515 section 7.1) whose signature nobody has checked yet.
///
/// No `Debug`: it holds a token.
pub struct UnverifiedJws {
    check: Rc<SignatureCheck>,
    header: Rc<Header>,
    payload: Vec<u8>,
}

/// The first part of a token, as it was read: not to be believed. An issuer's tokens all have the same for as long as it
/// uses a key, so who keeps it need not read it again.
#[derive(Debug)]
pub struct Header {
    segment: Box<str>,
    document: Document,
}

/// A JWS whose payload is a set of claims. Nobody may believe them yet.
pub struct UnverifiedJwt {
    /// The payload is in the claims.
    jws: UnverifiedJws,
    claims: Claims,
}

/// What the host has to check: that `signature` over `signing_input` is by the key.
pub struct SignatureCheck {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Header and payload as they were transmitted (RFC 7515 section 5.2).
    pub signing_input: Box<[u8]>,
    /// The decoded signature.
    pub signature: Vec<u8>,
}

/// The host's word that the signature of this very check is good.
///
/// It can be made in one place only, [`crate::host::crypto::prove`].
pub struct Proof(Rc<SignatureCheck>);

impl Proof {
    /// To be called with a check that the host has answered with yes.
    pub(crate) fn from_host_verdict(check: &Rc<SignatureCheck>) -> Self {
        Self(Rc::clone(check))
    }

    /// Nobody can change what is shared: the same place holds what the host has seen.
    fn is_for(&self, check: &Rc<SignatureCheck>) -> bool {
        Rc::ptr_eq(&self.0, check)
    }
}

/// A token whose signature is good. Its claims may be believed as far as the issuer may.
pub struct VerifiedJwt(Claims);

impl VerifiedJwt {
    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.0
    }

    /// The claims as the JSON text that was signed, free of duplicate names.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.0.source()
    }
}

impl UnverifiedJws {
    /// Reads a token and checks all that needs neither its payload nor a key.
    ///
    /// # Errors
    /// `invalid_token` with the reason.
    pub fn read(token: &str, policy: &HeaderPolicy) -> Result<Self, Error> {
        Self::read_as(token, policy, &policy.types, None)
    }

    fn read_as(
        token: &str,
        policy: &HeaderPolicy,
        types: &TypePolicy,
        known: Option<Rc<Header>>,
    ) -> Result<Self, Error> {
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
        let header = match known.filter(|known| *known.segment == *header) {
            Some(known) => known,
            None => Rc::new(Header::read(header)?),
        };
        let algorithm = check_header(header.document.root(), policy, types)?;
        let (payload, signature) = (decode(payload)?, decode(signature)?);
        let check = SignatureCheck { algorithm, signing_input: signing_input.as_bytes().into(), signature };
        Ok(Self { check: Rc::new(check), header, payload })
    }

    /// The header, which is not to be believed either.
    #[must_use]
    pub fn header(&self) -> Object<'_> {
        self.header.document.root()
    }

    /// The id of the key the token says it was signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header().text("kid")
    }

    /// The algorithm, one that the policy allows.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.check.algorithm
    }

    /// What the host has to check.
    #[must_use]
    pub const fn signature_check(&self) -> &Rc<SignatureCheck> {
        &self.check
    }

    /// Turns the host's word into trust in the payload.
    ///
    /// # Errors
    /// `invalid_token` when the proof is for anything but this token.
    pub fn verify(self, proof: &Proof) -> Result<Vec<u8>, Error> {
        if proof.is_for(&self.check) {
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
        Self::read_as(token, policy, &policy.types, None)
    }

    /// The same for a token of another type than the policy's. `known` is the header of another token, if one was read.
    ///
    /// # Errors
    /// `invalid_token` with the reason.
    pub fn read_as(
        token: &str,
        policy: &HeaderPolicy,
        types: &TypePolicy,
        known: Option<Rc<Header>>,
    ) -> Result<Self, Error> {
        let mut jws = UnverifiedJws::read_as(token, policy, types, known)?;
        let claims =
            json::object(mem::take(&mut jws.payload)).map_err(|_| malformed("payload")).and_then(Claims::read)?;
        Ok(Self { jws, claims })
    }

    /// The claims, for checks that can refuse a token early. They are not to be believed.
    #[must_use]
    pub const fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The header, for reading the next token.
    #[must_use]
    pub fn shared_header(&self) -> Rc<Header> {
        Rc::clone(&self.jws.header)
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
        self.jws.verify(proof).map(|_| VerifiedJwt(self.claims))
    }
}

impl Header {
    fn read(segment: &str) -> Result<Self, Error> {
        let bytes = decode(segment)?;
        if bytes.len() > MAX_HEADER_BYTES {
            return Err(Error::invalid_token(Reason::TooLarge, "the token's header is too large"));
        }
        let document = json::object(bytes).map_err(|_| malformed("header"))?;
        Ok(Self { segment: segment.into(), document })
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
fn check_header(header: Object<'_>, policy: &HeaderPolicy, types: &TypePolicy) -> Result<Algorithm, Error> {
    if header.contains("crit") || header.contains("b64") {
        return Err(Error::invalid_token(Reason::CriticalHeader, "the token's header demands extensions (crit, b64)"));
    }
    let typ = match header.get("typ") {
        None => None,
        Some(Value::String(typ)) => Some(typ),
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
