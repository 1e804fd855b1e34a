//! `Client`: tokens and API calls.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::flow::api_call;
use crate::flow::client::{Client, ClientSecret, TokenServer};
use crate::flow::discovery::Discovery;
use crate::flow::retry::RetryPolicy;
use crate::flow::token_engine::{Answer, Renewal, TokenEngine, Wish};
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::events::{Event, Events, Source};
use crate::host::store::Store;
use crate::host::web::{WebApiCall, WebHost, promise, source_number};
use crate::js::access_token;
use crate::js::error::from_failure;
use crate::js::explanation;
use crate::js::options::Options;
use crate::js::registry::Registry;
use crate::protocol::access_token::AccessToken;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::error::{Code, Error};
use crate::protocol::freshness::RenewalPolicy;
use crate::protocol::metadata::Issuer;
use crate::protocol::profile::Login3Tenant;
use crate::protocol::secret::Secret;
use crate::protocol::token_request::TokenRequest;
use crate::protocol::url::HttpUrl;

const CLIENT_OPTIONS: [&str; 20] = [
    "domain",
    "issuer",
    "tokenEndpoint",
    "clientId",
    "clientSecret",
    "audience",
    "scope",
    "organization",
    "parameters",
    "profile",
    "timeout",
    "apiOrigins",
    "dangerouslyAllowHttp",
    "fetch",
    "store",
    "storeSecret",
    "refresh",
    "retry",
    "onEvent",
    "waitUntil",
];
/// `signal`, `timeout`, `waitUntil` and `ctx` belong to the caller's own request: JavaScript keeps them.
const REQUEST_OPTIONS: [&str; 9] =
    ["audience", "scope", "organization", "parameters", "fresh", "signal", "timeout", "waitUntil", "ctx"];
const DEFAULT_TIMEOUT_MILLIS: u32 = 10_000;
const MAX_LEEWAY_SECONDS: u32 = 30 * 86_400;
const MAX_ATTEMPTS: u32 = 10;
const MAX_DELAY_MILLIS: u32 = 60_000;
const MAX_HOLD_MILLIS: u32 = 3_600_000;
const MAX_DEADLINE_MILLIS: u32 = 3_600_000;
/// What the operations on a store may take in all, in milliseconds.
const MAX_STORE_MILLIS: i64 = 60_000;

thread_local! {
    static CLIENTS: RefCell<Registry<OpenClient>> = RefCell::default();
    static TOKENS: Rc<TokenEngine<JsValue>> = Rc::default();
    static DISCOVERY: Rc<Discovery> = Rc::default();
    static UNREACHABLE: JsValue = Closure::<dyn Fn(JsValue, String) -> JsValue>::new(unreachable_api).into_js_value();
}

