//! Verifying tokens: cheapest checks first, nothing requested for a token that cannot pass.

use std::rc::Rc;

use crate::flow::discovery::Discovery;
use crate::flow::key_sets::{KeyRequest, KeySets, LoadedKeys};
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::crypto::{Crypto, prove};
use crate::host::events::Events;
use crate::host::fetch::Fetch;
use crate::host::random::Random;
use crate::host::sleep::Sleep;
use crate::host::store::Store;
use crate::protocol::claims::{ClaimsPolicy, Window};
use crate::protocol::error::{Code, Error, Reason};
use crate::protocol::fingerprint::Fingerprint;
use crate::protocol::id_token::{IdTokenPolicy, half_hash, has_hash};
use crate::protocol::jwt::{HeaderPolicy, Proof, TypePolicy, UnverifiedJws, UnverifiedJwt, VerifiedJwt};
use crate::protocol::time::Timestamp;

/// A verifier, from checked options.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// What a token must look like.
    pub header: HeaderPolicy,
    /// What it must say.
    pub claims: ClaimsPolicy,
    /// Where the keys of each issuer are.
    pub keys: Vec<KeyRequest>,
}

/// An access token that has passed all checks which take no key.
pub struct Unproven {
    jwt: UnverifiedJwt,
    issuer: usize,
}

/// What an ID token belongs to.
pub struct IdTokenContext<'a> {
    /// What it must say. The hashes are filled in here.
    pub policy: IdTokenPolicy,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    /// The authorization code that came with it.
    pub code: Option<&'a str>,
}

/// The keys of an isolate, and what it can do for them.
pub struct KeyContext<'a, K> {
    /// Where issuers' metadata is remembered.
    pub discovery: &'a Discovery,
    /// Where their keys are.
    pub key_sets: &'a KeySets<K>,
    /// Whether keys are refreshed in the background before they are too old.
    pub refreshes_ahead: bool,
}

/// A token whose signature is good.
pub struct Verified {
    /// The token.
    pub jwt: VerifiedJwt,
    /// When this verdict holds without another look at token and keys.
    pub window: Window,
    /// The generation of the keys it was verified with.
    pub generation: u32,
}

