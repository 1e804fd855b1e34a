//! What the native tests share: a scripted authorization server, and a verifier at an API.
//!
//! Signatures are the fake host's: told from wrong ones by comparing bytes, so that thousands of
//! them cost nothing. Real ones are checked by the wasm-bindgen tests and the runtime suite.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "the helpers run within tests only")]

use std::cell::RefCell;
use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use futures_util::future::join_all;
use gatepass::flow::authorization_server::{AuthorizationServer, Servers};
use gatepass::flow::client::{Client, Credential};
use gatepass::flow::discovery::Discovery;
use gatepass::flow::guard::{Incoming, ProofRules, admit};
use gatepass::flow::key_sets::{KeyRequest, KeySets, KeySource};
use gatepass::flow::retry::RetryPolicy;
use gatepass::flow::token_engine::{TokenEngine, Wish};
use gatepass::flow::token_slot::Explanation;
use gatepass::flow::verifier::{KeyContext, Verified, Verifier};
use gatepass::host::Failure;
use gatepass::host::clock::Clock as _;
use gatepass::host::events::{Event, Source};
use gatepass::host::fake::{Answer, FakeHost, Seen, fake_signature, json_response};
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::claims::ClaimsPolicy;
use gatepass::protocol::client_auth::AuthMethod;
use gatepass::protocol::error::{Code, Reason};
use gatepass::protocol::freshness::RenewalPolicy;
use gatepass::protocol::http::Response;
use gatepass::protocol::jwk::KeySet;
use gatepass::protocol::jwt::{HeaderPolicy, TypePolicy};
use gatepass::protocol::metadata::{Endpoints, Issuer};
use gatepass::protocol::profile::Profile;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::token_request::TokenRequest;
use gatepass::protocol::url::{HttpUrl, Transport};
use serde_json::{Value, json};

/// When the tests' clocks start, in seconds since 1970.
pub const NOW: i64 = 1_700_000_000;
/// The issuer, with its slash.
pub const ISSUER: &str = "https://tenant.example/";
/// Where tokens are asked for.
pub const TOKEN_ENDPOINT: &str = "https://tenant.example/oauth/token";
/// Where the issuer's keys are.
pub const KEYS_URL: &str = "https://tenant.example/.well-known/jwks.json";
/// The API the tokens are for.
pub const AUDIENCE: &str = "https://api.example";
/// The client secret of [`client`].
pub const SECRET: &str = "canary-secret";

/// What a caller meets.
pub type Failed = Failure<String>;

/// A URL that is known to be good.
pub fn url(text: &str) -> HttpUrl {
    HttpUrl::parse(text, Transport::Secure).unwrap()
}

/// An issuer that is known to be good.
pub fn issuer(text: &str) -> Issuer {
    Issuer::parse(text, Transport::Secure).unwrap()
}

/// A server whose token endpoint is known, and nothing else.
pub fn server_at(token: HttpUrl) -> AuthorizationServer {
    let endpoints = Endpoints { token: Some(token), ..Endpoints::default() };
    AuthorizationServer { profile: Profile::Generic, issuer: None, endpoints }
}

/// A server whose endpoints are looked up.
pub fn server_of(issuer: Issuer) -> AuthorizationServer {
    AuthorizationServer { profile: Profile::Generic, issuer: Some(issuer), endpoints: Endpoints::default() }
}

/// A client of the tenant, at its token endpoint: it tries once, and remembers no failure.
pub fn client() -> Client {
    let credential = Credential::Secret(Secret::new(SECRET.to_owned()));
    Client {
        renewal: RenewalPolicy { jitter: 0.0, ..RenewalPolicy::default() },
        retry: RetryPolicy { attempts: 1, refusal_millis: 0, ..RetryPolicy::default() },
        ..Client::new(server_at(url(TOKEN_ENDPOINT)), "my-client".to_owned(), AuthMethod::SecretPost, credential)
    }
}

/// A client that retries and remembers failures, as they do by default.
pub fn patient_client() -> Client {
    Client { retry: RetryPolicy::default(), ..client() }
}

/// A token request for an audience.
pub fn audience(name: &str) -> TokenRequest {
    TokenRequest { audience: Some(name.to_owned()), ..TokenRequest::default() }
}

/// An authorization server that grants tokens which are numbered and live for `lifetime` seconds.
pub fn grants(lifetime: i64) -> impl FnMut(&Seen) -> Answer {
    let mut number = 0;
    move |_| {
        number += 1;
        let body = json!({"access_token": format!("token-{number}"), "token_type": "Bearer", "expires_in": lifetime});
        Ok(json_response(200, &body.to_string()))
    }
}

