//! Letting a request in with a good token: whether its sender has what the token is bound to.

use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::crypto::{Crypto, prove};
use crate::host::replay::Replays;
use crate::protocol::confirmation::{self, Confirmation, Possession};
use crate::protocol::credentials::Scheme;
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::dpop_proof::{ProofPolicy, UnverifiedProof, VerifiedProof, lifetime_millis, replayed};
use crate::protocol::json::Object;

/// A request that arrives with a token.
pub struct Incoming {
    /// How the token is presented.
    pub scheme: Scheme,
    /// The token.
    pub token: String,
    /// The method of the request, as it was sent.
    pub method: String,
    /// Its absolute URL, as the client knows it.
    pub url: String,
    /// Its `DPoP` header; the values of several, with commas between them.
    pub dpop: Option<String>,
    /// The thumbprint of the certificate that its connection presented.
    pub certificate: Option<String>,
}

/// What proofs are looked at for.
#[derive(Debug, Clone, Default)]
pub struct ProofRules {
    /// Nonces that they must have, if any.
    pub nonces: Option<Nonces>,
    /// Seconds that clocks may differ, beyond the window for the time of a proof.
    pub leeway: f64,
}

/// Checks that the sender of a request has what its token is bound to. `claims` are those of the token, which was
/// verified. Gives a nonce for the next proof when that is due, to go with the answer (RFC 9449 section 8.2).
///
/// # Errors
/// `invalid_token`, `invalid_dpop_proof` or `use_dpop_nonce`, and `replay_store_unavailable` when nobody can tell
/// whether the proof is new.
pub async fn admit<H: Crypto + Clock + Replays>(
    host: &H,
    request: &Incoming,
    claims: Object<'_>,
    rules: &ProofRules,
) -> Result<Option<String>, Failure<H::Cause>> {
    let bound = Confirmation::read(claims)?;
    let mut sender = Possession { scheme: request.scheme, key: None, certificate: request.certificate.as_deref() };
    if request.scheme == Scheme::Bearer {
        confirmation::check(bound.as_ref(), sender)?;
        return Ok(None);
    }
    let proof = proven(host, request, rules).await?;
    sender.key = Some(&proof.thumbprint);
    confirmation::check(bound.as_ref(), sender)?;
    if !host.is_new(&proof, lifetime_millis(rules.leeway)).await? {
        return Err(replayed().into());
    }
    Ok(rules.nonces.as_ref().filter(|_| proof.needs_nonce).map(|nonces| nonces.issue(host.now())))
}

/// The proof that came with a token, checked.
async fn proven<H: Crypto + Clock>(
    host: &H,
    request: &Incoming,
    rules: &ProofRules,
) -> Result<VerifiedProof, Failure<H::Cause>> {
    let proof = UnverifiedProof::read(request.dpop.as_deref())?;
    let verdict = match proof.signature_check() {
        None => Ok(None),
        Some(check) => match host.import_key(proof.key(), check.algorithm).await {
            Ok(key) => prove(host, &key, check).await,
            Err(cause) => Err(cause),
        },
    };
    // A key that the host does not take is the sender's: no point on its curve, for example.
    let (verdict, cause) = verdict.map_or_else(|cause| (None, Some(cause)), |verdict| (verdict, None));
    let Incoming { method, url, token, .. } = request;
    let policy = ProofPolicy { method, url, token, leeway: rules.leeway, nonces: rules.nonces.as_ref() };
    proof.verify(verdict.as_ref(), &policy, host.now()).map_err(|error| Failure { error, cause })
}
