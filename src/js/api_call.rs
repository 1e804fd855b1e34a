//! What the driver of API calls (`host/web/api_call.js`) asks for.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use crate::flow::api_call::{Answer, ApiPolicy, Call, Redirects, Resend, SentToken, Step, next};
use crate::flow::client::Client;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::random::Random;
use crate::host::web::WebHost;
use crate::js::client::{has_discovered, open};
use crate::js::client_options::api_policy;
use crate::js::error::from_failure;
use crate::js::settings::Settings;
use crate::protocol::http::Response;
use crate::protocol::json::Value;
use crate::protocol::option::OptionError;
use crate::protocol::retry_after;

#[wasm_bindgen(module = "/src/host/web/api_request.js")]
extern "C" {
    /// Reads the caller's `fetch` arguments once, and checks them.
    #[wasm_bindgen(reexport, js_name = apiRequest)]
    fn api_request(input: &JsValue, init: &JsValue, is_drop_in: bool) -> JsValue;
}

#[wasm_bindgen(module = "/src/host/web/api_call.js")]
extern "C" {
    /// Sends a call, and sends it on or again, until there is a response. All of the waiting is
    /// JavaScript's: a future that waited for an API here would stay in wasm memory when the
    /// caller's request is cancelled.
    #[wasm_bindgen(reexport, js_name = sendApiRequest)]
    fn send_api_request(client: &JsValue, request: &JsValue) -> JsValue;
}

/// What the driver tells of a call, by name. It is our own: there is nothing to complain about.
struct Facts<'a>(&'a JsValue);

impl Facts<'_> {
    fn value(&self, name: &str) -> JsValue {
        Reflect::get(self.0, &name.into()).unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name).as_string()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is larger is cut off")]
    fn number(&self, name: &str) -> u32 {
        self.value(name).as_f64().unwrap_or_default() as u32
    }

    fn flag(&self, name: &str) -> bool {
        self.value(name).as_bool() == Some(true)
    }

    fn origin(&self) -> String {
        self.text("origin").unwrap_or_default()
    }

    fn redirects(&self) -> Result<Redirects, OptionError> {
        let problem = "must be follow, manual, error or follow-unauthenticated";
        let name = self.text("redirect");
        name.and_then(|name| Redirects::from_name(&name)).ok_or_else(|| OptionError::new("init.redirect", problem))
    }

    fn policy(&self, client: &Client) -> Result<ApiPolicy, JsValue> {
        let given = self.value("retry");
        if given.as_bool() == Some(false) {
            return Ok(client.api.off());
        }
        let given = Settings::read(&given, "init.retry", "apiRetry")?;
        Ok(api_policy(Value::Object(given.values()), client.api))
    }
}

/// Checks a call before any token is asked for. Gives its deadline, in milliseconds.
///
/// # Errors
/// The caller's mistake: the token must not go there, or an option is wrong.
#[wasm_bindgen(js_name = clientCheckApiCall)]
pub fn check(handle: u32, options: &JsValue, facts: &JsValue) -> Result<Option<u32>, JsValue> {
    let (open, facts) = (open(handle, options)?, Facts(facts));
    open.client.destinations.check(&facts.origin())?;
    facts.redirects()?;
    let deadline = facts.policy(&open.client)?.retry.deadline_millis;
    Ok((deadline < u32::MAX).then_some(deadline))
}

/// What becomes of a call that was sent: a word, or the milliseconds after which it is sent again.
/// Without a `status` there was no answer, with `cause`; `isReused` is undefined where no token was sent.
///
/// # Errors
/// The `GatepassError` that the call ends with.
#[wasm_bindgen(js_name = clientNextStep)]
pub fn next_step(handle: u32, options: &JsValue, facts: &JsValue) -> Result<JsValue, JsValue> {
    let (open, facts) = (open(handle, options)?, Facts(facts));
    let (origin, method) = (facts.origin(), facts.text("method").unwrap_or_default());
    let (target, challenge) = (facts.text("target"), facts.text("challenge").unwrap_or_default());
    let call = Call {
        method: &method,
        origin: &origin,
        redirects: facts.redirects()?,
        resend: Resend::of(&method, facts.flag("canResend"), facts.flag("hasKey")),
        token: match facts.value("isReused").as_bool() {
            None => SentToken::None,
            Some(false) => SentToken::New,
            Some(true) => SentToken::Kept,
        },
        can_prove: facts.flag("canProve"),
        can_discover: facts.flag("canDiscover"),
        is_discovered: has_discovered(&open, &challenge),
        hops: facts.number("hops"),
        attempts: facts.number("attempts"),
        elapsed_millis: facts.number("elapsed"),
    };
    let status = u16::try_from(facts.number("status")).unwrap_or_default();
    let seconds = |text| {
        let headers = vec![("retry-after".to_owned(), text)];
        retry_after::read(&Response { status, headers, body: Vec::new() }, WebHost::default().now())
    };
    let answer = match status {
        0 => Answer::None,
        _ => Answer::Response {
            status,
            target: target.as_deref(),
            challenge: &challenge,
            retry_after: facts.text("retryAfter").and_then(seconds),
        },
    };
    let policy = facts.policy(&open.client)?;
    let step = match next(&call, answer, &policy, &open.client.destinations, WebHost::default().unit()) {
        Step::Respond => "respond",
        Step::Follow { as_get: false, with_token: true } => "follow",
        Step::Follow { as_get: true, with_token: true } => "follow as GET",
        Step::Follow { as_get: false, with_token: false } => "leave",
        Step::Follow { as_get: true, with_token: false } => "leave as GET",
        Step::Renew => "renew",
        Step::Prove => "prove",
        Step::Discover => "discover",
        Step::Wait(millis) => return Ok(millis.into()),
        Step::Fail(error) => {
            let cause = Some(facts.value("cause")).filter(|cause| !cause.is_undefined());
            return Err(from_failure(Failure { error, cause }));
        }
    };
    Ok(step.into())
}
