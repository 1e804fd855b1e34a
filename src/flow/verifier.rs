//! Verifying tokens: cheapest checks first, nothing requested for a token that cannot pass.

use std::cell::RefCell;
use std::rc::Rc;

use crate::flow::discovery::Discovery;
use crate::flow::key_sets::{KeyRequest, KeySets, KeySource, LoadedKeys};
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
use crate::protocol::id_token::IdTokenPolicy;
use crate::protocol::json::Object;
use crate::protocol::jwt::{Header, HeaderPolicy, Proof, TypePolicy, UnverifiedJws, UnverifiedJwt, VerifiedJwt};
use crate::protocol::metadata::Issuer;
use crate::protocol::profile::Profile;
use crate::protocol::time::Timestamp;
use crate::protocol::url::Transport;

/// A verifier, from checked options.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// What a token must look like.
    pub header: HeaderPolicy,
    /// What it must say.
    pub claims: ClaimsPolicy,
    /// Where the keys of each issuer are.
    pub keys: Vec<KeyRequest>,
    /// That of the good token that came last. What others send has no room here.
    last_header: RefCell<Option<Rc<Header>>>,
}

/// A token that has passed all checks which take no key.
pub struct Unproven {
    jwt: UnverifiedJwt,
    issuer: usize,
}

impl Unproven {
    /// The position of its issuer among the verifier's.
    #[must_use]
    pub const fn issuer(&self) -> usize {
        self.issuer
    }
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

/// How long one exchange for keys may take by default, in milliseconds.
pub const DEFAULT_TIMEOUT_MILLIS: u32 = 5_000;
/// Seconds that the clocks of issuer and verifier may differ by default.
pub const DEFAULT_LEEWAY_SECONDS: f64 = 5.0;
/// The greatest length of a token by default, in bytes.
pub const DEFAULT_MAX_TOKEN_BYTES: usize = 16 * 1024;

impl Verifier {
    /// A verifier with these policies, and where the keys of each of its issuers are.
    #[must_use]
    pub const fn with(header: HeaderPolicy, claims: ClaimsPolicy, keys: Vec<KeyRequest>) -> Self {
        Self { header, claims, keys, last_header: RefCell::new(None) }
    }

    /// A verifier of an issuer's access tokens for one of these audiences, as it is by default.
    #[must_use]
    pub fn new(profile: Profile, issuer: Issuer, audience: Vec<String>) -> Self {
        let transport = Transport::Secure;
        let header = HeaderPolicy {
            max_token_bytes: DEFAULT_MAX_TOKEN_BYTES,
            algorithms: profile.algorithms(),
            types: TypePolicy::Auto,
        };
        let claims = ClaimsPolicy {
            issuers: vec![issuer.as_str().to_owned()],
            audience: Some(audience),
            required: &[],
            leeway: DEFAULT_LEEWAY_SECONDS,
            max_age: None,
        };
        let known = profile.endpoints(&issuer, transport).keys.map(KeySource::Url);
        let keys = known.unwrap_or(KeySource::Issuer(issuer));
        Self::with(header, claims, vec![KeyRequest::new(keys, transport, DEFAULT_TIMEOUT_MILLIS)])
    }

    /// Reads an access token, checks all that takes no key, and says which keys it takes.
    ///
    /// # Errors
    /// `invalid_token` for the token's faults.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Unproven, Error> {
        let jwt = self.jwt(token, &self.header.types)?;
        let issuer = self.claims.check(jwt.unverified_claims(), now)?;
        Ok(Unproven { jwt, issuer })
    }

    fn jwt(&self, token: &str, types: &TypePolicy) -> Result<UnverifiedJwt, Error> {
        UnverifiedJwt::read_as(token, &self.header, types, self.last_header.borrow().clone())
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
        let request = self.keys.get(token.issuer).ok_or_else(unknown_key)?;
        let jwt = token.jwt;
        let KeyContext { discovery, key_sets, refreshes_ahead } = context;
        let mut known = None;
        let keys = loop {
            let keys = key_sets.get(host, discovery, request, known.as_ref()).await?;
            if known.is_some() || has_candidate(&keys, jwt.jws()) {
                break keys;
            }
            known = Some(keys);
        };
        // Before the signature is checked: the keys may be replaced meanwhile.
        let (generation, now) = (key_sets.generation(), host.now());
        let look_at = key_sets.look_at(request, &keys, *refreshes_ahead, now).as_seconds();
        let window = self.claims.window(jwt.unverified_claims());
        let proof = signed_by_one_of(host, &keys, jwt.jws()).await?;
        let header = jwt.shared_header();
        let jwt = jwt.verify(&proof)?;
        self.last_header.replace(Some(header));
        Ok(Verified { jwt, window: Window { until: window.until.min(look_at), ..window }, generation })
    }

    /// Reads an ID token, which must be what `wish` expects (see [`IdTokenPolicy::read`]), and checks all that takes no key.
    ///
    /// # Errors
    /// `invalid_token` for the token's faults.
    pub fn read_id_token(&self, token: &str, wish: Object<'_>, now: Timestamp) -> Result<Unproven, Error> {
        let jwt = self.jwt(token, &TypePolicy::IdToken)?;
        let policy = IdTokenPolicy::read(wish, jwt.jws().algorithm());
        let issuer = policy.check(&self.claims, jwt.unverified_claims(), now)?;
        Ok(Unproven { jwt, issuer })
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
            Ok(key) => prove(host, &key, check).await,
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
