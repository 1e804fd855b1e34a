//! What this process gives gatepass: `ureq` for HTTP, `ring` for signatures, the clock of the system.

use std::error::Error;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use gatepass::host::Host;
use gatepass::host::clock::Clock;
use gatepass::host::credential::Credential;
use gatepass::host::crypto::Crypto;
use gatepass::host::events::Events;
use gatepass::host::fetch::{Fetch, FetchError, Limits};
use gatepass::host::random::Random;
use gatepass::host::signing::{Signing, SigningKey};
use gatepass::host::sleep::Sleep;
use gatepass::host::store::Store;
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::base64url;
use gatepass::protocol::http::{Request, Response};
use gatepass::protocol::json::{self, Object};
use gatepass::protocol::jwk::Jwk;
use gatepass::protocol::jwt::SignatureCheck;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::time::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use ureq::{Agent, Body, http};

/// The error of a part of the host: shared, since a failure may be told to several callers.
type Cause = Rc<dyn Error>;

/// Blocks where a JavaScript host would wait.
pub struct NativeHost {
    agent: Agent,
    random: SystemRandom,
}

impl Default for NativeHost {
    fn default() -> Self {
        // Gatepass reads every status by itself, and follows no redirect with a secret in the request.
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self { agent: config.into(), random: SystemRandom::new() }
    }
}

/// Runs a future whose host blocks: it is ready when it has been polled once.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

impl NativeHost {
    /// The status of an API's answer to a GET.
    pub fn call(&self, url: &str, authorization: &str) -> Result<u16, ureq::Error> {
        let request = self.agent.get(url).header("authorization", authorization);
        Ok(request.header("content-type", "application/json").call()?.status().as_u16())
    }

    fn send(&self, request: &Request, limits: Limits) -> Result<http::Response<Body>, ureq::Error> {
        let mut head = http::Request::builder().method(request.method.as_str()).uri(request.url.as_str());
        for (name, value) in &request.headers {
            head = head.header(*name, value.as_str());
        }
        let timeout = Some(Duration::from_millis(limits.timeout_millis.into()));
        if let Some(body) = &request.body {
            let request = self.agent.configure_request(head.body(body.as_str())?);
            self.agent.run(request.timeout_global(timeout).build())
        } else {
            let request = self.agent.configure_request(head.body(())?);
            self.agent.run(request.timeout_global(timeout).build())
        }
    }
}

impl Host for NativeHost {
    type Cause = Cause;
}

impl Fetch for NativeHost {
    async fn fetch(&self, request: Request, limits: Limits) -> Result<Response, FetchError<Cause>> {
        let mut response = self.send(&request, limits).map_err(problem)?;
        let status = response.status().as_u16();
        let body = match response.body_mut().with_config().limit(limits.max_body_bytes as u64).read_to_vec() {
            Err(ureq::Error::BodyExceedsLimit(_)) => return Err(FetchError::TooLarge(status)),
            body => body.map_err(problem)?,
        };
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        Ok(Response { status, headers, body })
    }
}

fn problem(error: ureq::Error) -> FetchError<Cause> {
    match error {
        ureq::Error::Timeout(_) => FetchError::Timeout(Rc::new(error)),
        error => FetchError::Broken(Rc::new(error)),
    }
}

impl Clock for NativeHost {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Sleep for NativeHost {
    async fn sleep(&self, millis: u32) {
        thread::sleep(Duration::from_millis(millis.into()));
    }
}

impl NativeHost {
    fn random<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        self.random.fill(&mut bytes).expect("the system gives random bytes");
        bytes
    }
}

impl Random for NativeHost {
    fn unit(&self) -> f64 {
        f64::from(u32::from_be_bytes(self.random())) / (f64::from(u32::MAX) + 1.0)
    }

    fn unique(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.random()))
    }
}

/// For clients whose secret is asked for anew each time, or that send assertions of somebody else.
impl Credential for NativeHost {
    async fn client_secret(&self, _timeout_millis: u32) -> Result<Secret, Cause> {
        Err("this program gives its secret to the client".into_cause())
    }

    async fn client_assertion(&self, _timeout_millis: u32) -> Result<Secret, Cause> {
        Err("this program has no assertions".into_cause())
    }
}

/// For `private_key_jwt`, `client_secret_jwt` and DPoP.
impl Signing for NativeHost {
    async fn sign(&self, _key: SigningKey<'_>, _algorithm: Algorithm, _input: &str) -> Result<Vec<u8>, Cause> {
        Err("this program has no private key".into_cause())
    }

    async fn proof_key(&self, _algorithm: Algorithm) -> Result<String, Cause> {
        Err("this program has no private key".into_cause())
    }
}

/// A public key, ready to verify with.
#[derive(Clone)]
pub enum Key {
    Rsa(&'static RsaParameters, RsaPublicKeyComponents<Vec<u8>>),
    Other(UnparsedPublicKey<Vec<u8>>),
}

impl Crypto for NativeHost {
    type Key = Key;

    async fn import_key(&self, key: &Jwk, algorithm: Algorithm) -> Result<Key, Cause> {
        let jwk = json::object(key.host_json().as_bytes()).map_err(|_| "not a JWK".into_cause())?;
        let jwk = jwk.root();
        let rsa =
            |parameters| Ok(Key::Rsa(parameters, RsaPublicKeyComponents { n: part(jwk, "n")?, e: part(jwk, "e")? }));
        // SEC 1 section 2.3.3: an uncompressed point.
        let point = |curve: &'static dyn VerificationAlgorithm| {
            let point = [vec![4], part(jwk, "x")?, part(jwk, "y")?].concat();
            Ok(Key::Other(UnparsedPublicKey::new(curve, point)))
        };
        match algorithm {
            Algorithm::Rs256 => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => rsa(&signature::RSA_PSS_2048_8192_SHA256),
            Algorithm::Ps384 => rsa(&signature::RSA_PSS_2048_8192_SHA384),
            Algorithm::Ps512 => rsa(&signature::RSA_PSS_2048_8192_SHA512),
            Algorithm::Es256 => point(&signature::ECDSA_P256_SHA256_FIXED),
            Algorithm::Es384 => point(&signature::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDsa => Ok(Key::Other(UnparsedPublicKey::new(&signature::ED25519, part(jwk, "x")?))),
            other => Err(format!("ring does not verify {}", other.name()).into_cause()),
        }
    }

    async fn verify(&self, key: &Key, check: &SignatureCheck) -> Result<bool, Cause> {
        Ok(match key {
            Key::Rsa(parameters, key) => key.verify(parameters, &check.signing_input, &check.signature).is_ok(),
            Key::Other(key) => key.verify(&check.signing_input, &check.signature).is_ok(),
        })
    }
}

fn part(jwk: Object<'_>, name: &str) -> Result<Vec<u8>, Cause> {
    jwk.text(name).and_then(base64url::decode).ok_or_else(|| format!("the JWK has no {name}").into_cause())
}

impl Events for NativeHost {}

impl Store for NativeHost {}

trait IntoCause {
    fn into_cause(self) -> Cause;
}

impl<T: Into<Box<dyn Error>>> IntoCause for T {
    fn into_cause(self) -> Cause {
        Rc::from(self.into())
    }
}
