//! `Verifier`: access tokens that arrive at an API, and ID tokens.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, JsString};
use wasm_bindgen::prelude::*;

use crate::flow::discovery::Discovery;
use crate::flow::key_sets::KeySets;
use crate::flow::verifier::{IdTokenContext, KeyContext, Verifier};
use crate::host::clock::Clock;
use crate::host::web::{WebHost, outcome, promise};
use crate::js::client::{discovery, keep_alive};
use crate::js::error::from_failure;
use crate::js::options::Options;
use crate::js::registry::Registry;
use crate::js::requirements::read_requirements;
use crate::js::verifier_options::{MAX_AGE_SECONDS, read_verifier};
use crate::protocol::id_token::IdTokenPolicy;
use crate::protocol::option::OptionError;

const EXPECTED_OPTIONS: [&str; 6] = ["clientId", "nonce", "accessToken", "code", "maxAge", "acr"];

struct OpenVerifier {
    verifier: Verifier,
    fingerprint: String,
}

thread_local! {
    static VERIFIERS: RefCell<Registry<OpenVerifier>> = RefCell::default();
    static KEY_SETS: Rc<KeySets<JsValue>> = Rc::default();
}

#[wasm_bindgen(module = "/src/js/verified.js")]
extern "C" {
    /// What JavaScript remembers of a good token: its claims, and from when until when, in seconds, and for which
    /// generation of keys that holds.
    fn verified(payload: &str, from: f64, until: f64, generation: u32) -> JsValue;
}

impl OpenVerifier {
    fn read(options: &JsValue) -> Result<Self, JsValue> {
        let verifier = read_verifier(options)?;
        let fingerprint = verifier.fingerprint();
        Ok(Self { verifier, fingerprint })
    }
}

/// Checks the options of a verifier and gives it a handle: the same one for those that accept the same tokens.
///
/// # Errors
/// A `TypeError` that names the option.
#[wasm_bindgen(js_name = openVerifier)]
pub fn open_verifier(options: &JsValue) -> Result<u32, JsValue> {
    let open = OpenVerifier::read(options)?;
    Ok(VERIFIERS.with_borrow_mut(|verifiers| {
        let known = verifiers.find(|other| other.fingerprint == open.fingerprint);
        known.unwrap_or_else(|| verifiers.add(open))
    }))
}

/// A number that changes whenever keys have been replaced: what was verified with older ones is forgotten.
#[wasm_bindgen(js_name = keyGeneration)]
pub fn key_generation() -> u32 {
    KEY_SETS.with(|key_sets| key_sets.generation())
}

/// What to remember of a good token that meets the requirements: at once where the host can tell at once, else a promise
/// of it. `background` is a `waitUntil` for refreshing keys ahead of time, or undefined.
///
/// # Errors
/// What is wrong with the token, or with the requirements.
#[wasm_bindgen(js_name = verifierVerifyAccessToken)]
pub fn verify_access_token(
    handle: u32,
    options: &JsValue,
    token: &JsValue,
    requirements: &JsValue,
    background: &JsValue,
) -> Result<JsValue, JsValue> {
    let call = Call::new(handle, options, background)?;
    let requirements = read_requirements(requirements)?;
    let token = call.text_of(token)?;
    let unproven = call.verifier().read(&token, call.host.now()).map_err(|error| from_failure(error.into()))?;
    if let Some(keys) = call.verifier().keys_for(&unproven) {
        call.refresh_ahead(keys.name());
    }
    call.run(async move |call| {
        let verified_token = call.verifier().verify(&call.host, &call.keys(), unproven).await.map_err(from_failure)?;
        requirements.check(verified_token.jwt.claims().object()).map_err(|error| from_failure(error.into()))?;
        let window = verified_token.window;
        Ok(verified(&verified_token.jwt.into_payload(), window.from, window.until, verified_token.generation))
    })
}

/// The claims of a good ID token, or a promise of them.
///
/// # Errors
/// What is wrong with the token, or with what is expected of it.
#[wasm_bindgen(js_name = verifierVerifyIdToken)]
pub fn verify_id_token(
    handle: u32,
    options: &JsValue,
    token: &JsValue,
    expected: &JsValue,
    background: &JsValue,
) -> Result<JsValue, JsValue> {
    let call = Call::new(handle, options, background)?;
    let expected = Options::read(expected, "expected", &EXPECTED_OPTIONS)?;
    let policy = IdTokenPolicy {
        client_id: client_id(&expected, call.verifier())?,
        nonce: expected.text("nonce")?,
        max_age: expected.number("maxAge", 0, MAX_AGE_SECONDS)?.map(f64::from),
        acr: expected.text_or_texts("acr")?.unwrap_or_default(),
        at_hash: None,
        c_hash: None,
    };
    let (access_token, code) = (expected.text("accessToken")?, expected.text("code")?);
    let token = call.text_of(token)?;
    call.run(async move |call| {
        let context = IdTokenContext { policy, access_token: access_token.as_deref(), code: code.as_deref() };
        let jwt = call.verifier().verify_id_token(&call.host, &call.keys(), &token, context).await;
        JSON::parse(&jwt.map_err(from_failure)?.into_payload())
    })
}