/// A process that asks for tokens, as the JavaScript surface does it.
pub struct TokenUser {
    /// Its clock and its network.
    pub host: FakeHost,
    engine: TokenEngine<String>,
    servers: Servers<String>,
}

impl TokenUser {
    /// A new process, against this server.
    pub fn new(server: impl FnMut(&Seen) -> Answer + 'static) -> Self {
        Self { host: FakeHost::new(NOW, server), engine: TokenEngine::default(), servers: Servers::default() }
    }

    /// A token: from memory if there is one, from the server otherwise. What is due is renewed in
    /// this call.
    pub fn get(&self, client: &Client, request: &TokenRequest) -> Result<String, Failed> {
        self.get_from(client, request).map(|(token, _)| token)
    }

    /// A token, and where it was taken from.
    pub fn get_from(&self, client: &Client, request: &TokenRequest) -> Result<(String, Source), Failed> {
        self.host.run(self.call(client, request))
    }

    /// The same as a future, for calls at the same time.
    pub async fn call(&self, client: &Client, request: &TokenRequest) -> Result<(String, Source), Failed> {
        let (token, source) = self.engine.token(&self.host, &self.servers, client, request).await?;
        Ok((token.value.expose().to_owned(), source))
    }

    /// A token straight from the server.
    pub fn get_fresh(&self, client: &Client, request: &TokenRequest) -> Result<String, Failed> {
        let key = client.cache_key(request);
        let wish = Wish { client, request, key: &key };
        let fresh = self.host.run(self.engine.obtain_fresh(&self.host, &self.servers, &wish));
        fresh.map(|(token, _)| token.value.expose().to_owned())
    }

    /// So many calls at the same time.
    pub fn get_at_once(&self, number: usize, client: &Client, request: &TokenRequest) -> Vec<Result<String, Failed>> {
        let calls = (0..number).map(|_| self.call(client, request));
        self.host.run(join_all(calls)).into_iter().map(|outcome| outcome.map(|(token, _)| token)).collect()
    }

    /// The names of the events so far.
    pub fn events(&self) -> Vec<&'static str> {
        self.host.events().iter().map(Event::name).collect()
    }

    /// Forgets a token that an API has refused.
    pub fn invalidate(&self, client: &Client, request: &TokenRequest) -> Result<(), Failed> {
        let key = client.cache_key(request);
        self.host.run(self.engine.invalidate(&self.host, &Wish { client, request, key: &key }, None))
    }

    /// Forgets a token that an API has refused, unless there is a newer one.
    pub fn invalidate_refused(&self, client: &Client, request: &TokenRequest, token: &str) -> Result<(), Failed> {
        let key = client.cache_key(request);
        self.host.run(self.engine.invalidate(&self.host, &Wish { client, request, key: &key }, Some(token)))
    }

    /// Why the last caller got what it got.
    pub fn explain(&self, client: &Client, request: &TokenRequest) -> Option<Explanation> {
        self.engine.explain(&client.cache_key(request), self.host.now())
    }

    /// The number of requests so far.
    pub fn requests(&self) -> usize {
        self.host.seen().len()
    }
}

/// A P-256 key of the issuer, as far as the fake host can tell keys apart.
#[derive(Clone)]
pub struct SigningKey {
    /// The key as it is published.
    pub jwk: Value,
}

impl SigningKey {
    /// The key of a number, published under a key id or under none.
    pub fn new(number: u8, kid: Option<&str>) -> Self {
        let coordinate = Base64UrlUnpadded::encode_string(&[number; 32]);
        let mut jwk = json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate});
        if let Some(kid) = kid {
            jwk.as_object_mut().unwrap().insert("kid".to_owned(), kid.into());
        }
        Self { jwk }
    }

    /// A token with this header and these claims.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let signing_input = format!("{}.{}", encode(header), encode(claims));
        let set = KeySet::read(json!({ "keys": [self.jwk] }).to_string().as_bytes()).unwrap();
        let key = set.keys().first().unwrap().host_json().to_owned();
        let signature = Base64UrlUnpadded::encode_string(&fake_signature(&key, signing_input.as_bytes()));
        format!("{signing_input}.{signature}")
    }

    /// A proof of possession of this key, with these claims.
    pub fn prove(&self, claims: &Value) -> String {
        self.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk}), claims)
    }

    /// The thumbprint of the key.
    pub fn thumbprint(&self) -> String {
        let set = KeySet::read(json!({ "keys": [self.jwk] }).to_string().as_bytes()).unwrap();
        set.keys().first().unwrap().thumbprint()
    }

    /// A token that any API of the tenant accepts, under this key id, until `lifetime` from [`NOW`].
    pub fn token(&self, kid: Option<&str>, lifetime: i64) -> String {
        self.sign(&header(kid), &claims(lifetime))
    }
}

