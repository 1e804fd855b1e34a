//! Gets a token, calls an API with it, and verifies it as that API would.
//!
//! ```sh
//! GATEPASS_DOMAIN=tenant.login3.example GATEPASS_CLIENT_ID=... GATEPASS_CLIENT_SECRET=... \
//! GATEPASS_AUDIENCE=https://api.example cargo run -- https://api.example/orders
//! ```

mod host;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use gatepass::flow::authorization_server::{AuthorizationServer, Servers};
use gatepass::flow::client::{Client, Credential};
use gatepass::flow::token_engine::TokenEngine;
use gatepass::flow::verifier::{KeyContext, Verifier};
use gatepass::host::clock::Clock as _;
use gatepass::protocol::client_auth::AuthMethod;
use gatepass::protocol::profile::{Profile, issuer_of_domain};
use gatepass::protocol::secret::Secret;
use gatepass::protocol::token_request::TokenRequest;
use gatepass::protocol::url::Transport;

use crate::host::{NativeHost, run};

fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<(), Box<dyn Error>> {
    let api = env::args().nth(1).ok_or("usage: gatepass-native URL")?;
    let issuer = issuer_of_domain(&setting("GATEPASS_DOMAIN")?)?;
    let audience = setting("GATEPASS_AUDIENCE")?;

    let host = NativeHost::default();
    let server = AuthorizationServer::new(Profile::Login3, issuer.clone(), Transport::Secure);
    let secret = Credential::Secret(Secret::new(setting("GATEPASS_CLIENT_SECRET")?));
    let client = Client::new(server, setting("GATEPASS_CLIENT_ID")?, AuthMethod::SecretPost, secret);
    let request = TokenRequest { audience: Some(audience.clone()), ..TokenRequest::default() };

    // Of each one, for as long as the process lives.
    let (tokens, servers) = (TokenEngine::default(), Servers::default());
    for _ in 0..2 {
        let (token, source) = run(tokens.token(&host, &servers, &client, &request))?;
        let seconds = token.expires_at.millis_since(host.now()) / 1000;
        println!("a token from {}, good for {seconds} s", source.as_str());
    }

    let (token, _) = run(tokens.token(&host, &servers, &client, &request))?;
    println!("the API answers {}", host.call(&api, &token.authorization())?);

    let verifier = Verifier::new(Profile::Login3, issuer, vec![audience]);
    let keys = KeyContext { discovery: &servers.discovery, key_sets: &servers.key_sets, refreshes_ahead: false };
    let unproven = verifier.read(token.value.expose(), host.now())?;
    let verified = run(verifier.verify(&host, &keys, unproven))?;
    println!("verified: {}", verified.jwt.claims().text("client_id").unwrap_or("no client_id"));
    Ok(())
}

fn setting(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}
