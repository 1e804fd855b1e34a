//! `GET /` calls an API with a token; `GET /claims` verifies the token that comes with the request.
//!
//! The host is [`WebHost`]: `fetch`, Web Cryptography and timers of the Workers runtime. [`driven`] awaits what it does
//! within the future of a handler.

use gatepass::flow::authorization_server::{AuthorizationServer, Servers};
use gatepass::flow::client::{Client, Credential};
use gatepass::flow::token_engine::TokenEngine;
use gatepass::flow::verifier::{KeyContext, Verifier};
use gatepass::host::clock::Clock as _;
use gatepass::host::web::{WebHost, driven};
use gatepass::protocol::client_auth::AuthMethod;
use gatepass::protocol::metadata::Issuer;
use gatepass::protocol::profile::{Profile, issuer_of_domain};
use gatepass::protocol::secret::Secret;
use gatepass::protocol::token_request::TokenRequest;
use gatepass::protocol::url::Transport;
use std::rc::Rc;
use worker::wasm_bindgen::JsValue;
use worker::{Context, Env, Error, Fetch, Headers, Request, RequestInit, Response, Result, event};

/// What the isolate remembers. Plain data: a request may come upon it while another one waits.
#[derive(Default)]
struct Memory {
    tokens: TokenEngine<JsValue>,
    servers: Servers<JsValue>,
}

thread_local! {
    static MEMORY: Rc<Memory> = Rc::default();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let memory = MEMORY.with(Rc::clone);
    match request.path().as_str() {
        "/" => call_api(&memory, &env).await,
        "/claims" => claims(&memory, &env, &request).await,
        _ => Response::error("not found", 404),
    }
}

async fn call_api(memory: &Memory, env: &Env) -> Result<Response> {
    let server = AuthorizationServer::new(Profile::Login3, issuer(env)?, Transport::Secure);
    let secret = Credential::Secret(Secret::new(env.secret("GATEPASS_CLIENT_SECRET")?.to_string()));
    let client = Client::new(server, variable(env, "GATEPASS_CLIENT_ID")?, AuthMethod::SecretPost, secret);
    let request = TokenRequest { audience: Some(variable(env, "GATEPASS_AUDIENCE")?), ..TokenRequest::default() };

    let host = WebHost::default();
    let token = driven(memory.tokens.token(&host, &memory.servers, &client, &request)).await;
    let (token, source) = match token {
        Ok(token) => token,
        // The error is safe to show; `failure.cause` is what the runtime threw.
        Err(failure) => return Response::error(failure.to_string(), 502),
    };

    let headers = Headers::new();
    headers.set("authorization", &token.authorization())?;
    headers.set("content-type", "application/json")?;
    let mut init = RequestInit::new();
    init.with_headers(headers);
    let answer = Fetch::Request(Request::new_with_init(&variable(env, "API_URL")?, &init)?).send().await?;
    let headers = Headers::new();
    headers.set("x-token-source", source.as_str())?;
    Ok(Response::ok(format!("the API answers {}", answer.status_code()))?.with_headers(headers))
}

async fn claims(memory: &Memory, env: &Env, request: &Request) -> Result<Response> {
    let header = request.headers().get("authorization")?.unwrap_or_default();
    let Some(token) = header.strip_prefix("Bearer ") else { return Response::error("a bearer token is missing", 401) };
    let verifier = Verifier::new(Profile::Login3, issuer(env)?, vec![variable(env, "GATEPASS_AUDIENCE")?]);
    let host = WebHost::default();
    let Memory { servers, .. } = memory;
    let keys = KeyContext { discovery: &servers.discovery, key_sets: &servers.key_sets, refreshes_ahead: false };
    let verified = match verifier.read(token, host.now()) {
        Ok(unproven) => driven(verifier.verify(&host, &keys, unproven)).await,
        Err(error) => Err(error.into()),
    };
    match verified {
        Ok(verified) => Response::ok(verified.jwt.payload()),
        Err(failure) => Response::error(failure.to_string(), failure.error.status.unwrap_or(401)),
    }
}

fn issuer(env: &Env) -> Result<Issuer> {
    issuer_of_domain(&variable(env, "GATEPASS_DOMAIN")?).map_err(|problem| Error::from(problem.to_string()))
}

fn variable(env: &Env, name: &str) -> Result<String> {
    Ok(env.var(name)?.to_string())
}
