//! A scripted host with a manual clock.
//!
//! Its cryptography is a stand-in that tells right from wrong by comparing bytes; its `fetch`
//! answers from a script; its time moves only when told. It exists so that days of expiry,
//! outages and key rotation run in milliseconds.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::host::Host;
use crate::host::clock::Clock;
use crate::host::crypto::Crypto;
use crate::host::fetch::{Fetch, FetchError, Limits};
use crate::protocol::algorithm::Algorithm;
use crate::protocol::http::{Request, Response};
use crate::protocol::jwk::Jwk;
use crate::protocol::jwt::SignatureCheck;
use crate::protocol::time::Timestamp;

/// What the scripted `fetch` answers.
pub type Answer = Result<Response, FetchError<String>>;

type Server = Box<dyn FnMut(&Seen) -> Answer>;

/// A request as the scripted server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// GET or POST.
    pub method: &'static str,
    /// The whole URL.
    pub url: String,
    /// The body.
    pub body: String,
}

/// A host for tests.
pub struct FakeHost {
    now: Cell<Timestamp>,
    server: RefCell<Server>,
    seen: Rc<RefCell<Vec<Seen>>>,
    refuses_keys: Cell<bool>,
}

impl FakeHost {
    /// A host whose clock stands at `seconds` and whose `fetch` is answered by `server`.
    pub fn new(seconds: i64, server: impl FnMut(&Seen) -> Answer + 'static) -> Self {
        Self {
            now: Cell::new(Timestamp::from_millis(seconds.saturating_mul(1000))),
            server: RefCell::new(Box::new(server)),
            seen: Rc::default(),
            refuses_keys: Cell::new(false),
        }
    }

    /// Moves the clock, forwards or backwards.
    pub fn advance_seconds(&self, seconds: i64) {
        self.now.set(self.now.get().plus_millis(seconds.saturating_mul(1000)));
    }

    /// Replaces the server.
    pub fn serve(&self, server: impl FnMut(&Seen) -> Answer + 'static) {
        *self.server.borrow_mut() = Box::new(server);
    }

    /// Makes every key import fail from now on.
    pub fn refuse_keys(&self) {
        self.refuses_keys.set(true);
    }

    /// All requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }
}

/// A JSON response.
#[must_use]
pub fn json_response(status: u16, body: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: body.as_bytes().to_vec() }
}

/// The signature the fake host takes for good: of this key over these bytes.
#[must_use]
pub fn fake_signature(key: &str, signing_input: &[u8]) -> Vec<u8> {
    // FNV-1a, stretched to the 64 bytes of a P-256 signature: enough to tell keys and texts apart.
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    let mut signature = Vec::new();
    for round in 0..8_u8 {
        for byte in key.bytes().chain([0, round]).chain(signing_input.iter().copied()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        signature.extend(state.to_be_bytes());
    }
    signature
}

impl Host for FakeHost {
    type Cause = String;
}

impl Clock for FakeHost {
    fn now(&self) -> Timestamp {
        self.now.get()
    }
}

impl Fetch for FakeHost {
    async fn fetch(&self, request: Request, limits: Limits) -> Result<Response, FetchError<String>> {
        let seen = Seen {
            method: request.method.as_str(),
            url: request.url.as_str().to_owned(),
            body: request.body.map(|body| body.to_string()).unwrap_or_default(),
        };
        self.seen.borrow_mut().push(seen.clone());
        let answer = (self.server.borrow_mut())(&seen);
        match answer {
            Ok(response) if response.body.len() > limits.max_body_bytes => Err(FetchError::TooLarge(response.status)),
            answer => answer,
        }
    }
}

impl Crypto for FakeHost {
    type Key = String;

    async fn import_public_key(&self, key: &Jwk, _algorithm: Algorithm) -> Result<String, String> {
        if self.refuses_keys.get() { Err("key refused".to_owned()) } else { Ok(key.to_public_json()) }
    }

    async fn verify(&self, key: &String, check: &SignatureCheck<'_>) -> Result<bool, String> {
        Ok(fake_signature(key, check.signing_input) == check.signature)
    }
}
