//! `Client`: tokens and API calls.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::flow::authorization_server::Servers;
use crate::flow::client::Client;
use crate::flow::dpop::{self, Target};
use crate::flow::introspection::{self, Question};
use crate::flow::resource_discovery::{Asker, Discovered, Resources};
use crate::flow::token_engine::{Answer, Renewal, TokenEngine, Wish};
use crate::host::clock::Clock;
use crate::host::events::{Event, Events, Source};
use crate::host::store::Store;
use crate::host::web::{WebHost, promise};
use crate::js::access_token;
use crate::js::client_options::{read_client, token_request};
use crate::js::error::from_failure;
use crate::js::explanation;
use crate::js::registry::Registry;
use crate::js::settings::Settings;
use crate::protocol::access_token::AccessToken;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;
use crate::protocol::token_request::TokenRequest;

/// One operation on a store may take this part of a call's deadline: a try begins with three at most, and
/// what is left is for the server.
const STORE_SHARE: u32 = 4;
/// What the operations on a store may take in all, in milliseconds.
const MAX_STORE_MILLIS: i64 = 60_000;

thread_local! {
    static CLIENTS: RefCell<Registry<OpenClient>> = RefCell::default();
    static TOKENS: Rc<TokenEngine<JsValue>> = Rc::default();
    static RESOURCES: Rc<Resources> = Rc::default();
    static SERVERS: Rc<Servers<JsValue>> = Rc::default();
}

#[wasm_bindgen]
extern "C" {
    /// A client's options. What each call needs of them is read by getters: names that are handed over take longer.
    type Options;
    #[wasm_bindgen(method, getter)]
    fn fetch(this: &Options) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = onEvent)]
    fn on_event(this: &Options) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn store(this: &Options) -> JsValue;
}

/// What this isolate remembers of authorization servers, shared with the verifiers.
pub fn servers() -> Rc<Servers<JsValue>> {
    SERVERS.with(Rc::clone)
}

/// Checks the options of a client and gives it a handle.
///
/// # Errors
/// A `TypeError` that names the option.
#[wasm_bindgen(js_name = openClient)]
pub fn open_client(options: &JsValue) -> Result<u32, JsValue> {
    let client = OpenClient::new(options)?;
    Ok(CLIENTS.with_borrow_mut(|clients| clients.add(client)))
}

/// An `AccessToken` that is in memory, or a promise of one. `background` is a function that keeps a
/// promise alive beyond the caller's own request (`waitUntil`), or undefined where there is none.
#[wasm_bindgen(js_name = clientGetToken)]
pub fn get_token(handle: u32, options: &JsValue, request: &JsValue, background: &JsValue) -> JsValue {
    open(handle, options)
        .and_then(|open| open.token(options, request, background))
        .unwrap_or_else(|mistake| Promise::reject(&mistake).into())
}

/// Until when `clientGetToken` without a request gives the token that it has just given, in milliseconds
/// since 1970, if nothing changes and the clock is not set back.
#[wasm_bindgen(js_name = clientFreshUntil)]
pub fn fresh_until(handle: u32) -> f64 {
    let open = CLIENTS.with_borrow(|clients| clients.get(handle));
    open.and_then(|open| open.fresh()).map_or(0.0, |(_, until)| until.as_date())
}

/// The proof that goes with a DPoP token to an API: a promise of it. `url` has no query and no fragment.
#[wasm_bindgen(js_name = clientProof)]
pub fn proof(handle: u32, options: &JsValue, method: String, origin: String, url: String, token: String) -> Promise {
    match open(handle, options).and_then(|open| Call::new(&open, options, &JsValue::UNDEFINED)) {
        Ok(call) => call.run(async move |call| {
            let token = Secret::new(token);
            let access_token = Some(token.expose());
            let target = Target { method: &method, origin: &origin, url: &url, access_token };
            let Some(dpop) = &call.open.client.dpop else { return Ok(JsValue::UNDEFINED) };
            let proof = dpop::proof(&call.host, &call.servers.nonces, dpop, &target).await.map_err(from_failure)?;
            Ok(proof.expose().into())
        }),
        Err(mistake) => Promise::reject(&mistake),
    }
}

