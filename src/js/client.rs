//! `Client`: tokens and API calls.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::flow::api_call;
use crate::flow::client::{Client, TokenServer};
use crate::flow::discovery::Discovery;
use crate::flow::token_engine::TokenEngine;
use crate::host::api_call::SendError;
use crate::host::clock::Clock;
use crate::host::web::{WebApiCall, WebHost};
use crate::js::access_token::{self, Source};
use crate::js::error::from_failure;
use crate::js::options::Options;
use crate::js::registry::Registry;
use crate::protocol::access_token::AccessToken;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::metadata::Issuer;
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
    static CLIENTS: RefCell<Registry<Client>> = RefCell::default();
    static TOKENS: Rc<TokenEngine> = Rc::default();
    static DISCOVERY: Rc<Discovery> = Rc::default();
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
    let client = read_client(options)?;
    Ok(CLIENTS.with_borrow_mut(|clients| clients.add(client)))
}

/// Resolves to an `AccessToken`.
#[wasm_bindgen(js_name = getToken)]
pub fn get_token(handle: u32, options: &JsValue, request: &JsValue) -> Promise {
    match prepare(handle, options, request) {
        Err(mistake) => Promise::reject(&mistake),
        Ok(call) => match call.remembered() {
            Some(token) => Promise::resolve(&access_token::to_js(&token, Source::Memory)),
            None => future_to_promise(async move {
                let token = call.requested().await?;
                Ok(access_token::to_js(&token, Source::Network))
            }),
        },
    }
}

/// Resolves to the host's `Response`.
#[wasm_bindgen(js_name = callApi)]
pub fn call_api(handle: u32, options: &JsValue, input: &JsValue, init: &JsValue) -> Promise {
    match prepare_api_call(handle, options, input, init) {
        Err(mistake) => Promise::reject(&mistake),
        Ok((call, api_call)) => future_to_promise(async move {
            let token = match call.remembered() {
                Some(token) => token,
                None => call.requested().await?,
            };
            api_call::send(api_call, &token).await.map_err(|error| match error {
                SendError::Aborted(reason) => reason,
                SendError::Failed(failure) => from_failure(failure),
            })
        }),
    }
}

fn prepare_api_call(
    handle: u32,
    options: &JsValue,
    input: &JsValue,
    init: &JsValue,
) -> Result<(TokenCall, WebApiCall), JsValue> {
    let call = prepare(handle, options, &JsValue::UNDEFINED)?;
    let api_call = WebApiCall::prepare(input, init, &call.host.fetch)?;
    api_call::check(&api_call, &call.client.destinations)?;
    Ok((call, api_call))
}

/// One caller's wish for a token.
struct TokenCall {
    client: Rc<Client>,
    request: TokenRequest,
    host: WebHost,
    engine: Rc<TokenEngine>,
}

fn prepare(handle: u32, options: &JsValue, request: &JsValue) -> Result<TokenCall, JsValue> {
    let known = CLIENTS.with_borrow(|clients| clients.get(handle));
    let client = if let Some(client) = known {
        client
    } else {
        let client = read_client(options)?;
        CLIENTS.with_borrow_mut(|clients| clients.put(handle, client))
    };
    let overrides = Options::read(request, "request", &REQUEST_OPTIONS)?.token_request()?;
    let request = client.request.overridden_by(overrides);
    let fetch = Options::seen(options, "options").fetch()?;
    Ok(TokenCall { client, request, host: WebHost { fetch }, engine: TOKENS.with(Rc::clone) })
}

impl TokenCall {
    fn remembered(&self) -> Option<Rc<AccessToken>> {
        self.engine.remembered(&self.client.cache_key(&self.request), self.host.now())
    }

    async fn requested(&self) -> Result<Rc<AccessToken>, JsValue> {
        self.engine.request(&self.host, &discovery(), &self.client, &self.request).await.map_err(from_failure)
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