/// The header of a good token.
pub fn header(kid: Option<&str>) -> Value {
    kid.map_or_else(
        || json!({"alg": "ES256", "typ": "at+jwt"}),
        |kid| json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}),
    )
}

/// The claims of a good token that expires `lifetime` seconds after [`NOW`].
pub fn claims(lifetime: i64) -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "me", "iat": NOW, "exp": NOW + lifetime})
}

/// The issuer's server, which publishes keys and can be changed while it runs.
#[derive(Clone, Default)]
pub struct KeyServer(Rc<RefCell<Option<String>>>);

impl KeyServer {
    /// A server that publishes these keys.
    pub fn publishing(keys: &[&SigningKey]) -> Self {
        let server = Self::default();
        server.publish(keys);
        server
    }

    /// Publishes these keys from now on.
    pub fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<_> = keys.iter().map(|key| &key.jwk).collect();
        *self.0.borrow_mut() = Some(json!({"keys": keys}).to_string());
    }

    /// Fails from now on.
    pub fn fail(&self) {
        *self.0.borrow_mut() = None;
    }

    /// The answer to any request.
    pub fn answer(&self) -> Response {
        self.0.borrow().as_ref().map_or_else(|| json_response(500, "{}"), |document| json_response(200, document))
    }
}

/// An API that verifies tokens.
pub struct Api {
    /// Its clock and its network.
    pub host: FakeHost,
    /// What it accepts.
    pub verifier: Verifier,
    discovery: Discovery,
    key_sets: KeySets<String>,
}

impl Api {
    /// A new process, against this key server.
    pub fn new(server: &KeyServer) -> Self {
        let server = server.clone();
        Self::with_server(move |_| Ok(server.answer()))
    }

    /// A new process, against this server.
    pub fn with_server(server: impl FnMut(&Seen) -> Answer + 'static) -> Self {
        Self {
            host: FakeHost::new(NOW, server),
            verifier: verifier(),
            discovery: Discovery::default(),
            key_sets: KeySets::default(),
        }
    }

    /// The claims of a token, if it is accepted.
    pub fn verify(&self, token: &str) -> Result<Value, Failed> {
        let verification = self.call(token);
        self.host.run(verification).map(|verified| serde_json::from_str(verified.jwt.payload()).unwrap())
    }

    /// The same as a future, for calls at the same time.
    pub async fn call(&self, token: &str) -> Result<Verified, Failed> {
        let unproven = self.verifier.read(token, self.host.now())?;
        let context = KeyContext { discovery: &self.discovery, key_sets: &self.key_sets, refreshes_ahead: false };
        self.verifier.verify(&self.host, &context, unproven).await
    }

    /// What becomes of a request: the nonce for the answer, if it comes in.
    pub fn admit(&self, request: &Incoming, rules: &ProofRules) -> Result<Option<String>, Failed> {
        self.host.run(async {
            let verified = self.call(&request.token).await?;
            admit(&self.host, request, verified.jwt.claims().object(), rules).await
        })
    }

    /// Refreshes the keys of the first issuer ahead of time, if that is due; whether it was.
    pub fn refresh_ahead(&self) -> bool {
        let keys = self.verifier.keys.first().unwrap();
        let due = self.key_sets.due(keys, self.host.now());
        due.map(|refresh| self.host.run(self.key_sets.refresh(&self.host, &self.discovery, keys, refresh))).is_some()
    }

    /// The number that changes with the keys.
    pub fn generation(&self) -> u32 {
        self.key_sets.generation()
    }

    /// Why a token is refused.
    pub fn refusal(&self, token: &str) -> (Code, Option<Reason>) {
        let error = self.verify(token).unwrap_err().error;
        (error.code, error.reason)
    }

    /// The number of requests so far.
    pub fn requests(&self) -> usize {
        self.host.seen().len()
    }
}

/// Where keys are, as verifiers ask for them.
pub fn keys_at(source: KeySource) -> KeyRequest {
    KeyRequest::new(source, Transport::Secure, 5_000)
}

/// A verifier of the tenant's tokens for [`AUDIENCE`], with the default policy.
pub fn verifier() -> Verifier {
    Verifier::with(
        HeaderPolicy {
            max_token_bytes: 16 * 1024,
            algorithms: Algorithm::ASYMMETRIC.to_vec(),
            types: TypePolicy::Auto,
        },
        ClaimsPolicy {
            issuers: vec![ISSUER.to_owned()],
            audience: Some(vec![AUDIENCE.to_owned()]),
            required: &[],
            leeway: 5.0,
            max_age: None,
        },
        vec![keys_at(KeySource::Url(url(KEYS_URL)))],
    )
}