/// The metadata of the issuers this isolate has met, shared with the verifiers.
pub fn discovery() -> Rc<Discovery> {
    DISCOVERY.with(Rc::clone)
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

/// Resolves to the host's `Response`.
#[wasm_bindgen(js_name = clientCallApi)]
pub fn call_api(handle: u32, options: &JsValue, input: &JsValue, init: &JsValue, background: &JsValue) -> Promise {
    match prepare_api_call(handle, options, input, init) {
        Ok(call) => {
            let token = get_token(handle, options, &JsValue::UNDEFINED, background);
            UNREACHABLE.with(|to_error| call.send(&token, to_error))
        }
        Err(mistake) => Promise::reject(&mistake),
    }
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

/// Why the last caller got what it got.
///
/// # Errors
/// A `TypeError` that names the option.
#[wasm_bindgen(js_name = clientExplain)]
pub fn explain(handle: u32, options: &JsValue, request: &JsValue) -> Result<JsValue, JsValue> {
    let call = Call::new(&open(handle, options)?, options, request)?;
    Ok(explanation::to_js(&call.key, call.tokens.explain(&call.key, call.host.now())))
}

fn prepare_api_call(handle: u32, options: &JsValue, input: &JsValue, init: &JsValue) -> Result<WebApiCall, JsValue> {
    let open = open(handle, options)?;
    let call = WebApiCall::prepare(input, init, &Options::seen(options, "options").function("fetch")?)?;
    api_call::check(&call, &open.client.destinations)?;
    Ok(call)
}

#[expect(clippy::needless_pass_by_value, reason = "a closure that JavaScript calls takes values")]
fn unreachable_api(cause: JsValue, origin: String) -> JsValue {
    let error = Error::new(Code::NetworkError, format!("the API at {origin} could not be reached"));
    from_failure(Failure { error, cause: Some(cause) })
}

/// A client behind a handle, with what its plain calls need ready.
struct OpenClient {
    client: Client,
    key: CacheKey,
    /// Whether somebody listens to events.
    is_heard: bool,
    view: RefCell<Option<(Rc<AccessToken>, JsValue)>>,
}

impl OpenClient {
    fn new(options: &JsValue) -> Result<Self, JsValue> {
        let client = read_client(options)?;
        let key = client.cache_key(&client.request);
        let is_heard = Options::seen(options, "options").function("onEvent")?.is_function();
        Ok(Self { client, key, is_heard, view: RefCell::new(None) })
    }

    /// A token for what the client asks for, or for what `request` says instead: itself, or a promise.
    fn token(self: &Rc<Self>, options: &JsValue, request: &JsValue, background: &JsValue) -> Result<JsValue, JsValue> {
        if request.is_undefined()
            && let Some(token) = TOKENS.with(|tokens| tokens.fresh(&self.key, WebHost::default().now()))
        {
            if self.is_heard {
                let on_event = Options::seen(options, "options").function("onEvent")?;
                let host = WebHost { on_event, ..WebHost::default() };
                host.emit(self.key.as_str(), &Event::TokenServed(Source::Memory));
            }
            return Ok(self.view(&token));
        }
        Ok(Call::new(self, options, request)?.token(background))
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

fn open(handle: u32, options: &JsValue) -> Result<Rc<OpenClient>, JsValue> {
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
    discovery: Rc<Discovery>,
}

impl Call {
    fn new(open: &Rc<OpenClient>, options: &JsValue, request: &JsValue) -> Result<Self, JsValue> {
        let given = Options::read(request, "request", &REQUEST_OPTIONS)?;
        let fresh = given.flag("fresh")?;
        let request = open.client.request.overridden_by(given.token_request()?);
        let key = open.client.cache_key(&request);
        let options = Options::seen(options, "options");
        let secret = options.value("clientSecret")?.filter(JsValue::is_function);
        let host = WebHost {
            fetch: options.function("fetch")?,
            on_event: options.function("onEvent")?,
            store: options.value("store")?.unwrap_or_default(),
            secret_source: secret.unwrap_or_default(),
            ..WebHost::default()
        };
        Ok(Self {
            open: Rc::clone(open),
            request,
            fresh,
            key,
            host,
            tokens: TOKENS.with(Rc::clone),
            discovery: discovery(),
        })
    }

    fn wish(&self) -> Wish<'_> {
        Wish { client: &self.open.client, request: &self.request, key: &self.key }
    }

    fn served(&self, source: Source) {
        self.host.emit(self.key.as_str(), &Event::TokenServed(source));
    }

    fn hand_out(&self, token: &AccessToken, source: Source) -> JsValue {
        self.served(source);
        access_token::to_js(token, source)
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
                let answer = access_token::to_js(&old, Source::Memory);
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
        let (tokens, host, discovery) = (&self.tokens, &self.host, &self.discovery);
        let found = if self.fresh {
            tokens.obtain_fresh(host, discovery, &self.wish()).await
        } else {
            tokens.obtain(host, discovery, &self.wish()).await
        };
        let (token, source) = found.map_err(from_failure)?;
        Ok(self.hand_out(&token, source))
    }

    async fn renew(self, renewal: Renewal<JsValue>, was_served: Rc<Cell<bool>>) -> Result<JsValue, JsValue> {
        let renewed = self.tokens.renew(&self.host, &self.discovery, &self.wish(), renewal).await;
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

    /// Runs a part of this call as a task, which is dropped some time after it should have ended.
    fn run<F: Future<Output = Result<JsValue, JsValue>> + 'static>(self, part: impl FnOnce(Self) -> F) -> Promise {
        let Client { timeout_millis, retry, .. } = &self.open.client;
        // The deadline, an exchange begun right before it, and what a store may take.
        let lifetime = i64::from(retry.deadline_millis).saturating_add(i64::from(*timeout_millis));
        let lifetime = if self.host.has_store() { lifetime.saturating_add(MAX_STORE_MILLIS) } else { lifetime };
        promise(&self.host.clone(), lifetime, Box::pin(part(self)))
    }
}

fn read_client(options: &JsValue) -> Result<Client, JsValue> {
    let options = Options::read(options, "options", &CLIENT_OPTIONS)?;
    let transport = options.transport()?;
    let (place, text) = options.one_of(&["domain", "issuer", "tokenEndpoint"])?;
    options.profile(place == "domain")?;
    let error = options.url_error(place);
    let server = match place {
        "domain" => TokenServer::Endpoint(Login3Tenant::at(&text).map_err(error)?.token_endpoint),
        "issuer" => TokenServer::Issuer(Issuer::parse(&text, transport).map_err(error)?),
        _ => TokenServer::Endpoint(HttpUrl::parse(&text, transport).map_err(error)?),
    };
    let origins = match options.texts("apiOrigins")? {
        None => None,
        Some(texts) => {
            let error = options.url_error("apiOrigins");
            let origin = |text: &String| DestinationPolicy::parse_origin(text, transport).map_err(&error);
            Some(texts.iter().map(origin).collect::<Result<_, _>>()?)
        }
    };
    for name in ["fetch", "onEvent", "waitUntil"] {
        options.function(name)?;
    }
    let has_store = options.store()?.is_object();
    let store_secrets = options.text_or_texts("storeSecret")?.unwrap_or_default();
    if !store_secrets.is_empty() && !has_store {
        return Err(options.error("storeSecret", "needs options.store").into());
    }
    Ok(Client {
        server,
        client_id: options.required_text("clientId")?,
        secret: client_secret(&options)?,
        request: options.token_request()?,
        timeout_millis: options.timeout(DEFAULT_TIMEOUT_MILLIS)?,
        renewal: renewal(&options)?,
        retry: retry(&options)?,
        store_secrets: store_secrets.into_iter().map(Secret::new).collect(),
        destinations: DestinationPolicy { transport, origins },
    })
}

fn client_secret(options: &Options) -> Result<ClientSecret, JsValue> {
    match options.value("clientSecret")? {
        Some(source) if source.is_function() => Ok(ClientSecret::Asked(source_number(&source))),
        Some(text) if text.is_string() => Ok(ClientSecret::Fixed(Secret::new(options.required_text("clientSecret")?))),
        _ => Err(options.error("clientSecret", "must be a non-empty string, or a function that gives one").into()),
    }
}

fn renewal(options: &Options) -> Result<RenewalPolicy, JsValue> {
    let default = RenewalPolicy::default();
    let options = options.nested("refresh", "options.refresh", &["leeway", "jitter"])?;
    let leeway = options.number("leeway", 0, MAX_LEEWAY_SECONDS)?;
    Ok(RenewalPolicy {
        leeway_millis: leeway.map_or(default.leeway_millis, |seconds| i64::from(seconds).saturating_mul(1000)),
        jitter: options.share("jitter")?.unwrap_or(default.jitter),
    })
}

fn retry(options: &Options) -> Result<RetryPolicy, JsValue> {
    let default = RetryPolicy::default();
    let options = options.nested("retry", "options.retry", &["attempts", "maxDelay", "hold", "deadline"])?;
    Ok(RetryPolicy {
        attempts: options.number("attempts", 1, MAX_ATTEMPTS)?.unwrap_or(default.attempts),
        max_delay_millis: options.number("maxDelay", 0, MAX_DELAY_MILLIS)?.unwrap_or(default.max_delay_millis),
        refusal_millis: options.number("hold", 0, MAX_HOLD_MILLIS)?.map_or(default.refusal_millis, i64::from),
        deadline_millis: options.number("deadline", 1, MAX_DEADLINE_MILLIS)?.unwrap_or(default.deadline_millis),
    })
}