/// Whom an ID token must be for: the verifier's audience, if that is one, unless the call says otherwise.
fn client_id(expected: &Options, verifier: &Verifier) -> Result<String, OptionError> {
    match (expected.text("clientId")?, verifier.claims.audience.as_deref()) {
        (Some(client_id), _) => Ok(client_id),
        (None, Some([only])) => Ok(only.clone()),
        _ => Err(expected.error("clientId", "must be given: options.audience is not one client id")),
    }
}

/// One verification.
struct Call {
    open: Rc<OpenVerifier>,
    host: WebHost,
    background: JsValue,
    key_sets: Rc<KeySets<JsValue>>,
    discovery: Rc<Discovery>,
}

impl Call {
    fn new(handle: u32, options: &JsValue, background: &JsValue) -> Result<Self, JsValue> {
        let known = VERIFIERS.with_borrow(|verifiers| verifiers.get(handle));
        let open = if let Some(open) = known {
            open
        } else {
            let open = OpenVerifier::read(options)?;
            VERIFIERS.with_borrow_mut(|verifiers| verifiers.put(handle, open))
        };
        let options = Options::seen(options, "options");
        let host = WebHost {
            fetch: options.function("fetch")?,
            on_event: options.function("onEvent")?,
            store: options.value("store")?.unwrap_or_default(),
            ..WebHost::default()
        };
        let key_sets = KEY_SETS.with(Rc::clone);
        Ok(Self { open, host, background: background.clone(), key_sets, discovery: discovery() })
    }

    fn verifier(&self) -> &Verifier {
        &self.open.verifier
    }

    fn keys(&self) -> KeyContext<'_, JsValue> {
        let Self { discovery, key_sets, .. } = self;
        KeyContext { discovery, key_sets, refreshes_ahead: self.background.is_function() }
    }

    fn text_of(&self, token: &JsValue) -> Result<String, OptionError> {
        let token = token
            .dyn_ref::<JsString>()
            .ok_or_else(|| OptionError::new("token", "must be a string (of an AccessToken, its accessToken)"))?;
        // One unit more than allowed is enough to be refused: a huge string is not copied into wasm.
        let most = u32::try_from(self.verifier().header.max_token_bytes).unwrap_or(u32::MAX).saturating_add(1);
        Ok(if token.length() > most { token.slice(0, most).into() } else { token.into() })
    }

    /// Refreshes keys in the background, if it is time to.
    fn refresh_ahead(&self, name: &str) {
        if !self.background.is_function() {
            return;
        }
        let verifier = self.verifier();
        let Some(place) = verifier.keys.iter().position(|keys| keys.name() == name) else { return };
        let Some(refresh) = verifier.keys.get(place).and_then(|keys| self.key_sets.due(keys, self.host.now())) else {
            return;
        };
        let (open, host) = (Rc::clone(&self.open), self.host.clone());
        let (key_sets, discovery) = (Rc::clone(&self.key_sets), Rc::clone(&self.discovery));
        let refreshing = promise(
            &self.host,
            self.lifetime(),
            Box::pin(async move {
                if let Some(keys) = open.verifier.keys.get(place) {
                    key_sets.refresh(&host, &discovery, keys, refresh).await;
                }
                Ok(JsValue::UNDEFINED)
            }),
        );
        keep_alive(&self.background, &refreshing);
    }

    /// Metadata, keys and a store may each take their time; the host checks the signature beyond that.
    fn lifetime(&self) -> i64 {
        let timeout = self.verifier().keys.first().map_or(0, |keys| keys.timeout_millis);
        i64::from(timeout).saturating_mul(6).saturating_add(180_000)
    }

    fn run<F: Future<Output = Result<JsValue, JsValue>> + 'static>(
        self,
        part: impl FnOnce(Rc<Self>) -> F,
    ) -> Result<JsValue, JsValue> {
        let (host, lifetime, call) = (self.host.clone(), self.lifetime(), Rc::new(self));
        outcome(&host, lifetime, Box::pin(part(call)))
    }
}
