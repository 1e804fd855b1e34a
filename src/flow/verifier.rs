//! Verifying access tokens: cheapest checks first, nothing requested for a token that cannot pass.

use std::rc::Rc;

use crate::flow::discovery::Discovery;
use crate::flow::guard::Guard;
use crate::flow::key_sets::{KeyRequest, KeySets, LoadedKeys};
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::crypto::{Crypto, prove};
use crate::host::fetch::Fetch;
use crate::host::random::Random;
use crate::host::sleep::Sleep;
use crate::protocol::claims::ClaimsPolicy;
use crate::protocol::error::{Code, Error, Reason};
use crate::protocol::jwt::{HeaderPolicy, Proof, UnverifiedJwt, VerifiedJwt};

/// A verifier, from checked options.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// What a token must look like.
    pub header: HeaderPolicy,
    /// What it must say.
    pub claims: ClaimsPolicy,
    /// Where the keys are.
    pub keys: KeyRequest,
    /// What a request is looked at for beside its token.
    pub guard: Guard,
}

impl Verifier {
    /// Verifies an access token.
    ///
    /// # Errors
    /// `invalid_token` for the token's faults, `keys_unavailable` when nobody can tell.
    pub async fn verify_access_token<H: Fetch + Crypto + Clock + Sleep + Random>(
        &self,
        host: &H,
        discovery: &Discovery,
        key_sets: &KeySets<H::Key>,
        token: &str,
    ) -> Result<VerifiedJwt, Failure<H::Cause>> {
        let jwt = UnverifiedJwt::read(token, &self.header)?;
        self.claims.check(jwt.unverified_claims(), host.now())?;
        let mut keys = key_sets.get(host, discovery, &self.keys).await?;
        if !has_candidate(&keys, &jwt) {
            keys = key_sets.newer(host, discovery, &self.keys, &keys).await?.unwrap_or(keys);
        }
        let proof = signed_by_one_of(host, &keys, &jwt).await?;
        Ok(jwt.verify(&proof)?)
    }
}

fn has_candidate<K: Clone>(keys: &Rc<LoadedKeys<K>>, jwt: &UnverifiedJwt) -> bool {
    keys.candidates(jwt.key_id(), jwt.algorithm()).next().is_some()
}

async fn signed_by_one_of<H: Crypto>(
    host: &H,
    keys: &LoadedKeys<H::Key>,
    jwt: &UnverifiedJwt,
) -> Result<Proof, Failure<H::Cause>> {
    let check = jwt.signature_check();
    let (mut tried, mut refused_by_host) = (false, None);
    for candidate in keys.candidates(jwt.key_id(), jwt.algorithm()) {
        tried = true;
        if candidate.1.signature_length(check.algorithm) != Some(check.signature.len()) {
            continue;
        }
        let verdict = match keys.import(host, candidate, check.algorithm).await {
            Ok(key) => prove(host, &key, &check).await,
            Err(cause) => Err(cause),
        };
        match verdict {
            Ok(Some(proof)) => return Ok(proof),
            Ok(None) => {}
            Err(cause) => refused_by_host = Some(cause),
        }
    }
    match refused_by_host {
        // The key may be broken, or the algorithm unknown here: that is not the token's fault.
        Some(cause) => {
            let message = "the issuer's key for this token cannot be used by this runtime";
            Err(Failure { error: Error::new(Code::KeysUnavailable, message).with_status(503), cause: Some(cause) })
        }
        None if tried => Err(Error::invalid_token(Reason::Signature, "the token's signature is wrong").into()),
        None => {
            let message = match keys.unusable() {
                0 => "none of the issuer's keys fits the token".into(),
                left_out => format!("none of the issuer's keys fits the token; {left_out} of its keys cannot be used"),
            };
            Err(Error::invalid_token(Reason::UnknownKey, message).into())
        }
    }
}