/// Keeps the nonce that an API wants in proofs.
#[wasm_bindgen(js_name = noteNonce)]
pub fn note_nonce(origin: &str, nonce: &str) {
    servers().nonces.note(origin, Some(nonce));
}

/// Resolves to a token from the authorization server that an API names in its challenge, and remembers that server
/// for the API; to undefined where it names none that the client may ask.
#[wasm_bindgen(js_name = clientDiscover)]
pub fn discover(handle: u32, options: &JsValue, challenge: String, url: String, background: JsValue) -> Promise {
    match open(handle, options).and_then(|open| Call::new(&open, options, &JsValue::UNDEFINED)) {
        Ok(call) => call.run(async move |call| {
            let resources = RESOURCES.with(Rc::clone);
            let found = resources.discover(&call.host, call.open.asker(), &challenge, &url).await;
            let Some(found) = found else { return Ok(JsValue::UNDEFINED) };
            Ok(Call::at(&call.open.led_by(&found), call.host).token(&background))
        }),
        Err(mistake) => Promise::reject(&mistake),
    }
}

/// An `AccessToken` for the API of a URL, whose authorization server has been discovered, or a promise of one; undefined
/// where none has been. A `refused` one is forgotten first.
#[wasm_bindgen(js_name = clientTokenFor)]
pub fn token_for(
    handle: u32,
    options: &JsValue,
    url: &str,
    refused: Option<String>,
    background: &JsValue,
) -> Result<JsValue, JsValue> {
    let open = open(handle, options)?;
    let found = RESOURCES.with(|resources| resources.of(open.asker(), url));
    let Some(found) = found else { return Ok(JsValue::UNDEFINED) };
    let found = open.led_by(&found);
    let call = Call::new(&found, options, &JsValue::UNDEFINED)?;
    let Some(refused) = refused.map(Secret::new) else { return Ok(call.token(background)) };
    let background = background.clone();
    Ok(call
        .run(async move |call| {
            let host = call.host.clone();
            call.invalidate(Some(refused)).await?;
            Ok(Call::at(&found, host).token(&background))
        })
        .into())
}

/// Whether a challenge leads to metadata that a client has followed.
pub fn has_discovered(open: &OpenClient, challenge: &str) -> bool {
    RESOURCES.with(|resources| resources.has_followed(open.asker(), challenge))
}

/// Forgets the token that `clientGetToken` would find in memory, or only if it is the one that was
/// `refused`; resolves when the store has too.
#[wasm_bindgen(js_name = clientInvalidate)]
pub fn invalidate(handle: u32, options: &JsValue, request: &JsValue, refused: Option<String>) -> Promise {
    match open(handle, options).and_then(|open| Call::new(&open, options, request)) {
        Ok(call) => call.run(|call| call.invalidate(refused.map(Secret::new))),
        Err(mistake) => Promise::reject(&mistake),
    }
}

/// Asks the server about a token. Resolves to what it says, as a plain object; or, when the token is to end, to undefined
/// as soon as it has, and memory and store have forgotten it.
#[wasm_bindgen(js_name = clientAskAbout)]
pub fn ask_about(handle: u32, options: &JsValue, token: String, is_to_end: bool) -> Promise {
    match open(handle, options).and_then(|open| Call::new(&open, options, &JsValue::UNDEFINED)) {
        Ok(call) => call.run(|call| call.ask_about(Secret::new(token), is_to_end)),
        Err(mistake) => Promise::reject(&mistake),
    }
}

/// Why the last caller got what it got.
///
/// # Errors
/// A `TypeError` that names the option.
#[wasm_bindgen(js_name = clientExplain)]
pub fn explain(handle: u32, options: &JsValue, request: &JsValue) -> Result<JsValue, JsValue> {
    let call = Call::new(&open(handle, options)?, options, request)?;
    Ok(explanation::to_js(&call.key, call.tokens.explain(&call.key, call.host.now())))
}

