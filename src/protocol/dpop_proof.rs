//! Proofs of possession that arrive at an API (RFC 9449 section 4.3), from untrusted text to a key that its
//! sender has.
//!
//! The way is that of a token ([`crate::protocol::jwt`]): read, checked, put to the host, believed.

use crate::protocol::algorithm::Algorithm;
use crate::protocol::digest::sha256_base64url;
use crate::protocol::dpop_nonce::{Judgement, Nonces};
use crate::protocol::error::{Code, Error};
use crate::protocol::json::{self, Object, Value};
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::{self, MAX_HEADER_BYTES, Proof, Segments, SignatureCheck};
use crate::protocol::time::Timestamp;

/// The longest proof, in bytes: one with an RSA key of 8192 bits has about 4500.
const MAX_PROOF_BYTES: usize = 8 * 1024;
/// How far the time of a proof may be from now, in seconds, before the leeway.
const WINDOW_SECONDS: f64 = 60.0;

/// What a proof must have been made for.
pub struct ProofPolicy<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The absolute URL of the request.
    pub url: &'a str,
    /// The access token that comes with the proof.
    pub token: &'a str,
    /// Seconds that the clocks of client and API may differ, beyond the window.
    pub leeway: f64,
    /// Nonces of ours, if one is wanted.
    pub nonces: Option<&'a Nonces>,
}

/// A strictly written proof whose signature nobody has checked yet.
pub struct UnverifiedProof {
    signing_input: String,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key: Jwk,
    /// By their names (RFC 9449 section 4.2).
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    ath: Option<String>,
    nonce: Option<String>,
}

/// What a good proof says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedProof {
    /// The thumbprint of the key that its sender has.
    pub thumbprint: String,
    /// A name for this proof among all, the same each time it is presented.
    pub identity: String,
}

fn refused(message: &'static str) -> Error {
    Error::new(Code::InvalidDpopProof, message).with_status(401)
}

impl UnverifiedProof {
    /// Reads the values of all `DPoP` headers of a request.
    ///
    /// # Errors
    /// `invalid_dpop_proof`.
    pub fn read<S: AsRef<str>>(headers: &[S]) -> Result<Self, Error> {
        let proof = match headers {
            [proof] => proof.as_ref(),
            [] => return Err(refused("there is no DPoP header with a proof")),
            _ => return Err(refused("there is more than one DPoP header")),
        };
        if proof.len() > MAX_PROOF_BYTES {
            return Err(refused("the proof is too long"));
        }
        let malformed = |_| refused("the proof is not one strictly written JWT");
        let Segments { signing_input, header, payload, signature } = jwt::split(proof).map_err(malformed)?;
        let header = jwt::decode(header).map_err(malformed)?;
        if header.len() > MAX_HEADER_BYTES {
            return Err(refused("the proof's header is too large"));
        }
        let (header, payload) = (object(&header)?, object(&jwt::decode(payload).map_err(malformed)?)?);
        let (algorithm, key) = read_header(&header)?;
        Ok(Self {
            signing_input: signing_input.to_owned(),
            signature: jwt::decode(signature).map_err(malformed)?,
            algorithm,
            key,
            jti: text(&payload, "jti")?.filter(|jti| !jti.is_empty()).ok_or_else(|| refused("the proof has no jti"))?,
            htm: text(&payload, "htm")?.ok_or_else(|| refused("the proof has no htm"))?,
            htu: text(&payload, "htu")?.ok_or_else(|| refused("the proof has no htu"))?,
            iat: payload.get("iat").and_then(Value::as_f64).ok_or_else(|| refused("the proof has no time in iat"))?,
            ath: text(&payload, "ath")?,
            nonce: text(&payload, "nonce")?,
        })
    }

    /// Checks what the proof was made for. `Ageing` asks for a new nonce to go with the answer.
    ///
    /// # Errors
    /// `invalid_dpop_proof`, or `use_dpop_nonce` when only the nonce is missing or too old.
    pub fn check(&self, policy: &ProofPolicy<'_>, now: Timestamp) -> Result<Judgement, Error> {
        if self.htm != policy.method {
            return Err(refused("the proof is for another method"));
        }
        match (comparable(&self.htu), comparable(policy.url)) {
            (Some(proven), Some(requested)) if proven == requested => {}
            _ => return Err(refused("the proof is for another URL")),
        }
        match &self.ath {
            None => return Err(refused("the proof has no ath")),
            Some(ath) if *ath != sha256_base64url(policy.token.as_bytes()) => {
                return Err(refused("the proof is for another access token"));
            }
            Some(_) => {}
        }
        let off = now.as_seconds() - self.iat;
        // Not by abs(): what is no number at all is outside, too.
        if !(-(WINDOW_SECONDS + policy.leeway)..WINDOW_SECONDS + policy.leeway).contains(&off) {
            return Err(refused("the proof is too old, or its time lies ahead: one of the clocks may be wrong"));
        }
        let Some(nonces) = policy.nonces else { return Ok(Judgement::Good) };
        match self.nonce.as_deref().map_or(Judgement::Unusable, |nonce| nonces.judge(nonce, now)) {
            Judgement::Unusable => {
                Err(Error::new(Code::UseDpopNonce, "the proof needs the nonce of the DPoP-Nonce header")
                    .with_status(401))
            }
            usable => Ok(usable),
        }
    }

