//! Letting a request in: its credentials, its token, what the token is bound to, and what it allows.

use crate::flow::discovery::Discovery;
use crate::flow::key_sets::KeySets;
use crate::flow::verifier::Verifier;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::crypto::{Crypto, prove};
use crate::host::fetch::Fetch;
use crate::host::random::Random;
use crate::host::replay::Replays;
use crate::host::sleep::Sleep;
use crate::protocol::confirmation::{self, Confirmation, Possession};
use crate::protocol::credentials::{self, Scheme};
use crate::protocol::dpop_nonce::{Judgement, Nonces};
use crate::protocol::dpop_proof::{ProofPolicy, UnverifiedProof, VerifiedProof, lifetime_millis, replayed};
use crate::protocol::error::{Code, Error, Reason};
use crate::protocol::json;
use crate::protocol::refusal::ChallengePolicy;
use crate::protocol::requirements::Requirements;
use crate::protocol::time::Timestamp;

/// What an API looks at beyond the token.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Nonces that proofs must have, if any.
    pub nonces: Option<Nonces>,
    /// What to tell whoever is refused.
    pub challenge: ChallengePolicy,
}

/// A request that arrives at an API.
pub struct Incoming {
    /// Its method, as it was sent.
    pub method: String,
    /// Its absolute URL, as the client knows it.
    pub url: String,
    /// Its `Authorization` header; the values of several, with commas between them.
    pub authorization: Option<String>,
    /// Its `DPoP` header; the values of several, with commas between them.
    pub dpop: Option<String>,
    /// The thumbprint of the certificate that its connection presented.
    pub certificate: Option<String>,
}

/// A request that may come in.
pub struct Admitted {
    /// The claims of its token, as JSON.
    pub claims: String,
    /// How the token was presented.
    pub scheme: Scheme,
    /// A nonce for the next proof, to go with the answer (RFC 9449 section 8.2).
    pub nonce: Option<String>,
}

/// A request that may not come in.
pub struct Refused<C> {
    /// Why.
    pub failure: Failure<C>,
    /// The value of `WWW-Authenticate` for the answer.
    pub challenge: Option<String>,
    /// The value of `DPoP-Nonce` for the answer.
    pub nonce: Option<String>,
}

impl Guard {
    /// The answer to a request with this fault, for a client that should use this scheme and these scopes.
    pub fn refuse<C>(&self, failure: Failure<C>, scheme: Scheme, scope: &[String], now: Timestamp) -> Refused<C> {
        let challenge = self.challenge.challenge(&failure.error, scheme, scope);
        let nonces = self.nonces.as_ref().filter(|_| failure.error.code == Code::UseDpopNonce);
        Refused { challenge, nonce: nonces.map(|nonces| nonces.issue(now)), failure }
    }
}

impl Verifier {
    /// Decides about a request.
    ///
    /// # Errors
    /// The failure with the answer that it deserves: 400 `invalid_request`, 401 `missing_token`,
    /// `invalid_token`, `invalid_dpop_proof` or `use_dpop_nonce`, 403 `insufficient_scope`, and 503 when nobody
    /// can tell.
    pub async fn authorize<H: Fetch + Crypto + Clock + Sleep + Random + Replays>(
        &self,
        host: &H,
        discovery: &Discovery,
        key_sets: &KeySets<H::Key>,
        request: &Incoming,
        requirements: &Requirements,
    ) -> Result<Admitted, Refused<H::Cause>> {
        let mut scheme = Scheme::Bearer;
        let admitted = self.admit(host, discovery, key_sets, request, requirements, &mut scheme).await;
        admitted.map_err(|failure| self.guard.refuse(failure, scheme, &requirements.scopes, host.now()))
    }

    /// `scheme` becomes the one that the client should use.
    async fn admit<H: Fetch + Crypto + Clock + Sleep + Random + Replays>(
        &self,
        host: &H,
        discovery: &Discovery,
        key_sets: &KeySets<H::Key>,
        request: &Incoming,
        requirements: &Requirements,
        scheme: &mut Scheme,
    ) -> Result<Admitted, Failure<H::Cause>> {
        let (used, token) = credentials::read(request.authorization.as_deref())?;
        *scheme = used;
        let claims = self.verify_access_token(host, discovery, key_sets, token).await?.into_payload();
        let object = json::object(claims.as_bytes())
            .map_err(|_| Error::invalid_token(Reason::Malformed, "the token is malformed (payload)"))?;
        let bound = Confirmation::read(&object)?;
        if bound.as_ref().is_some_and(Confirmation::has_key) {
            *scheme = Scheme::Dpop;
        }
        let mut sender = Possession { scheme: used, key: None, certificate: request.certificate.as_deref() };
        let (proof, nonce) = match used {
            Scheme::Bearer => (None, None),
            Scheme::Dpop => {
                let (proof, nonce) = self.proof(host, request, token).await?;
                (Some(proof), nonce)
            }
        };
        sender.key = proof.as_ref().map(|proof| proof.thumbprint.as_str());
        confirmation::check(bound.as_ref(), sender)?;
        if let Some(proof) = &proof
            && !host.is_new(proof, lifetime_millis(self.claims.leeway)).await?
        {
            return Err(replayed().into());
        }
        requirements.check(&object)?;
        Ok(Admitted { claims, scheme: used, nonce })
    }

    /// The proof that came with a token, checked, and a nonce for the next one if that is due.
    async fn proof<H: Crypto + Clock>(
        &self,
        host: &H,
        request: &Incoming,
        token: &str,
    ) -> Result<(VerifiedProof, Option<String>), Failure<H::Cause>> {
        let proof = UnverifiedProof::read(request.dpop.as_deref())?;
        let Incoming { method, url, .. } = request;
        let nonces = self.guard.nonces.as_ref();
        let policy = ProofPolicy { method, url, token, leeway: self.claims.leeway, nonces };
        let nonce = match proof.check(&policy, host.now())? {
            Judgement::Ageing => nonces.map(|nonces| nonces.issue(host.now())),
            _ => None,
        };
        let verdict = match proof.signature_check() {
            None => Ok(None),
            Some(check) => match host.import_public_key(proof.key(), check.algorithm).await {
                Ok(key) => prove(host, &key, &check).await,
                Err(cause) => Err(cause),
            },
        };
        // A key that the host does not take is the sender's: no point on its curve, for example.
        let (verdict, cause) = verdict.map_or_else(|cause| (None, Some(cause)), |verdict| (verdict, None));
        match proof.verify(verdict.as_ref()) {
            Ok(proof) => Ok((proof, nonce)),
            Err(error) => Err(Failure { error, cause }),
        }
    }
}