impl Verifier {
    /// Reads an access token, checks all that takes no key, and says which keys it takes.
    ///
    /// # Errors
    /// `invalid_token` for the token's faults.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Unproven, Error> {
        let jwt = UnverifiedJwt::read(token, &self.header)?;
        let issuer = self.claims.check(jwt.unverified_claims(), now)?;
        Ok(Unproven { jwt, issuer })
    }

    /// Where the keys for a token are.
    #[must_use]
    pub fn keys_for(&self, token: &Unproven) -> Option<&KeyRequest> {
        self.keys.get(token.issuer)
    }

    /// What is the same for two verifiers that accept the same tokens for the same reasons.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let Self { header, claims, keys } = self;
        let mut fingerprint = Fingerprint::default();
        fingerprint.field(&header.max_token_bytes.to_be_bytes());
        fingerprint.list(header.algorithms.iter().map(|algorithm| algorithm.name()));
        match &header.types {
            TypePolicy::Auto => fingerprint.field(b"auto"),
            TypePolicy::IdToken => fingerprint.field(b"id token"),
            TypePolicy::DpopProof => fingerprint.field(b"proof"),
            TypePolicy::OneOf(types) => fingerprint.list(types.iter().map(String::as_str)),
        }
        fingerprint.list(claims.issuers.iter().map(String::as_str));
        match &claims.audience {
            None => fingerprint.field(b"any"),
            Some(audience) => fingerprint.list(audience.iter().map(String::as_str)),
        }
        fingerprint.list(claims.required.iter().copied());
        fingerprint.field(&claims.leeway.to_be_bytes());
        fingerprint.field(&claims.max_age.unwrap_or(-1.0).to_be_bytes());
        fingerprint.list(keys.iter().map(KeyRequest::name));
        fingerprint.field(&keys.first().map_or(0, |keys| keys.timeout_millis).to_be_bytes());
        fingerprint.text()
    }

    /// Checks the signature of a token that has been read.
    ///
    /// # Errors
    /// `invalid_token` for the token's faults, `keys_unavailable` when nobody can tell.
    pub async fn verify<H: Fetch + Crypto + Clock + Sleep + Random + Store + Events>(
        &self,
        host: &H,
        context: &KeyContext<'_, H::Key>,
        token: Unproven,
    ) -> Result<Verified, Failure<H::Cause>> {
        let request = self.keys_for(&token).ok_or_else(unknown_key)?;
        let jwt = token.jwt;
        let KeyContext { discovery, key_sets, refreshes_ahead } = context;
        let mut keys = key_sets.get(host, discovery, request).await?;
        if !has_candidate(&keys, jwt.jws()) {
            keys = key_sets.newer(host, discovery, request, &keys).await?;
        }
        // Before the signature is checked: the keys may be replaced meanwhile.
        let (generation, now) = (key_sets.generation(), host.now());
        let look_at = key_sets.look_at(request, &keys, *refreshes_ahead, now).as_seconds();
        let window = self.claims.window(jwt.unverified_claims());
        let proof = signed_by_one_of(host, &keys, jwt.jws()).await?;
        let jwt = jwt.verify(&proof)?;
        Ok(Verified { jwt, window: Window { until: window.until.min(look_at), ..window }, generation })
    }

    /// Verifies an ID token.
    ///
    /// # Errors
    /// As for an access token.
    pub async fn verify_id_token<H: Fetch + Crypto + Clock + Sleep + Random + Store + Events>(
        &self,
        host: &H,
        context: &KeyContext<'_, H::Key>,
        token: &str,
        id_token: IdTokenContext<'_>,
    ) -> Result<VerifiedJwt, Failure<H::Cause>> {
        let header = HeaderPolicy { types: TypePolicy::IdToken, ..self.header.clone() };
        let jwt = UnverifiedJwt::read(token, &header)?;
        let algorithm = jwt.jws().algorithm();
        let IdTokenContext { mut policy, access_token, code } = id_token;
        for (text, hash) in [(access_token, &mut policy.at_hash), (code, &mut policy.c_hash)] {
            let Some(text) = text else { continue };
            if !has_hash(algorithm) {
                let message = "no hash is defined for the token's algorithm";
                return Err(Error::invalid_token(Reason::Algorithm, message).into());
            }
            let digest = host.digest(algorithm, text.as_bytes()).await.map_err(unusable_here)?;
            *hash = Some(half_hash(&digest));
        }
        let issuer = policy.check(&self.claims, jwt.unverified_claims(), host.now())?;
        Ok(self.verify(host, context, Unproven { jwt, issuer }).await?.jwt)
    }
}

fn has_candidate<K: Clone>(keys: &Rc<LoadedKeys<K>>, jws: &UnverifiedJws) -> bool {
    keys.candidates(jws.key_id(), jws.algorithm()).next().is_some()
}

/// Has the host check a signature against the keys that may have made it.
///
/// # Errors
/// `invalid_token` when it is by none of them, `keys_unavailable` when the host cannot use one.
pub async fn signed_by_one_of<H: Crypto>(
    host: &H,
    keys: &LoadedKeys<H::Key>,
    jws: &UnverifiedJws,
) -> Result<Proof, Failure<H::Cause>> {
    let check = jws.signature_check();
    let (mut tried, mut refused_by_host) = (false, None);
    for candidate in keys.candidates(jws.key_id(), jws.algorithm()) {
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
        Some(cause) => Err(unusable_here(cause)),
        None if tried => Err(Error::invalid_token(Reason::Signature, "the token's signature is wrong").into()),
        None => Err(match keys.unusable() {
            0 => unknown_key(),
            left_out => {
                let message =
                    format!("none of the issuer's keys fits the token; {left_out} of its keys cannot be used");
                Error::invalid_token(Reason::UnknownKey, message)
            }
        }
        .into()),
    }
}

fn unknown_key() -> Error {
    Error::invalid_token(Reason::UnknownKey, "none of the issuer's keys fits the token")
}

/// The key may be broken, or the algorithm unknown here: that is not the token's fault.
fn unusable_here<C>(cause: C) -> Failure<C> {
    let message = "the issuer's key for this token cannot be used by this runtime";
    Failure { error: Error::new(Code::KeysUnavailable, message).with_status(503), cause: Some(cause) }
}