/// A client behind a handle, with what its plain calls need ready.
pub struct OpenClient {
    /// What it is.
    pub client: Client,
    key: CacheKey,
    /// Whether somebody listens to events.
    is_heard: bool,
    view: RefCell<Option<(Rc<AccessToken>, JsValue)>>,
}

impl OpenClient {
    fn new(options: &JsValue) -> Result<Self, JsValue> {
        let client = read_client(options)?;
        Ok(Self::of(client, options.unchecked_ref::<Options>().on_event().is_function()))
    }

    fn of(client: Client, is_heard: bool) -> Self {
        let key = client.cache_key(&client.request);
        Self { client, key, is_heard, view: RefCell::new(None) }
    }

    fn asker(&self) -> Asker<'_> {
        Asker { client: &self.client, key: &self.key }
    }

    /// The client as it asks the server that an API trusts, with its own settings: others may share what was found.
    fn led_by(&self, found: &Discovered) -> Rc<Self> {
        Rc::new(Self::of(found.client(&self.client), self.is_heard))
    }

    /// A token for what the client asks for, or for what `request` says instead: itself, or a promise.
    fn token(self: &Rc<Self>, options: &JsValue, request: &JsValue, background: &JsValue) -> Result<JsValue, JsValue> {
        if request.is_undefined()
            && !self.is_heard
            && let Some((token, _)) = self.fresh()
        {
            return Ok(self.view(&token));
        }
        Ok(Call::new(self, options, request)?.token(background))
    }

    fn fresh(&self) -> Option<(Rc<AccessToken>, Timestamp)> {
        TOKENS.with(|tokens| tokens.fresh(&self.key, WebHost::default().now()))
    }

    /// The object for a token from memory: made once, handed out to all.
    fn view(&self, token: &Rc<AccessToken>) -> JsValue {
        let mut view = self.view.borrow_mut();
        match &*view {
            Some((known, object)) if Rc::ptr_eq(known, token) => object.clone(),
            _ => {
                let object = access_token::to_js(token, Source::Memory);
                *view = Some((Rc::clone(token), object.clone()));
                object
            }
        }
    }
}

/// The client behind a handle, made again from its options if it has been dropped.
///
/// # Errors
/// A `TypeError` that names the option.
pub fn open(handle: u32, options: &JsValue) -> Result<Rc<OpenClient>, JsValue> {
    let known = CLIENTS.with_borrow(|clients| clients.get(handle));
    if let Some(open) = known {
        return Ok(open);
    }
    let open = OpenClient::new(options)?;
    Ok(CLIENTS.with_borrow_mut(|clients| clients.put(handle, open)))
}

#[wasm_bindgen(module = "/src/js/background.js")]
extern "C" {
    /// Hands a promise to the host's `waitUntil`; whether there is one that took it.
    #[wasm_bindgen(js_name = keepAlive)]
    pub fn keep_alive(wait_until: &JsValue, promise: &Promise) -> bool;
}

/// One caller's wish for a token.
struct Call {
    open: Rc<OpenClient>,
    request: TokenRequest,
    /// Whether only a token straight from the server will do.
    fresh: bool,
    key: CacheKey,
    host: WebHost,
    tokens: Rc<TokenEngine<JsValue>>,
    servers: Rc<Servers<JsValue>>,
}

impl Call {
    fn new(open: &Rc<OpenClient>, options: &JsValue, request: &JsValue) -> Result<Self, JsValue> {
        let given: &Options = options.unchecked_ref();
        let host = WebHost {
            fetch: given.fetch(),
            on_event: given.on_event(),
            store: given.store(),
            store_millis: open.client.retry.deadline_millis.div_ceil(STORE_SHARE),
            client: options.clone(),
            ..WebHost::default()
        };
        if request.is_undefined() {
            return Ok(Self::at(open, host));
        }
        let given = Settings::read(request, "request", "request")?;
        let request = open.client.request.overridden_by(token_request(&given)?);
        Ok(Self { fresh: given.has("fresh"), key: open.client.cache_key(&request), request, ..Self::at(open, host) })
    }