    /// The key that it claims to be made with.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.key
    }

    /// What the host has to check; `None` when the signature has not the length that it must have.
    #[must_use]
    pub fn signature_check(&self) -> Option<SignatureCheck<'_>> {
        (self.key.signature_length(self.algorithm) == Some(self.signature.len())).then_some(SignatureCheck {
            algorithm: self.algorithm,
            signing_input: self.signing_input.as_bytes(),
            signature: &self.signature,
        })
    }

    /// Turns the host's word, if it was a good one, into trust.
    ///
    /// # Errors
    /// `invalid_dpop_proof`.
    pub fn verify(self, proof: Option<&Proof>) -> Result<VerifiedProof, Error> {
        match (proof, self.signature_check()) {
            (Some(proof), Some(check)) if proof.is_for(&check) => {}
            _ => return Err(refused("the proof's signature is wrong")),
        }
        let thumbprint = self.key.thumbprint();
        let identity = sha256_base64url([thumbprint.as_str(), ".", &self.jti].concat().as_bytes());
        Ok(VerifiedProof { thumbprint, identity })
    }
}

/// How long a proof can be presented again, in milliseconds, however its time lies in the window.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the leeway is at most 300 seconds")]
pub fn lifetime_millis(leeway: f64) -> u32 {
    ((WINDOW_SECONDS + leeway) * 2000.0) as u32
}

/// The error for a proof that was presented before.
#[must_use]
pub fn replayed() -> Error {
    refused("the proof was used before")
}

fn object(bytes: &[u8]) -> Result<Object, Error> {
    json::object(bytes).map_err(|_| refused("the proof is not made of strictly written JSON objects"))
}

fn text(payload: &Object, name: &str) -> Result<Option<String>, Error> {
    match payload.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(refused("a claim of the proof has the wrong type")),
    }
}

/// The key comes with the proof, and only here: a token that is bound to it vouches for it.
fn read_header(header: &Object) -> Result<(Algorithm, Jwk), Error> {
    if header.text("typ").map(jwt::normal_type).as_deref() != Some("dpop+jwt") {
        return Err(refused("the proof's typ is not dpop+jwt"));
    }
    if header.contains("crit") || header.contains("b64") {
        return Err(refused("the proof's header demands extensions (crit, b64)"));
    }
    let algorithm = header.text("alg").and_then(Algorithm::from_name);
    let algorithm = algorithm
        .filter(|algorithm| Algorithm::ASYMMETRIC.contains(algorithm))
        .ok_or_else(|| refused("the proof's algorithm is not one of those that are accepted"))?;
    header
        .get("jwk")
        .and_then(|jwk| Jwk::read(jwk).ok())
        .filter(|key| key.fits(algorithm))
        .map(|key| (algorithm, key))
        .ok_or_else(|| refused("the proof's header has no usable public key for its algorithm"))
}

/// A URL in the form in which two that mean the same are equal (RFC 3986 sections 6.2.2 and 6.2.3), without
/// query and fragment.
fn comparable(url: &str) -> Option<String> {
    let (scheme, rest) = url.split(['?', '#']).next()?.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).or(authority.strip_suffix(':')).unwrap_or(&authority);
    // What one parser could take for the end of the host and another one not.
    if authority.is_empty()
        || authority.contains(['@', '%'])
        || !rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return None;
    }
    Some([scheme.as_str(), "://", authority, &without_dots(&decoded(path)?)].concat())
}

/// A path with those escapes undone that need none, and the others in upper case.
fn decoded(path: &str) -> Option<String> {
    let mut decoded = String::new();
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            decoded.push(character);
            continue;
        }
        let (high, low) = (characters.next()?, characters.next()?);
        let code = high.to_digit(16)?.checked_mul(16)?.checked_add(low.to_digit(16)?)?;
        match char::from_u32(code) {
            Some(plain) if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => decoded.push(plain),
            _ => decoded.extend(['%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]),
        }
    }
    Some(decoded)
}

/// A path without `.` and `..` (RFC 3986 section 5.2.4), at least `/`.
fn without_dots(path: &str) -> String {
    let (mut kept, mut ends_in_dots) = (Vec::new(), false);
    for segment in path.split('/').skip(1) {
        ends_in_dots = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    if ends_in_dots {
        kept.push("");
    }
    ["/", &kept.join("/")].concat()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
