//! `Client`: tokens and API calls.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::flow::api_call;
use crate::flow::client::{Client, TokenServer};
use crate::flow::discovery::Discovery;
use crate::flow::token_engine::TokenEngine;
use crate::host::Failure;
use crate::host::clock::Clock;
use crate::host::web::{WebApiCall, WebHost, promise};
use crate::js::access_token::{self, Source};
use crate::js::error::from_failure;
use crate::js::options::Options;
use crate::js::registry::Registry;
use crate::protocol::access_token::AccessToken;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::error::{Code, Error};
use crate::protocol::metadata::Issuer;
use crate::protocol::option::OptionError;
use crate::protocol::profile::Login3Tenant;
use crate::protocol::secret::Secret;
use crate::protocol::token_request::{ClientCredentials, TokenRequest};
use crate::protocol::url::HttpUrl;

const CLIENT_OPTIONS: [&str; 14] = [
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
];
const REQUEST_OPTIONS: [&str; 4] = ["audience", "scope", "organization", "parameters"];
const DEFAULT_TIMEOUT_MILLIS: u32 = 10_000;

thread_local! {
    static CLIENTS: RefCell<Registry<OpenClient>> = RefCell::default();
    static TOKENS: Rc<TokenEngine> = Rc::default();
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
    let client = OpenClient::new(read_client(options)?);
    Ok(CLIENTS.with_borrow_mut(|clients| clients.add(client)))
}

/// An `AccessToken` that is in memory, or a promise of one.
#[wasm_bindgen(js_name = clientGetToken)]
pub fn get_token(handle: u32, options: &JsValue, request: &JsValue) -> JsValue {
    open(handle, options)
        .and_then(|open| token(&open, options, request))
        .unwrap_or_else(|mistake| Promise::reject(&mistake).into())
}

/// Resolves to the host's `Response`.
#[wasm_bindgen(js_name = clientCallApi)]
pub fn call_api(handle: u32, options: &JsValue, input: &JsValue, init: &JsValue) -> Promise {
    match prepare_api_call(handle, options, input, init) {
        Ok(call) => {
            let token = get_token(handle, options, &JsValue::UNDEFINED);
            UNREACHABLE.with(|to_error| call.send(&token, to_error))
        }
        Err(mistake) => Promise::reject(&mistake),
    }
}

fn prepare_api_call(handle: u32, options: &JsValue, input: &JsValue, init: &JsValue) -> Result<WebApiCall, JsValue> {
    let open = open(handle, options)?;
    let call = WebApiCall::prepare(input, init, &fetch_of(options)?)?;
    api_call::check(&call, &open.client.destinations)?;
    Ok(call)
}

#[expect(clippy::needless_pass_by_value, reason = "a closure that JavaScript calls takes values")]
fn unreachable_api(cause: JsValue, origin: String) -> JsValue {
    let error = Error::new(Code::NetworkError, format!("the API at {origin} could not be reached"));
    from_failure(Failure { error, cause: Some(cause) })
}

fn fetch_of(options: &JsValue) -> Result<JsValue, OptionError> {
    Options::seen(options, "options").fetch()
}

/// A client behind a handle, with what its plain calls need ready.
struct OpenClient {
    client: Client,
    key: CacheKey,
    view: RefCell<Option<(Rc<AccessToken>, JsValue)>>,
}

impl OpenClient {
    fn new(client: Client) -> Self {
        let key = client.cache_key(&client.request);
        Self { client, key, view: RefCell::new(None) }
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
    let open = OpenClient::new(read_client(options)?);
    Ok(CLIENTS.with_borrow_mut(|clients| clients.put(handle, open)))
}

/// A token for what the client asks for, or for what `request` says instead: itself, or a promise.
fn token(open: &Rc<OpenClient>, options: &JsValue, request: &JsValue) -> Result<JsValue, JsValue> {
    let host = WebHost { fetch: fetch_of(options)? };
    let tokens = TOKENS.with(Rc::clone);
    if request.is_undefined() {
        return Ok(match tokens.remembered(&open.key, host.now()) {
            Some(token) => open.view(&token),
            None => requested(host, tokens, Rc::clone(open), open.client.request.clone()).into(),
        });
    }
    let overrides = Options::read(request, "request", &REQUEST_OPTIONS)?.token_request()?;
    let request = open.client.request.overridden_by(overrides);
    Ok(match tokens.remembered(&open.client.cache_key(&request), host.now()) {
        Some(token) => access_token::to_js(&token, Source::Memory),
        None => requested(host, tokens, Rc::clone(open), request).into(),
    })
}

fn requested(host: WebHost, tokens: Rc<TokenEngine>, open: Rc<OpenClient>, request: TokenRequest) -> Promise {
    // Two metadata documents and the token, and as much again.
    let lifetime = i64::from(open.client.timeout_millis).saturating_mul(6);
    promise(&host.clone(), lifetime, async move {
        let token = tokens.request(&host, &discovery(), &open.client, &request).await.map_err(from_failure)?;
        Ok(access_token::to_js(&token, Source::Network))
    })
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
    let credentials = ClientCredentials {
        client_id: options.required_text("clientId")?,
        client_secret: Secret::new(options.required_text("clientSecret")?),
    };
    let origins = match options.texts("apiOrigins")? {
        None => None,
        Some(texts) => {
            let error = options.url_error("apiOrigins");
            let origin = |text: &String| DestinationPolicy::parse_origin(text, transport).map_err(&error);
            Some(texts.iter().map(origin).collect::<Result<_, _>>()?)
        }
    };
    options.fetch()?;
    Ok(Client {
        server,
        credentials,
        request: options.token_request()?,
        timeout_millis: options.timeout(DEFAULT_TIMEOUT_MILLIS)?,
        destinations: DestinationPolicy { transport, origins },
    })
}