    /// A wish for what the client asks for by itself.
    fn at(open: &Rc<OpenClient>, host: WebHost) -> Self {
        Self {
            open: Rc::clone(open),
            request: open.client.request.clone(),
            fresh: false,
            key: open.key.clone(),
            host,
            tokens: TOKENS.with(Rc::clone),
            servers: servers(),
        }
    }

    fn wish(&self) -> Wish<'_> {
        Wish { client: &self.open.client, request: &self.request, key: &self.key }
    }

    fn served(&self, source: Source) {
        self.host.emit(self.key.as_str(), &Event::TokenServed(source));
    }

    fn hand_out(&self, token: &Rc<AccessToken>, source: Source) -> JsValue {
        self.served(source);
        match source {
            Source::Memory => self.open.view(token),
            _ => access_token::to_js(token, source),
        }
    }

    fn token(self, background: &JsValue) -> JsValue {
        let answer = if self.fresh { Answer::Missing } else { self.tokens.answer(&self.key, self.host.now()) };
        match answer {
            Answer::Ready(token) => self.hand_out(&token, Source::Memory),
            Answer::Missing => {
                let promise = self.run(Self::obtain);
                keep_alive(background, &promise);
                promise.into()
            }
            // In the background where there is one; else in this call.
            Answer::Renew(old, renewal) => {
                let answer = self.open.view(&old);
                let (host, key) = (self.host.clone(), self.key.clone());
                let was_served = Rc::new(Cell::new(false));
                let served = Rc::clone(&was_served);
                let promise = self.run(|call| call.renew(renewal, was_served));
                if !keep_alive(background, &promise) {
                    return promise.into();
                }
                served.set(true);
                host.emit(key.as_str(), &Event::TokenServed(Source::Memory));
                answer
            }
        }
    }

    async fn obtain(self) -> Result<JsValue, JsValue> {
        let (tokens, host, servers) = (&self.tokens, &self.host, &self.servers);
        let found = if self.fresh {
            tokens.obtain_fresh(host, servers, &self.wish()).await
        } else {
            tokens.obtain(host, servers, &self.wish()).await
        };
        let (token, source) = found.map_err(from_failure)?;
        Ok(self.hand_out(&token, source))
    }

    async fn renew(self, renewal: Renewal<JsValue>, was_served: Rc<Cell<bool>>) -> Result<JsValue, JsValue> {
        let renewed = self.tokens.renew(&self.host, &self.servers, &self.wish(), renewal).await;
        let (token, source) = renewed.map_err(from_failure)?;
        if !was_served.get() {
            self.served(source);
        }
        Ok(access_token::to_js(&token, source))
    }

    async fn invalidate(self, refused: Option<Secret>) -> Result<JsValue, JsValue> {
        let refused = refused.as_ref().map(Secret::expose);
        self.tokens.invalidate(&self.host, &self.wish(), refused).await.map_err(from_failure)?;
        Ok(JsValue::UNDEFINED)
    }

    async fn ask_about(self, token: Secret, is_to_end: bool) -> Result<JsValue, JsValue> {
        let question = if is_to_end { Question::Revoke } else { Question::Introspect };
        let said = introspection::ask_about(&self.host, &self.servers, &self.open.client, question, &token).await;
        match said.map_err(from_failure)? {
            Some(said) => js_sys::JSON::parse(said.claims.source()),
            None => self.invalidate(Some(token)).await,
        }
    }

    /// Runs a part of this call as a task, which is dropped some time after it should have ended.
    fn run<F: Future<Output = Result<JsValue, JsValue>> + 'static>(self, part: impl FnOnce(Self) -> F) -> Promise {
        let Client { timeout_millis, retry, .. } = &self.open.client;
        // The deadline, an exchange begun right before it, and what a store may take.
        let lifetime = i64::from(retry.deadline_millis).saturating_add(i64::from(*timeout_millis));
        let lifetime = if self.host.has_store() { lifetime.saturating_add(MAX_STORE_MILLIS) } else { lifetime };
        promise(&self.host.clone(), lifetime, Box::pin(part(self)))
    }
}
