//! `Verifier`: access tokens that arrive at an API, and ID tokens.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::flow::authorization_server::Servers;
use crate::flow::verifier::{KeyContext, Unproven, Verified, Verifier};
use crate::host::clock::Clock;
use crate::host::web::{WebHost, outcome, promise};
use crate::js::client::{keep_alive, servers};
use crate::js::error::from_failure;
use crate::js::registry::Registry;
use crate::js::settings::member;
use crate::js::verifier_options;
use crate::protocol::claims::Claims;
use crate::protocol::json::{self, Document};
use crate::protocol::requirements::Requirements;

thread_local! {
    static VERIFIERS: RefCell<Registry<Verifier>> = RefCell::default();
}

#[wasm_bindgen(module = "/src/js/verified.js")]
extern "C" {
    /// What JavaScript remembers of a good token: its claims, and from when until when, in seconds, and for which
    /// generation of keys that holds.
    fn verified(payload: &str, from: f64, until: f64, generation: u32) -> JsValue;
}

/// JSON text that JavaScript has written.
fn read(text: String) -> Document {
    json::object(text).unwrap_or_default()
}

/// Gives a verifier a handle. `options` is what `plainOptions` makes of a caller's.
///
/// # Errors
/// A `TypeError` that names the option.
#[wasm_bindgen(js_name = openVerifier)]
pub fn open_verifier(options: String) -> Result<u32, JsValue> {
    let verifier = verifier_options::verifier(read(options).root())?;
    Ok(VERIFIERS.with_borrow_mut(|verifiers| verifiers.add(verifier)))
}

/// A number that changes whenever keys have been replaced: what was verified with older ones is forgotten.
#[wasm_bindgen(js_name = keyGeneration)]
pub fn key_generation() -> u32 {
    servers().key_sets.generation()
}

/// What to remember of a good token: at once where the host can tell at once, else a promise of it; undefined when the
/// handle is not known any more. An ID token must be what `expected` says, a JSON text by `plainExpected`; without it, the
/// token is an access token. `given` has the caller's `fetch`, `onEvent` and `store`; undefined when there is none of them.
/// `background` is a `waitUntil` for refreshing keys ahead of time, or undefined.
///
/// # Errors
/// What is wrong with the token.
#[wasm_bindgen(js_name = verifyToken)]
pub fn verify_token(
    handle: u32,
    token: &str,
    expected: Option<String>,
    given: &JsValue,
    background: JsValue,
) -> Result<JsValue, JsValue> {
    let Some(verifier) = VERIFIERS.with_borrow(|verifiers| verifiers.get(handle)) else {
        return Ok(JsValue::UNDEFINED);
    };
    let store_millis = verifier.keys.first().map_or(0, |keys| keys.timeout_millis);
    let mut host = WebHost { store_millis, ..WebHost::default() };
    if !given.is_undefined() {
        let given = |name| member(given, name);
        (host.fetch, host.on_event, host.store) = (given("fetch"), given("onEvent"), given("store"));
    }
    let unproven = match expected {
        None => verifier.read(token, host.now()),
        Some(expected) => verifier.read_id_token(token, read(expected).root(), host.now()),
    };
    let unproven = unproven.map_err(|error| from_failure(error.into()))?;
    let call = Rc::new(Call { verifier, host, background, servers: servers() });
    call.refresh_ahead(unproven.issuer());
    outcome(&call.host, call.lifetime(), Box::pin(Rc::clone(&call).verify(unproven)))
}

/// Checks the claims of a token that was verified before against requirements.
///
/// # Errors
/// What they lack.
#[wasm_bindgen(js_name = checkRequirements)]
pub fn check_requirements(payload: String, requirements: String) -> Result<(), JsValue> {
    Requirements::read(read(requirements).root())
        .check(read(payload).root())
        .map_err(|error| from_failure(error.into()))
}

/// Checks what an authorization server says of an opaque token against the policy that options stand for, as
/// [`open_verifier`] takes them.
///
/// # Errors
/// What is wrong with the token.
#[wasm_bindgen(js_name = checkClaims)]
pub fn check_claims(options: String, claims: String) -> Result<(), JsValue> {
    let policy = verifier_options::verifier(read(options).root())?.claims;
    let judged = Claims::read(read(claims)).and_then(|claims| policy.check(&claims, WebHost::default().now()));
    judged.map(drop).map_err(|error| from_failure(error.into()))
}

/// One verification.
struct Call {
    verifier: Rc<Verifier>,
    host: WebHost,
    background: JsValue,
    servers: Rc<Servers<JsValue>>,
}

impl Call {
    async fn verify(self: Rc<Self>, unproven: Unproven) -> Result<JsValue, JsValue> {
        let context = KeyContext {
            discovery: &self.servers.discovery,
            key_sets: &self.servers.key_sets,
            refreshes_ahead: self.background.is_function(),
        };
        let Verified { jwt, window, generation } =
            self.verifier.verify(&self.host, &context, unproven).await.map_err(from_failure)?;
        Ok(verified(jwt.payload(), window.from, window.until, generation))
    }

    /// Refreshes an issuer's keys in the background, if it is time to.
    fn refresh_ahead(self: &Rc<Self>, issuer: usize) {
        if !self.background.is_function() {
            return;
        }
        let due = self.verifier.keys.get(issuer).and_then(|keys| self.servers.key_sets.due(keys, self.host.now()));
        let Some(refresh) = due else { return };
        let call = Rc::clone(self);
        let refreshing = Box::pin(async move {
            if let Some(keys) = call.verifier.keys.get(issuer) {
                call.servers.key_sets.refresh(&call.host, &call.servers.discovery, keys, refresh).await;
            }
            Ok(JsValue::UNDEFINED)
        });
        keep_alive(&self.background, &promise(&self.host, self.lifetime(), refreshing));
    }

    /// Metadata, keys and a store may each take their time; the host checks the signature beyond that.
    fn lifetime(&self) -> i64 {
        let timeout = self.verifier.keys.first().map_or(0, |keys| keys.timeout_millis);
        i64::from(timeout).saturating_mul(6).saturating_add(180_000)
    }
}
