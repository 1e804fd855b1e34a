//! Proofs of possession that arrive at an API (RFC 9449 section 4.3), from untrusted text to a key that its
//! sender has.
//!
//! The way is that of a token ([`crate::protocol::jwt`]): read, checked, put to the host, believed.

use std::rc::Rc;

use crate::protocol::algorithm::Algorithm;
use crate::protocol::digest::sha256_base64url;
use crate::protocol::dpop_nonce::{Judgement, Nonces};
use crate::protocol::error::{Code, Error};
use crate::protocol::json::{self, Object};
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::{HeaderPolicy, Proof, SignatureCheck, TypePolicy, UnverifiedJws};
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
    jws: UnverifiedJws,
    key: Jwk,
}

/// What a good proof says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedProof {
    /// The thumbprint of the key that its sender has.
    pub thumbprint: String,
    /// A name for this proof among all, the same each time it is presented.
    pub identity: String,
    /// Whether its sender should get a new nonce.
    pub needs_nonce: bool,
}

fn refused(message: &'static str) -> Error {
    Error::new(Code::InvalidDpopProof, message).with_status(401)
}

impl UnverifiedProof {
    /// Reads the value of the `DPoP` header of a request.
    ///
    /// # Errors
    /// `invalid_dpop_proof`.
    pub fn read(header: Option<&str>) -> Result<Self, Error> {
        let proof = header.ok_or_else(|| refused("the request has no DPoP header"))?;
        // What hosts make of several.
        if proof.contains(',') {
            return Err(refused("the request has more than one DPoP header"));
        }
        let policy = HeaderPolicy {
            max_token_bytes: MAX_PROOF_BYTES,
            algorithms: Algorithm::ASYMMETRIC.into(),
            types: TypePolicy::DpopProof,
        };
        let jws = UnverifiedJws::read(proof, &policy).map_err(|_| {
            refused("the proof is not a strictly written JWT of type dpop+jwt with an accepted algorithm")
        })?;
        // The key comes with the proof, and only here: a token that is bound to it vouches for it.
        let key = jws.header().get("jwk").and_then(|jwk| Jwk::read(jwk).ok()).filter(|key| key.fits(jws.algorithm()));
        let key = key.ok_or_else(|| refused("the proof has no usable public key for its algorithm"))?;
        Ok(Self { jws, key })
    }

    /// The key that it claims to be made with.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.key
    }

    /// What the host has to check; `None` when the signature has not the length that it must have.
    #[must_use]
    pub fn signature_check(&self) -> Option<&Rc<SignatureCheck>> {
        let check = self.jws.signature_check();
        (self.key.signature_length(check.algorithm) == Some(check.signature.len())).then_some(check)
    }

    /// Turns the host's word, if it was a good one, into trust, and checks what the proof was made for.
    ///
    /// # Errors
    /// `invalid_dpop_proof`, or `use_dpop_nonce` when only the nonce is missing or too old.
    pub fn verify(
        self,
        proof: Option<&Proof>,
        policy: &ProofPolicy<'_>,
        now: Timestamp,
    ) -> Result<VerifiedProof, Error> {
        let payload = proof.and_then(|proof| self.jws.verify(proof).ok());
        let payload = payload.ok_or_else(|| refused("the proof's signature is wrong"))?;
        let claims = json::object(payload).map_err(|_| refused("the proof's claims are not strictly written JSON"))?;
        let needs_nonce = check_claims(claims.root(), policy, now)? == Judgement::Ageing;
        let thumbprint = self.key.thumbprint();
        let identity = [thumbprint.as_str(), ".", claims.root().text("jti").unwrap_or_default()].concat();
        Ok(VerifiedProof { identity: sha256_base64url(identity.as_bytes()), thumbprint, needs_nonce })
    }
}

fn check_claims(claims: Object<'_>, policy: &ProofPolicy<'_>, now: Timestamp) -> Result<Judgement, Error> {
    if claims.text("jti").is_none_or(str::is_empty) {
        return Err(refused("the proof has no jti"));
    }
    if claims.text("htm") != Some(policy.method) {
        return Err(refused("the proof is for another method"));
    }
    let url = comparable(policy.url);
    if url.is_none() || claims.text("htu").and_then(comparable) != url {
        return Err(refused("the proof is for another URL"));
    }
    if claims.text("ath") != Some(&sha256_base64url(policy.token.as_bytes())) {
        return Err(refused("the proof is for another access token"));
    }
    let window = WINDOW_SECONDS + policy.leeway;
    let age = claims.number("iat").map(|issued_at| now.as_seconds() - issued_at);
    if !age.is_some_and(|age| -window <= age && age < window) {
        return Err(refused("the proof is too old, or its time lies ahead: one of the clocks may be wrong"));
    }
    let Some(nonces) = policy.nonces else { return Ok(Judgement::Good) };
    match claims.text("nonce").map_or(Judgement::Unusable, |nonce| nonces.judge(nonce, now)) {
        Judgement::Unusable => {
            let message = "the proof needs the nonce of the DPoP-Nonce header";
            Err(Error::new(Code::UseDpopNonce, message).with_status(401))
        }
        usable => Ok(usable),
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

/// A URL in the form in which two that mean the same are equal (RFC 3986 sections 6.2.2 and 6.2.3), without
/// query and fragment. Hosts resolve `.` and `..` before they send a request.
fn comparable(url: &str) -> Option<String> {
    let (scheme, rest) = url.split(['?', '#']).next()?.split_once("://")?;
    let default_port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else if scheme.eq_ignore_ascii_case("http") {
        ":80"
    } else {
        return None;
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.strip_suffix(default_port).or(authority.strip_suffix(':')).unwrap_or(authority);
    // What one parser could take for the end of the host and another one not.
    let is_odd = |byte| !u8::is_ascii_graphic(&byte) || byte == b'\\';
    if host.is_empty() || host.ends_with(':') || host.contains(['@', '%']) || rest.bytes().any(is_odd) {
        return None;
    }
    let mut text = [scheme, "://", host].concat().to_ascii_lowercase();
    let mut characters = if path.is_empty() { "/" } else { path }.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        // Those escapes are undone that need none; the others are in upper case.
        let (high, low) = (characters.next()?, characters.next()?);
        let code = high.to_digit(16)?.checked_mul(16)?.checked_add(low.to_digit(16)?)?;
        match char::from_u32(code) {
            Some(plain @ ('-' | '.' | '_' | '~')) => text.push(plain),
            Some(plain) if plain.is_ascii_alphanumeric() => text.push(plain),
            _ => {
                text.push('%');
                text.push(high.to_ascii_uppercase());
                text.push(low.to_ascii_uppercase());
            }
        }
    }
    Some(text)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
